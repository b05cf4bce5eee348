import Foundation
import Launching
import Runs
import TestEnvironments
import Testing

/// The experiments of the assets folder.
@Suite struct ExperimentSeedTests {
    private let files: [(name: String, root: ConfigurationValue)]

    init() throws {
        let folder = assetsFolder.appendingPathComponent("experiments").path
        files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }.sorted().map { name in
            (String(name.dropLast(5)), try ConfigurationValue(contentsOf: "\(folder)/\(name)"))
        }
    }

    private func seeds(_ root: ConfigurationValue) throws -> [String: SeedList]? {
        try root["seeds"]?.decode([String: SeedList].self, origin: .file("seeds"), key: "seeds")
    }

    /// Seeds below 10 may be looked at while presets are chosen, which is what experiments with a title `Tuning: ...` are for; these have no others.
    /// `quick` shows only that everything works.
    @Test func reportedSeedsAreNotThoseOfTuning() throws {
        #expect(files.count >= 4)
        for (name, root) in files {
            for (preset, list) in try seeds(root) ?? [:] where preset != "quick" {
                let isTuning = root["title"]?.inline.contains("Tuning: ") == true
                #expect(list.seeds.allSatisfy { ($0 < 10) == isTuning }, "\(name), \(preset)")
            }
        }
    }

    /// By default it has that one's; see `Experiment.named`.
    @Test func anExperimentThatLooksAtAnothersRunsHasItsSeeds() throws {
        let looking = files.filter { $0.root["runs"] != nil }
        #expect(looking.map(\.name) == ["fig6"])
        for (name, root) in looking {
            let owner = try #require(files.first { $0.name == root["runs"]?.inline }, "\(name)")
            if let own = try seeds(root) { #expect(try own == seeds(owner.root), "\(name)") }
        }
    }
}
