import Agents
import Foundation
import Launching
import Runs
import Studies
import TestEnvironments
import Testing
import gait

/// The experiments of `assets/experiments`, and the suites of `assets/suites`.
@Suite struct ShippedExperimentTests {
    /// With every preset that it has seeds for: a preset's change can make a variant's settings impossible, before the first run.
    @Test(.needsMuJoCo) func everyExperimentCanBePlanned() throws {
        let registry = Registry.standard(assets: assetsFolder.path), budgets = try Budgets(contentsOf: assetsFolder.path + "/budgets.yaml")
        let versions = Versions(gait: "1", mujoco: "", blas: "", swift: "", system: "", processor: "")
        let context = RunContext(registry: registry, versions: versions), names = Experiment.names(assets: assetsFolder.path)
        #expect(names.count > 15)
        for name in names {
            let experiment = try Experiment.named(name, assets: assetsFolder.path, registry: registry)
            for preset in Preset.allCases {
                guard let seed = experiment.seeds[preset.rawValue]?.seeds.first else { continue }
                let sweep = try Sweep(experiment: experiment, preset: preset, seeds: SeedList([seed]), folder: "/nowhere/at/all")
                #expect(throws: Never.self, "\(name), \(preset)") { try sweep.plan(budgets: budgets, context: context) }
            }
        }
    }

    /// Where deep pMeta-RL is compared with other agents, plain soft actor-critic is among them: without it nothing says that a gain is personalization's.
    @Test(.needsMuJoCo) func everyComparisonHasSoftActorCriticForEachTask() throws {
        let registry = Registry.standard(assets: assetsFolder.path)
        let compared = try Experiment.names(assets: assetsFolder.path).map { try Experiment.named($0, assets: assetsFolder.path, registry: registry) }
            .filter { experiment in experiment.runs == nil && ["pmeta-rl", "pearl"].allSatisfy { name in experiment.agents.contains { $0.base == name } } }
        #expect(compared.count > 3)
        for experiment in compared { #expect(experiment.agents.contains { $0.base == "sac-per-task" }, "\(experiment.name)") }
    }

    /// Its parts name experiments and studies that there are.
    @Test(.needsMuJoCo) func everySuiteCanBeRead() throws {
        let registry = Registry.standard(assets: assetsFolder.path), names = Launching.Suite.names(assets: assetsFolder.path)
        #expect(names.count > 1)
        for name in names {
            let suite = try Launching.Suite.named(name, assets: assetsFolder.path, registry: registry, studies: Studies.all.map { $0.name })
            #expect(!suite.parts.isEmpty, "\(name)")
        }
    }
}
