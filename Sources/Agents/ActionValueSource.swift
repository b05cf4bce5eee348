import Core
import Learning

/// An agent with critics that can be asked how good actions are.
public protocol ActionValueSource: Agent {
    /// Q(s, a) of each action, discounted returns of what the agent learns from, as its critics have them (scaled rewards included).
    ///
    /// - Parameters:
    ///   - observation: one row, [observation columns].
    ///   - actions: [count, action columns], row-major.
    ///   - policy: the name of one of `policies`; it decides on the critics and on the z that they are conditioned on.
    ///   - trainingTask: the number of a training task.
    func actionValues(observation: [Float], actions: [Float], policy: String, trainingTask: Int) throws -> [Float]
}

extension TwinCritic {
    /// The smaller value of each of `actions` [count, action columns] at one observation and latent: [count].
    public func values(observation: [Float], actions: [Float], latent: [Float]) -> [Float] {
        let inputs = first.layers[0].weight.rows, columns = inputs - observation.count - latent.count
        precondition(columns > 0 && actions.count.isMultiple(of: columns), "actions must be [count, action columns]")
        let rows = stride(from: 0, to: actions.count, by: columns).flatMap { observation + actions[$0..<$0 + columns] + latent }
        return withoutGradients { smaller(Tensor(rows, shape: [actions.count / columns, inputs])).array }
    }
}

/// Values of actions of two columns on a regular grid over -1...1 in both: what a heat map shows.
public struct ActionValueGrid: Sendable, Equatable {
    /// Points along each column, from -1 to 1.
    public let axis: [Float]
    /// [points, points], row-major: the row is the second column of the action, lowest first.
    public let values: [Float]

    /// Throws `GaitError.usage` where `points` is below 2 or an action does not have two columns, and what the agent throws.
    public init(
        of agent: any ActionValueSource, observation: [Float], policy: String, trainingTask: Int, actionColumns: Int = 2, points: Int = 41
    ) throws {
        guard points >= 2, actionColumns == 2 else {
            throw GaitError.usage("a grid of values needs at least 2 points along each axis and actions of 2 numbers")
        }
        let axis = (0..<points).map { -1 + 2 * Float($0) / Float(points - 1) }
        self.axis = axis
        let actions = axis.flatMap { y in axis.flatMap { x in [x, y] } }
        values = try agent.actionValues(observation: observation, actions: actions, policy: policy, trainingTask: trainingTask)
    }
}
