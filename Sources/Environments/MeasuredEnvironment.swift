/// A number that a family gives an episode besides its return, such as the distance to the goal at its end.
public struct EpisodeMeasure: Sendable, Equatable {
    /// Name of a metric, as in records: `finalDistance`.
    public var metric: String
    public var value: Double

    public init(_ metric: String, _ value: Double) {
        self.metric = metric
        self.value = value
    }

    /// Distance from the goal at the end of an episode.
    public static let finalDistance = "finalDistance"
    /// 1 where an episode ends at the goal, else 0: the mean is the share of goals reached.
    public static let goalReached = "goalReached"
}

/// An environment that can say more of an episode than its return. An evaluation records what it says, for every policy.
public protocol MeasuredEnvironment: Environment {
    /// Measures of the episode that a copy's last step ended. An environment gives the same metrics for every episode.
    func measures(ofEpisodeIn copy: Int) -> [EpisodeMeasure]
}

/// An environment that can be compared with recordings in float64: actions and rewards are not rounded to float32.
public protocol ExactEnvironment: Environment {
    /// As `step`, with actions [copies, action columns] in float64.
    func step(exactly actions: [Double], into batch: inout StepBatch) throws
    /// The reward of a copy's last step.
    func exactReward(_ copy: Int) -> Double
    /// 0 where the environment has no learning reward.
    func exactLearningReward(_ copy: Int) -> Double
}
