import Agents
import Core
import Environments
import Runs

extension StudyContext {
    /// The finished runs of an experiment; empty where there is none.
    func finishedRuns(of experiment: String) -> [RunDirectory] { (runs[experiment] ?? []).filter { $0.status()?.state == .finished } }

    /// The finished runs of an experiment that have an agent and family: variants by their own names.
    func finishedRuns(of experiment: String, with agent: String, on family: String) throws -> [RunDirectory] {
        try finishedRuns(of: experiment).filter { directory in
            let configuration = try directory.configuration()
            return (configuration.variant ?? configuration.agent) == agent && (configuration.familyVariant ?? configuration.family) == family
        }
    }

    /// Restores such runs, by seed. Empty where there is none. Throws what reading runs throws.
    func agents(_ agent: String, on family: String, of experiment: String) throws -> [OpenedRun] {
        try finishedRuns(of: experiment, with: agent, on: family).map { try Run.open($0, threads: threads, context: runContext) }
            .sorted { $0.configuration.seed < $1.configuration.seed }
    }
}

extension OpenedRun {
    /// The agent's policy of a name for one of its training tasks; nil where it has none, or it comes from adapting.
    func policy(_ name: String, task: Int) throws -> (any Policy)? {
        guard let policy = agent.policies.first(where: { $0.name == name }), case .ready(let make) = policy.origin else { return nil }
        return try make(task).first
    }

    /// An evaluation of it, as training's own.
    var evaluation: Evaluation { Evaluation(configuration: configuration, family: family) }
}
