import Foundation
import Runs
import TestEnvironments
import Testing

/// What this machine has, as `gait doctor` reports it.
private let found: Set<String> = {
    guard let place = try? Place(), let result = try? place.gait("doctor", "--json") else { return [] }
    return Set(["OpenGL", "ffmpeg"].filter { name in
        result.lines.contains { $0.contains("\"name\":\"\(name)\"") && $0.contains("\"found\":true") }
    })
}()
private let canFilm = found.count == 2

/// Films, recorded trajectories and windows. On a machine without OpenGL or ffmpeg the program says so and writes nothing.
@Suite(.serialized, .needsMuJoCo) struct FilmTests {
    private func trained(_ place: Place, more: [String] = []) throws {
        let result = try GaitProcess(training("run", steps: 400, more: more), in: place).result()
        #expect(result.status == 0, "\(result.error)")
    }

    private func object(_ line: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    /// Returns of each policy in a line of `render`.
    private func returns(_ line: [String: Any]) throws -> [[Double]] {
        try (try #require(line["policies"] as? [[String: Any]])).map { try #require($0["returns"] as? [Double]) }
    }

    /// What `gait evaluate` gives for the second task, personal before meta.
    private func evaluated(_ place: Place, episodes: Int) throws -> [[Double]] {
        let records = try place.gait("evaluate", "run", "--tasks", "train", "--episodes", "\(episodes)", "--json").lines.map(object)
        return ["personal", "meta"].map { policy in
            records.filter {
                $0["policy"] as? String == policy && $0["task"] as? String == "backward" && $0["phase"] as? String == "evaluation"
                    && $0["metric"] as? String == "return"
            }.compactMap { $0["value"] as? Double }
        }
    }

    @Test func aFilmShowsTheEpisodesOfTheEvaluation() throws {
        let place = try Place()
        try trained(place)
        let result = try place.gait(
            "render", "run", "--task", "backward", "--policy", "personal", "--policy", "meta", "--episodes", "2", "--fps", "1",
            "--size", "64x48", "--out", "videos/both.mp4", "--json")
        guard canFilm else {
            #expect(result.status == 1 && (result.error.contains("ffmpeg") || result.error.contains("libegl1")), "\(result.error)")
            #expect(!place.exists("videos/both.mp4"))
            return
        }
        #expect(result.status == 0, "\(result.error)")
        let line = try object(try #require(result.lines.last))
        #expect(try returns(line) == evaluated(place, episodes: 2))
        #expect(line["frames"] as? Int == 20 && line["seconds"] as? Double == 20)
        #expect((line["drawnBy"] as? String)?.contains(",") == true)
        #expect(try place.names("videos") == ["both.mp4"])
        #expect(try place.probe("videos/both.mp4") == "h264,128,48,20,20.000000")
    }

    @Test(.enabled(if: canFilm, "ffmpeg and OpenGL are needed")) func anAnimationAndASheetAreWrittenToo() throws {
        let place = try Place()
        try trained(place)
        let animation = try place.gait("render", "run", "--fps", "2", "--size", "33x31", "--out", "a.gif")
        #expect(animation.status == 0, "\(animation.error)")
        #expect(try place.probe("a.gif") == "gif,33,31,20,10.000000")
        let sheet = try place.gait("render", "run", "--size", "32x24", "--out", "a.png")
        #expect(sheet.status == 0, "\(sheet.error)")
        #expect(try place.probe("a.png").hasPrefix("png,140,80,1"))  // 4 x 32 and 3 x 24 with 4 between
    }

    @Test func aRecordedTrajectoryIsFilmedWithoutItsPolicy() throws {
        let place = try Place()
        try trained(place)
        let recorded = try place.gait("record", "run", "--task", "1", "--out", "t.npz", "--json")
        #expect(recorded.status == 0, "\(recorded.error)")
        let expected = try [evaluated(place, episodes: 1)[0]]
        #expect(try object(try #require(recorded.lines.last))["returns"] as? [Double] == expected[0])
        try FileManager.default.removeItem(at: place["run"])
        #expect(try place.gait("render", "t.npz", "--task", "1", "--out", "t.png").status == 64)
        #expect(try place.gait("record", "t.npz", "--out", "u.txt").status == 64)
        if canFilm {
            let result = try place.gait("render", "t.npz", "--size", "32x24", "--out", "t.png", "--json")
            #expect(result.status == 0, "\(result.error)")
            #expect(try returns(object(try #require(result.lines.last))) == expected)
        }
        try Data(contentsOf: place["t.npz"]).prefix(3000).write(to: place["t.npz"])
        let damaged = try place.gait("render", "t.npz", "--out", "u.png")
        #expect(damaged.status == 65, "\(damaged.error)")
        #expect(!place.exists("u.png"))
    }

    @Test(.enabled(if: canFilm, "ffmpeg and OpenGL are needed"), arguments: [
        (["--task", "forwrd"], "did you mean 'forward'"), (["--task", "2"], "2 train tasks, 0 to 1"), (["--task", "-1"], "0 to 1"),
        (["--policy", "persnal"], "did you mean 'personal'"), (["--policy", "personal", "--policy", "mta"], "did you mean 'meta'"), (["--set", "test", "--policy", "personal"], "--policy meta"),
        (["--size", "640"], "for example 640x480"), (["--size", "2000x480"], "1920x1080"), (["--size", "65x48"], "even numbers"),
        (["--fps", "0"], "1 to 120"), (["--episodes", "0"], "at least 1"), (["--out", "film.avi"], ".mp4, .gif, .png"),
        (["--out", "film.gif", "--fps", "60"], "50 frames per second"), (["other"], "other"),
    ])
    func invalidUsageIsExplainedAndNothingIsWritten(_ words: [String], _ reason: String) throws {
        let place = try Place.withRun()
        let before = try place.names(".").filter { !$0.hasPrefix(".") }
        let out = words.contains("--out") ? [] : ["--out", "film.mp4"]
        let result = try GaitProcess(["render", "run"] + words + out, in: place).result()
        #expect(result.status == (words == ["other"] ? 65 : 64), "\(result.error)")
        #expect(result.error.contains(reason), "\(result.error)")
        #expect(try place.names(".").filter { !$0.hasPrefix(".") } == before)
    }

    @Test func aMachineThatLacksSomethingIsToldWhatToInstall() throws {
        let place = try Place.withRun()
        let blind = try place.gait("render", "run", "--out", "blind.mp4", environment: ["PATH": "/nowhere"])
        #expect(blind.status == 1 && blind.error.contains("apt-get install -y --no-install-recommends ffmpeg"), "\(blind.error)")
        guard found.contains("ffmpeg") else { return }
        let noDriver = ["MUJOCO_GL": "egl", "__EGL_VENDOR_LIBRARY_FILENAMES": "/nowhere"]
        let dark = try place.gait("render", "run", "--out", "blind.mp4", environment: noDriver)
        #expect(dark.status == 1 && dark.error.contains("libegl1, libegl-mesa0 and libgl1-mesa-dri"), "\(dark.error)")
        let off = try place.gait("render", "run", "--out", "blind.mp4", environment: ["MUJOCO_GL": "off"])
        #expect(off.status == 1 && off.error.contains("MUJOCO_GL=off"), "\(off.error)")
        #expect(!place.exists("blind.mp4"))
    }

    /// One that fails, and one that says nothing and writes nothing.
    @Test(.enabled(if: found.contains("OpenGL"), "OpenGL is needed")) func aFailingEncoderIsQuotedAndLeavesTheOldFile() throws {
        let place = try Place.withRun()
        try place.writeProgram("#!/bin/sh\necho 'no such encoder' >&2\nexit 3\n", to: "bin/ffmpeg")
        try place.write("old", to: "films/film.mp4")
        let result = try place.gait(
            "render", "run", "--out", "films/film.mp4", "--fps", "1", "--size", "64x48", environment: ["PATH": place["bin"].path])
        #expect(result.status == 1 && result.error.contains("no such encoder") && result.error.contains("status 3"), "\(result.error)")
        #expect(try place.text("films/film.mp4") == "old" && place.names("films") == ["film.mp4"])
        try place.writeProgram("#!/bin/sh\nexec cat >/dev/null\n", to: "bin/ffmpeg")
        let nothing = try place.gait(
            "render", "run", "--out", "films/film.mp4", "--fps", "1", "--size", "64x48", environment: ["PATH": place["bin"].path + ":/usr/bin:/bin"])
        #expect(nothing.status == 1 && nothing.error.contains("wrote nothing to films/film.mp4"), "\(nothing.error)")
        #expect(try place.text("films/film.mp4") == "old" && place.names("films") == ["film.mp4"])
    }

    /// Of one that reads nothing, too.
    @Test(.enabled(if: found.contains("OpenGL"), "OpenGL is needed")) func aStuckEncoderIsInterrupted() throws {
        let place = try Place.withRun()
        try place.writeProgram("#!/bin/sh\ntouch begun\nexec sleep 600\n", to: "bin/ffmpeg")
        let process = try GaitProcess(
            ["render", "run", "--out", "film.mp4", "--fps", "60", "--size", "320x240"], in: place,
            environment: ["PATH": place["bin"].path + ":/usr/bin:/bin"])
        #expect(process.wait { place.exists("begun") })
        usleep(300_000)
        process.send(SIGINT)
        #expect(try process.result().status == 130)
        #expect(!place.exists("film.mp4"))
    }

    @Test(.enabled(if: canFilm, "ffmpeg and OpenGL are needed")) func anInterruptedFilmLeavesNothing() throws {
        let place = try Place.withRun()
        let process = try GaitProcess(["render", "run", "--out", "films/film.mp4", "--fps", "120", "--size", "64x48"], in: place)
        #expect(process.wait { (try? place.names("films"))?.isEmpty == false })
        process.send(SIGINT)
        #expect(try process.result().status == 130)
        #expect(try place.names("films").isEmpty)
    }

    @Test func filmingWhileTrainingChangesNothingAndMayFail() throws {
        let place = try Place()
        let often = ["--evaluate-every", "200"]
        let plain = try GaitProcess(training("plain", steps: 400, more: often), in: place).result()
        let blind = try GaitProcess(
            training("blind", steps: 400, more: often + ["--video-every", "100"]), in: place, environment: ["PATH": "/nowhere"]
        ).result()
        #expect(plain.status == 0 && blind.status == 0, "\(blind.error)")
        #expect(blind.error.components(separatedBy: "warning: no film").count == 2, "\(blind.error)")
        #expect(try place.text("plain/evaluations.csv") == place.text("blind/evaluations.csv"))
        for run in ["plain", "blind"] { #expect(!place.checkpoints(run).isEmpty) }
        #expect(try place.weights("plain") == place.weights("blind"))
        #expect(try GaitProcess(training("no", steps: 400, more: ["--video-every", "-1"]), in: place).result().status == 64)
    }

    @Test(.enabled(if: canFilm)) func aRunThatFilmsItselfComesOutTheSame() throws {
        let place = try Place()
        let family = "walker-2d-params"  // untrained it soon falls, so that the film is short
        let plain = try GaitProcess(training("plain", family: family, steps: 400), in: place).result()
        let filmed = try GaitProcess(training("filmed", family: family, steps: 400, more: ["--video-every", "400"]), in: place).result()
        #expect(plain.status == 0 && filmed.status == 0 && !filmed.error.contains("warning"), "\(filmed.error)")
        #expect(try place.names("filmed/videos") == ["step-400.mp4"])
        let video = try Data(contentsOf: place["filmed/videos/step-400.mp4"])
        #expect(video.count > 10_000 && video.dropFirst(4).prefix(4) == Data("ftyp".utf8))
        #expect(try place.text("plain/evaluations.csv") == place.text("filmed/evaluations.csv"))
        #expect(try place.weights("plain") == place.weights("filmed"))
    }

    @Test(.enabled(if: canFilm)) func aFilmThatWasCutShortIsMadeWhenTheRunGoesOn() throws {
        let place = try Place()
        let films = ["--video-every", "400"]
        let first = [
            "train", "pearl", "half-cheetah-dir", "--preset", "quick", "--steps", "400", "--set", "hidden=[16, 16]", "--set", "batchSize=16", "--out", "run",
        ]
        #expect(try GaitProcess(first + films, in: place).result().status == 0)
        #expect(try place.names("run/videos") == ["step-400.mp4"])
        try FileManager.default.moveItem(at: place["run/videos/step-400.mp4"], to: place["run/videos/step-400.mp4.partial-7"])
        #expect(try GaitProcess(["resume", "run", "--steps", "1200"] + films, in: place).result().status == 0)
        #expect(try place.names("run/videos") == ["step-1200.mp4", "step-400.mp4"])
    }

    @Test func aWindowNeedsAScreen() throws {
        let place = try Place.withRun()
        let result = try place.gait("view", "run", environment: ["DISPLAY": "", "WAYLAND_DISPLAY": "", "XDG_SESSION_TYPE": "x11"])
        #expect(result.status == 1 && result.error.contains("gait render"), "\(result.error)")
    }
}

extension Place {
    /// A place with a run of its own, copied from one that all tests share.
    static func withRun() throws -> Place {
        let place = try Place()
        try FileManager.default.copyItem(at: shared.get()["run"], to: place["run"])
        return place
    }

    private static let shared = Result {
        let place = try Place()
        place.removeAtExit()
        _ = try GaitProcess(training("run", steps: 400), in: place).result()
        return place
    }

    fileprivate func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self[folder].path).sorted()
    }

    fileprivate func weights(_ run: String) throws -> Data {
        try Data(contentsOf: self["\(run)/checkpoints/\(try #require(checkpoints(run).last))/networks.safetensors"])
    }

    /// Codec, width, height, frames and seconds, as ffprobe finds them.
    fileprivate func probe(_ path: String) throws -> String {
        let probed = try FinishedProgram([
            "ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-show_entries",
            "stream=codec_name,width,height,duration,nb_read_frames", "-of", "default=noprint_wrappers=1", self[path].path,
        ])
        try #require(probed.status == 0, "\(probed.error)")
        let fields = Dictionary(probed.output.split(separator: "\n").map { line in
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            return (parts[0], parts.last ?? "")
        }, uniquingKeysWith: { first, _ in first })
        return ["codec_name", "width", "height", "nb_read_frames", "duration"].map { fields[$0] ?? "" }.joined(separator: ",")
    }
}
