import Foundation
import TestEnvironments
import Testing

/// The commands that reproduce a whole paper, with the shipped files but for the length of runs: every part trains, and every study looks at what
/// was trained.
@Suite(.needsMuJoCo) struct SuiteRunTests {
    /// A place with assets whose preset `quick` is over in a moment.
    private func place() throws -> Place {
        let place = try Place()
        try FileManager.default.copyItem(at: assetsFolder, to: place["assets"])
        let text = try place.text("assets/budgets.yaml")
        let rest = try #require(text.range(of: "\nlaptop:"))
        let rules = "checkpointEvery: 0, evaluationEpisodes: 1, adaptationEpisodes: 2}"
        let byRounds = ["cart-pole", "mountain-car", "gridworld"], byTrajectories = ["hyper-grid", "frozen-lake", "cliff-walking"]
        let lengths = byRounds.map { ($0, "rounds: 2, steps: 900") } + byTrajectories.map { ($0, "trajectories: 800") }
        let quick = ["  default: {steps: 1200, rounds: 2, trajectories: 800, evaluateEvery: 0, \(rules)"] + lengths.map { family, length in
            "  \(family): {\(length), evaluateEvery: round, \(rules)"
        }
        try place.write("quick:\n" + quick.joined(separator: "\n") + "\n" + text[rest.lowerBound...], to: "assets/budgets.yaml")
        return place
    }

    private func reproduce(_ suite: String, _ more: String..., in place: Place) throws -> FinishedProgram {
        let words = ["reproduce", suite, "--preset", "quick", "--seeds", "0", "--out", "runs"] + more
        return try GaitProcess(words, in: place, environment: ["GAIT_ASSETS": place["assets"].path]).result()
    }

    /// Parts of the report by what they are.
    private func parts(_ place: Place, _ kind: String) throws -> [String] {
        let file = try JSONSerialization.jsonObject(with: Data(contentsOf: place["runs/report/parts.json"])) as? [String: Any]
        let parts = try #require(file?["parts"] as? [[String: Any]])
        return parts.filter { $0["kind"] as? String == kind }.compactMap { $0["name"] as? String }
    }

    /// For each block of a kind: how many of `counted` each of its panels has.
    private func panels(_ place: Place, _ study: String, _ kind: String, _ counted: String) throws -> [[Int]] {
        let file = try JSONSerialization.jsonObject(with: Data(contentsOf: place["runs/report/studies/\(study).json"])) as? [String: Any]
        let blocks = try #require(file?["blocks"] as? [[String: Any]]).compactMap { $0[kind] as? [String: Any] }
        return blocks.map { $0["_0"] as? [String: Any] ?? $0 }.map { block in
            (block["panels"] as? [[String: Any]] ?? []).map { ($0[counted] as? [Any] ?? []).count }
        }
    }

    @Test func theFirstPaperIsReproducedWhole() throws {
        let place = try place(), whole = try reproduce("pmeta-rl", in: place)
        #expect(whole.status == 0, "\(whole.error)")
        #expect(try parts(place, "missing") == ["fig4", "fig6"], "their runs are taken, not made")
        #expect(try parts(place, "study") == ["theorems", "mountain-car-maps", "point-robot"])
        #expect(try parts(place, "experiment").count == 6)
        // Two maps of five policies, each with an episode on two tasks; the values, and two agents' ways to ten goals.
        #expect(try panels(place, "mountain-car-maps", "maps", "paths") == [[2, 2, 2, 2, 2], [2, 2, 2, 2, 2]])
        #expect(try panels(place, "point-robot", "maps", "paths") == [[0, 0, 0]] + Array(repeating: Array(repeating: 1, count: 10), count: 2))

        // What is there is reported again, alike.
        let report = try place.text("runs/report/report.md")
        let again = try reproduce("pmeta-rl", "--report-only", in: place)
        #expect(try again.status == 0 && place.text("runs/report/report.md") == report, "\(again.error)")
        let other = try reproduce("pmeta-rl", "--parts", "gridworld-corner", "--agents", "q-averaging", in: place)
        #expect(try other.status == 0 && place.text("runs/report/report.md") == report, "\(other.error)")
    }

    @Test func ofTheSecondPaperSomePartsAreReproduced() throws {
        let place = try place(), result = try reproduce("pgflowmeta", "--parts", "flow-table3,flow-table4", in: place)
        #expect(result.status == 0, "\(result.error)")
        #expect(try parts(place, "missing") == ["flow-lambda", "flow-beta", "flow-readings"])
        #expect(try parts(place, "study") == ["flow-pictures", "flow-similarity", "flow-theorems"])
        #expect(try panels(place, "flow-similarity", "plot", "series") == [[2, 2, 2], [4, 4, 4]])
        for family in ["hyper-grid", "frozen-lake", "cliff-walking"] { #expect(place.exists("runs/report/flow-pictures-\(family).svg")) }
    }
}
