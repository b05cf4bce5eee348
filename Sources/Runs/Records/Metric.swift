import Environments

/// A measured quantity: its name in files, how reports title it, its unit, and which direction is better.
///
/// The metrics that the program itself records are in `known`; an experiment may declare more of them in its YAML file
/// (`MetricDeclarations`). A metric that nobody declared is shown under its name, without order.
public struct Metric: Sendable, Hashable {
    public enum Direction: String, Sendable, Codable, CaseIterable {
        case higherIsBetter, lowerIsBetter, neither
    }

    /// As in evaluations.csv, camelCase: `return`, `adaptationSteps`.
    public var name: String
    /// As tables, axes and sentences name it, in the singular and in lower case: `return`.
    public var title: String
    /// `s`, `nats`, `%`; empty for numbers without a unit.
    public var unit: String
    public var direction: Direction

    public init(name: String, title: String? = nil, unit: String = "", direction: Direction = .neither) {
        self.name = name
        self.title = title ?? name
        self.unit = unit
        self.direction = direction
    }

    /// Undiscounted sum of rewards of an episode.
    public static let episodeReturn = Metric(name: "return", direction: .higherIsBetter)
    /// Environment steps of an episode.
    public static let length = Metric(name: "length", title: "episode length", unit: "steps")
    /// Environment steps that a policy spent on adapting to a task before its evaluation there.
    public static let adaptationSteps = Metric(name: "adaptationSteps", title: "adaptation steps", unit: "steps")
    /// 1 where an episode ended because the simulation became unstable.
    public static let unstable = Metric(name: "unstable", title: "unstable episodes", direction: .lowerIsBetter)
    /// 1 where an adaptation to a training task chose another one: the latent z that it inferred is nearer to the z of another training
    /// task's stored context than to that of its own. The mean is the share of such adaptations; guessing gives 1 - 1 / tasks. It has no
    /// direction: where tasks are graded, such as speeds, a neighbour is nearly right, and each agent has a latent space of its own.
    public static let wrongTask = Metric(name: "wrongTask", title: "share of adaptations to the wrong task")

    /// The largest expected return that any policy has on a task, undiscounted and within the episode limit, where the task's exact dynamics
    /// are known (`ModelledEnvironment`).
    public static let bestReturn = Metric(name: "bestReturn", title: "best possible return", direction: .higherIsBetter)
    /// 1 where the values that a policy acts on have diverged: they grew until the agent stopped them. Such a policy is evaluated all the same.
    public static let diverged = Metric(name: "diverged", title: "diverged", direction: .lowerIsBetter)

    /// Distance from the goal at the end of an episode, of families that have one.
    public static let finalDistance = Metric(name: EpisodeMeasure.finalDistance, title: "final distance", direction: .lowerIsBetter)
    /// 1 where an episode ended at the goal: the mean is the share of goals reached.
    public static let goalReached = Metric(name: EpisodeMeasure.goalReached, title: "share of goals reached", direction: .higherIsBetter)

    // Of policies on graphs. The return of their deterministic episode is the reward of the greedy path.

    /// Mean reward of a policy's samples, exact by one pass over the graph.
    public static let sampledReward = Metric(name: "sampledReward", title: "sampled reward", direction: .higherIsBetter)
    /// Mean reward of fresh trajectories.
    public static let empiricalReward = Metric(name: "empiricalReward", title: "mean reward of trajectories", direction: .higherIsBetter)
    /// Mean over terminal states of |probability - reward / sum of rewards|, exact by one pass over the graph.
    public static let l1 = Metric(name: "l1", title: "L1 error", direction: .lowerIsBetter)
    /// The same with the shares of the last 2,000 fresh trajectories in place of probabilities.
    public static let empiricalL1 = Metric(name: "empiricalL1", title: "empirical L1 error", direction: .lowerIsBetter)
    /// Different terminal states among all fresh trajectories so far.
    public static let modesFound = Metric(name: "modesFound", title: "modes found", direction: .higherIsBetter)
    /// Those of them that have the graph's largest reward.
    public static let bestFound = Metric(name: "bestFound", title: "best modes found", direction: .higherIsBetter)
    /// The loss that a policy was trained on, of fresh trajectories.
    public static let testLoss = Metric(name: "testLoss", title: "test loss", direction: .lowerIsBetter)

    /// What evaluations record. Families can add measures of their own (`EpisodeMeasure`).
    public static let known: [Metric] = [
        .episodeReturn, .length, .adaptationSteps, .unstable, .wrongTask, .bestReturn, .diverged, .finalDistance, .goalReached,
        .sampledReward, .empiricalReward, .l1, .empiricalL1, .modesFound, .bestFound, .testLoss,
    ]

    /// True for what only describes how an evaluation went: reports show it beside results, not as one.
    public var isBookkeeping: Bool { [.length, .adaptationSteps, .unstable, .bestReturn, .diverged].contains(self) }

    /// The one of `declared` or `known` with that name; a plain one where there is none.
    public static func named(_ name: String, among declared: [Metric] = []) -> Metric {
        declared.first { $0.name == name } ?? known.first { $0.name == name } ?? Metric(name: name)
    }
}
