import Agents
import Core
import Environments

/// A policy's flows on one task, drawn.
public struct DrawnFlows: Sendable {
    public var task: TaskDescription
    public var policy: String
    public var picture: Picture
    /// Mean over terminal states of |probability - R / Z|.
    public var l1: Double
}

extension Evaluation {
    /// The flows of a policy on a task, as an evaluation at `step` has it. Several policies of one name are drawn as their mixture. Nil where
    /// the task is no graph on a board, or the policy does not act on graphs.
    ///
    /// - Parameters:
    ///   - index: the task's number in its set.
    ///   - seed: as of `prepare`.
    /// - Throws: `GraphError` where the graph is too large for it, and `GaitError.usage` where the agent has no such policy for the task.
    public func flows(
        _ agent: any Agent, _ name: String, set: TaskSet, task index: Int, step: Int, seed: UInt64? = nil
    ) throws -> DrawnFlows? {
        let task = configuration.tasks(set)[index]
        guard let family = family as? any BoardFamily,
            let graph = (try family.makeEnvironment(task, copies: 1) as? any GraphEnvironment)?.graph
        else { return nil }
        guard let prepared = try prepare(agent, name, set: set, task: index, step: step, seed: seed) else {
            throw GaitError.usage("\(configuration.agent) has no policy '\(name)' for \(task.name)")
        }
        let policies = prepared.policies.compactMap { $0 as? any GraphPolicy }
        guard policies.count == prepared.policies.count else { return nil }
        let enumerated = try EnumeratedGraph(graph)
        let flows = try GraphFlows(mixing: policies.map { policy in
            try enumerated.flows { try policy.writeWeights(at: $0, of: graph, into: &$1) }
        })
        let several = policies.count > 1 ? "mixture of \(policies.count) policies, " : ""
        let title = "\(configuration.variant ?? configuration.agent), \(name) policy, on \(task.name) (\(several)seed \(configuration.seed))"
        let picture = try FlowPicture(flows, of: enumerated, on: family.graphBoard(task), title: title).picture
        return DrawnFlows(task: task, policy: name, picture: picture, l1: enumerated.l1Error(flows.ends))
    }
}
