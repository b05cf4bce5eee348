import Foundation
import Reports
import Runs
import TestEnvironments
import Testing
import gait

/// Raw data of reports that an earlier version made.
@Suite struct OlderReportTests {
    /// Settings that came later are filled in, so that an earlier run is averaged with today's; one with another value is not.
    @Test(arguments: [("0", 1), ("25000", 2)]) func runsWithoutLaterSettingsAreThoseOfToday(warmUp: String, groups: Int) throws {
        let registry = Registry.standard(assets: assetsFolder.path), folder = try TemporaryFolder()
        var settings: [String: String] = [:]
        for field in try registry.agent(named: "pmeta-rl").settings(preset: .laptop, family: "half-cheetah-vel").fields {
            settings[field.key] = field.value.inline
        }
        var later = run(seed: 11, settings), earlier = run(seed: 10, settings)
        later.settings["warmUpUpdates"] = warmUp
        for key in ["warmUpUpdates", "warmUpUpdatesPerRound", "encoderUpdates", "precision"] {
            #expect(earlier.settings.removeValue(forKey: key) != nil)
        }
        try Report([earlier, later], page: PageFiles(assets: assetsFolder.path)).write(to: folder.url)
        func settingsRead(by registry: Registry?) throws -> [UInt64: [String: String]] {
            let runs = try ReportInput.read([folder.path], registry: registry)
            return Dictionary(uniqueKeysWithValues: runs.map { ($0.seed, $0.settings) })
        }
        let completed = try settingsRead(by: registry)
        #expect(completed[10] == settings && Set(completed.values).count == groups)
        #expect(try settingsRead(by: nil) == [10: earlier.settings, 11: later.settings])
    }

    private func run(seed: UInt64, _ settings: [String: String]) -> RunRecord {
        var run = RunRecord(family: "half-cheetah-vel", agent: "pmeta-rl", seed: seed, state: .finished, steps: 100, totalSteps: 100)
        run.settings = settings
        run.evaluations = [0, 100].map {
            MetricRecord(step: $0, taskSet: .train, task: "speed", policy: "personal", phase: .evaluation, episode: 0, value: 1)
        }
        return run
    }
}
