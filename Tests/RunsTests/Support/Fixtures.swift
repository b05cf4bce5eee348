import Foundation
import Launching
import Runs
import TestEnvironments

let testRegistry = Registry(
    agents: [AgentEntry(TabularAgent.self), AgentEntry(AveragingAgent.self)],
    families: [FamilyEntry(LineFamily.self), FamilyEntry(LineTwins.self), FamilyEntry(LineGoals.self)])

/// The same, as if MuJoCo simulated the line.
let simulatedRegistry = Registry(
    agents: testRegistry.agents, families: [FamilyEntry(LineFamily.self, usesMuJoCo: true), FamilyEntry(LineTwins.self)])

let testVersions = Versions(gait: "0.1.0", mujoco: "2.2.2", blas: "test", swift: "6.3", system: "test", processor: "test")

/// A context that keeps what happened.
final class Recorder: @unchecked Sendable {
    var events: [RunEvent] = []
    let interruption = Interruption()
    /// Called with every event.
    var react: (RunEvent) -> Void = { _ in }

    var context: RunContext {
        RunContext(
            registry: testRegistry, versions: testVersions, command: "gait train tabular line", interruption: interruption,
            observe: { event in
                self.events.append(event)
                self.react(event)
            })
    }

    /// The context of a program with another MuJoCo than `testVersions`.
    func context(mujoco: String, accepts: Bool = false) -> RunContext {
        var context = context
        context.registry = simulatedRegistry
        context.versions.mujoco = mujoco
        context.acceptsOtherEngine = accepts
        return context
    }

    var warnings: [String] {
        events.compactMap { if case .warning(let text) = $0 { text } else { nil } }
    }

    /// Asks to stop after this many pauses.
    func stop(afterPauses count: Int) {
        var pauses = 0
        react = { [interruption] event in
            if case .sliced = event { pauses += 1 }
            if pauses == count { interruption.request(SIGINT) }
        }
    }
}

/// A small run: 600 steps, evaluated about every 150, saved about every 200.
func smallRun(
    family: String = "line", seed: UInt64 = 3, steps: Int = 600, evaluateEvery: EvaluationInterval = 150, checkpointEvery: Int = 200,
    overrides: [String] = []
) throws -> RunConfiguration {
    let family = try testRegistry.family(named: family)
    return RunConfiguration(
        agent: "tabular", family: family.name, preset: .quick, seed: seed,
        budget: Budget(
            steps: steps, evaluateEvery: evaluateEvery, checkpointEvery: checkpointEvery, evaluationEpisodes: 3, adaptationEpisodes: 2),
        threads: 1,
        settings: try testRegistry.agent(named: "tabular").settings(
            preset: .quick, family: family.name, overrides: overrides.map { try SettingOverride(option: $0) }),
        trainTasks: try family.tasks(.train, seed: 1337), testTasks: try family.tasks(.test, seed: 1337), versions: testVersions,
        command: "gait train tabular line")
}

func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

/// A small run of an agent whose budget is in rounds.
func roundsRun(
    rounds: Int = 12, evaluateEvery: EvaluationInterval = .round, checkpointEvery: Int = 5, overrides: [String] = []
) throws -> RunConfiguration {
    var run = try smallRun(steps: rounds, evaluateEvery: evaluateEvery, checkpointEvery: checkpointEvery)
    run.agent = "averaging"
    run.budget.unit = .rounds
    run.settings = try testRegistry.agent(named: "averaging").settings(
        preset: .quick, family: run.family, overrides: overrides.map { try SettingOverride(option: $0) })
    return run
}

/// An experiment of two seeds, from its file, `demo.yaml`. `more` follows its fifth line.
func demoExperiment(in folder: TemporaryFolder, name: String = "demo", agents: String, families: String, more: String = "") throws -> Experiment {
    let text = "name: \(name)\ntitle: A\nagents: \(agents)\nfamilies: \(families)\nseeds: {quick: 4-5}\n" + more
    return try Experiment(contentsOf: folder.write(text, "demo.yaml"), registry: testRegistry)
}
