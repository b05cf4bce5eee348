import Foundation
import Testing

/// `report --png`. Without rsvg-convert the program says so after it has written everything else.
@Suite(.needsMuJoCo) struct PictureTests {
    private func names(_ place: Place) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: place["report"].path) }

    @Test func withoutTheProgramEverythingElseIsWritten() throws {
        let place = try Place.withRun()
        let result = try place.gait("report", "run", "--out", "report", "--png", environment: ["PATH": "/nowhere"])
        #expect(result.status == 1, "\(result.error)")
        #expect(result.error.contains("rsvg-convert is needed") && result.error.contains("apt-get install -y --no-install-recommends librsvg2-bin"))
        #expect(place.exists("report/report.md") && place.exists("report/curves-half-cheetah-dir.svg"))
        #expect(!place.exists("report/curves-half-cheetah-dir.png"))
    }

    @Test func everyFigureHasItsPictureAndOldOnesGo() throws {
        let place = try Place.withRun()
        let script = """
            #!/bin/sh
            [ "$1 $2 $3 $4 $5" = "--zoom 2 --format png --output" ] || exit 9
            cat "$7" > "$6"
            """
        try place.writeProgram(script.replacingOccurrences(of: "cat", with: "/bin/cat"), to: "bin/rsvg-convert")
        let path = ["PATH": place["bin"].path]
        let drawn = try place.gait("report", "run", "--out", "report", "--png", "--json", environment: path)
        #expect(drawn.status == 0 && drawn.output.contains("report/curves-half-cheetah-dir.png"), "\(drawn.error)")
        let files = try names(place), pictures = files.filter { $0.hasSuffix(".svg") }
        #expect(Set(files.filter { $0.hasSuffix(".png") }) == Set(pictures.map { $0.dropLast(4) + ".png" }))
        #expect(try place.text("report/curves-half-cheetah-dir.png") == place.text("report/curves-half-cheetah-dir.svg"))
        try place.write("a sheet of frames", to: "report/film.png")
        try place.write("drawn by hand", to: "report/tasks-half-cheetah-dir.png")
        #expect(try place.gait("report", "run", "--out", "report").status == 0)
        #expect(try names(place).filter { $0.hasSuffix(".png") } .sorted() == ["film.png", "tasks-half-cheetah-dir.png"])
    }

    @Test func aFailureIsQuoted() throws {
        let place = try Place.withRun()
        try place.writeProgram("#!/bin/sh\necho 'no such font' >&2\nexit 3\n", to: "bin/rsvg-convert")
        let result = try place.gait("report", "run", "--out", "report", "--png", environment: ["PATH": place["bin"].path])
        #expect(result.status == 1 && result.error.contains("no such font") && result.error.contains("status 3"), "\(result.error)")
        #expect(try names(place).allSatisfy { !$0.contains(".png") })
    }

    @Test func aReportIsNotOverwrittenWithOthersRuns() throws {
        let place = try Place.withRun()
        for name in ["one", "two"] { #expect(try place.gait("report", "run", "--out", name).status == 0) }
        let before = try place.text("one/runs.csv")
        let result = try place.gait("report", "one", "two")
        #expect(result.status == 64 && result.error.contains("--out"), "\(result.error)")
        #expect(try place.text("one/runs.csv") == before)
    }
}
