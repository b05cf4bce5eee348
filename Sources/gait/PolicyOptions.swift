import Agents
import ArgumentParser
import Core
import Environments
import Film
import Foundation
import Runs

/// Which policies of which runs are looked at, on which task.
struct PolicyOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Number of the task, from 0, or its name; `gait tasks FAMILY` has them. 0 unless told.", valueName: "task"))
    var task: String?

    @Option(
        help: ArgumentHelp(
            "meta or personal; may be given again, for both beside each other.",
            discussion: "Personal unless told, where the agent keeps such a policy of the task.",
            valueName: "policy"),
        transform: { try Choice.one($0, kind: "policy", plural: "policies") as EvaluationRecord.Policy })
    var policy: [EvaluationRecord.Policy] = []

    @Option(name: .customLong("set"), help: ArgumentHelp("The task is one of the train or the test tasks; train unless told.", valueName: "set"),
        transform: { try Choice.one($0, kind: "task set") as TaskSet })
    var set: TaskSet?

    @Option(parsing: .unconditional, help: "Episodes of each policy; 1 unless told, 5 in a window.")
    var episodes: Int?

    @Option(parsing: .unconditional, help: "Seed of the episodes; unless told those that `gait evaluate` plays first.")
    var seed: UInt64?

    func validate() throws {
        if let episodes, episodes < 1 { throw ValidationError("--episodes: at least 1 expected, found \(episodes)") }
    }

    /// Whether an option was given that only runs have a use for.
    var isGiven: Bool { task != nil || !policy.isEmpty || set != nil || episodes != nil || seed != nil }

    /// Every chosen policy of a run on the chosen task, its episodes played. Nil when somebody asked to stop.
    func record(_ run: OpenedRun, context: RunContext) throws -> [Film.Panel]? {
        let index = try taskIndex(run)
        var panels: [Film.Panel] = []
        for policy in try policies(run, task: index) {
            let panel = try Evaluation(configuration: run.configuration, family: run.family).record(
                run.agent, policy, set: set ?? .train, task: index, step: run.progress.steps, episodes: episodes ?? 1, seed: seed
            ) { context.interruption.requested != nil }
            guard let panel else { return nil }
            panels.append(panel)
        }
        return panels
    }

    /// Throws `GaitError.usage` naming the tasks there are.
    func taskIndex(_ run: OpenedRun) throws -> Int {
        let set = set ?? .train
        let names = run.configuration.tasks(set).map(\.name)
        guard let task else {
            if names.isEmpty { throw GaitError.usage("\(run.family.name) has no \(set.rawValue) tasks") }
            return 0
        }
        if let index = names.firstIndex(of: task) { return index }
        if let index = Int(task) {
            if names.indices.contains(index) { return index }
            throw GaitError.usage("--task \(task): \(run.family.name) has \(names.count) \(set.rawValue) tasks, 0 to \(names.count - 1)")
        }
        let kind = "\(set.rawValue) task of \(run.family.name)"
        throw GaitError.usage("--task: " + unknownNameMessage(kind: kind, plural: "tasks", name: task, known: names))
    }

    /// What is played of a run. Of several policies named, one that an agent does not keep is left out, so that agents
    /// with and without personalized policies can be beside each other.
    func policies(_ run: OpenedRun, task: Int) throws -> [EvaluationRecord.Policy] {
        let isKept = try keepsPersonal(run, task: task)
        if policy.isEmpty { return [isKept ? .personal : .meta] }
        return policy.count > 1 && !isKept ? policy.filter { $0 == .meta } : policy
    }

    /// Whether a run has a personalized policy of the task.
    func keepsPersonal(_ run: OpenedRun, task: Int) throws -> Bool {
        (set ?? .train) == .train && run.agent.policies.contains { $0.name == AgentPolicy.personalName }
    }
}
