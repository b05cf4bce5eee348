import Agents
import ArgumentParser
import Core
import Environments
import Film
import Foundation
import Runs

/// Which policies are shown or recorded, and on which task.
struct PolicyOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Name of the task, or its number from 0 (default: 0). See `gait tasks FAMILY`.", valueName: "task"))
    var task: String?

    @Option(
        help: ArgumentHelp(
            "Name of the policy, for example meta or personal. Can be repeated to show several.",
            discussion: "Default: personal, if the agent has a personalized policy of the task.",
            valueName: "policy"))
    var policy: [String] = []

    @Option(name: .customLong("set"), choice: "Set that the task is in", default: "train")
    var set: TaskSet?

    @Option(parsing: .unconditional, help: "Episodes of each policy (default: 1, in a window 5).")
    var episodes: Int?

    @Option(parsing: .unconditional, help: "Seed of the episodes. Default: the episodes that `gait evaluate` plays first.")
    var seed: UInt64?

    func validate() throws {
        if let episodes, let fault = Budget.fault(episodes, 1, Budget.mostEpisodes) { throw ValidationError("--episodes: \(fault)") }
    }

    /// Whether an option was given that applies to runs only.
    var isGiven: Bool { task != nil || !policy.isEmpty || set != nil || episodes != nil || seed != nil }

    /// Throws `GaitError.usage` with the first policy that none of the runs has, and the nearest name.
    func checkPolicies(_ runs: [OpenedRun]) throws {
        let known = runs.flatMap(knownPolicies)
        guard !runs.isEmpty, let unknown = policy.first(where: { !known.contains($0) }) else { return }
        let agents = Set(runs.map(\.configuration.agent)).sorted().joined(separator: " and ")
        throw GaitError.usage(unknownNameMessage(
            kind: "policy of \(agents) for \((set ?? .train).rawValue) tasks", plural: "policies", name: unknown, known: Set(known).sorted()))
    }

    /// Every chosen policy of a run on the chosen task, its episodes played. Nil if the user interrupted it.
    func record(_ run: OpenedRun, methods: [any FilmMethod], context: RunContext) throws -> [Film.Panel]? {
        let index = try taskIndex(run)
        var panels: [Film.Panel] = []
        for policy in try policies(run) {
            let panel = try Evaluation(configuration: run.configuration, family: run.family).record(
                run.agent, policy, set: set ?? .train, task: index, step: run.progress.steps, episodes: episodes ?? 1, seed: seed,
                methods: methods
            ) { context.interruption.requested != nil }
            guard let panel else { return nil }
            panels.append(panel)
        }
        return panels
    }

    /// Throws `GaitError.usage`, which lists the tasks.
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

    /// Throws `GaitError.usage` where none of the agents has a policy for tasks of the chosen set.
    func requirePolicies(_ runs: [OpenedRun]) throws {
        guard !runs.isEmpty, runs.allSatisfy({ knownPolicies($0).isEmpty }) else { return }
        let agents = Set(runs.map(\.configuration.agent)).sorted(), set = (set ?? .train).rawValue
        throw GaitError.usage("--set \(set): \(agents.joined(separator: " and ")) \(agents.count == 1 ? "has" : "have") no policy for \(set) tasks")
    }

    private func knownPolicies(_ run: OpenedRun) -> [String] { run.agent.policies(for: set ?? .train).map(\.name) }

    /// The policies of a run that are played; none where the agent has none for such tasks. If several were given, those that the agent does not have are left out, so that agents
    /// with different policies can be compared. Throws `GaitError.usage` with the nearest name if none is left.
    func policies(_ run: OpenedRun) throws -> [String] {
        let known = knownPolicies(run)
        if known.isEmpty { return [] }
        if policy.isEmpty { return known.prefix(1).map { $0 } }
        let kept = policy.filter(known.contains)
        if kept.isEmpty, let first = policy.first {
            let kind = "policy of \(run.configuration.agent) for \((set ?? .train).rawValue) tasks"
            let advice = known.map { "--policy \($0)" }.joined(separator: " or ")
            throw GaitError.usage(
                unknownNameMessage(kind: kind, plural: "policies", name: first, known: known) + "; use \(advice)")
        }
        return kept
    }
}
