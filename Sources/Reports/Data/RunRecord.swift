import Foundation
import Runs

/// One run as a report sees it: what was asked for, how far it came, and every evaluated episode.
public struct RunRecord: Sendable, Equatable {
    public enum State: String, Sendable, CaseIterable {
        /// All steps taken.
        case finished
        /// Still running.
        case running
        /// Interrupted by a signal, or ended without writing its state; `gait resume` continues from its last checkpoint.
        case stopped
        /// Ended by an error.
        case failed
    }

    /// Experiment that it belongs to; empty for single runs.
    public var experiment = ""
    public var preset = ""
    public var family: String
    public var agent: String
    public var seed: UInt64
    public var state: State
    /// Environment steps taken.
    public var steps: Int
    /// The budget, in its own unit.
    public var totalSteps: Int
    /// Gradient updates, all tasks together.
    public var updates = 0
    /// Seconds of wall clock, over all parts of a resumed run.
    public var wallSeconds = 0.0
    /// Training episodes that ended because the physics became unstable.
    public var unstableEpisodes = 0
    /// What its user was warned of, such as metrics that were left out.
    public var warnings: [String] = []
    /// Processor and libraries that it ran on; times depend on them, and the last bits of returns.
    public var machine = ""
    /// Program, compiler and system that made it; empty in reports from before they were kept.
    public var software = ""
    /// The command that began the run, without the places on that machine; empty in reports from before it was kept.
    public var command = ""
    /// The registered agent's name, where `agent` is a variant's own.
    public var baseAgent: String
    /// What its budget is counted in: `steps` (environment steps), `rounds`, `trajectories`.
    public var budgetUnit = "steps"
    /// What was spent of the budget, in its unit.
    public var spent: Int
    /// Titles that the agent gives its own policies, by name.
    public var policyTitles: [String: String] = [:]
    /// Everything else that makes runs comparable: the agent's settings and how it was evaluated.
    public var settings: [String: String] = [:]
    /// Names and numbers of the tasks, one text for both sets; runs on other tasks are not averaged.
    public var tasks = ""
    public var evaluations: [MetricRecord] = [] { didSet { index = EvaluationIndex() } }
    private(set) var index = EvaluationIndex()

    public init(family: String, agent: String, seed: UInt64, state: State, steps: Int, totalSteps: Int) {
        self.family = family
        self.agent = agent
        self.seed = seed
        self.state = state
        self.steps = steps
        self.totalSteps = totalSteps
        spent = steps
        baseAgent = agent
    }

    static let taskSeedKey = "taskSeed"
    /// Every seed has tasks of its own, which all agents share.
    var hasTasksPerSeed: Bool { settings[Self.taskSeedKey] == TaskSeed.perSeedName }
    /// What runs must have in common to be averaged: the tasks, or where each seed has its own, their names.
    var commonTasks: String { hasTasksPerSeed ? tasks.replacing(/\ \{[^}]*\}/, with: "") : tasks }

    /// `300 of 1,000 rounds`
    var extent: String { "\(Format.count(spent)) of \(Format.count(totalSteps)) \(budgetUnit)" }

    /// `pmeta-rl on ant-fwd-back, seed 2`, for messages.
    public var title: String { "\(agent) on \(family), seed \(seed)" }

    /// Environment steps a second of wall clock; nil where no time was recorded.
    public var stepsPerSecond: Double? { wallSeconds > 0 && steps > 0 ? Double(steps) / wallSeconds : nil }

    /// The first result that is not a number, or too large to be calculated with: such a run is never averaged.
    public var nonFinite: MetricRecord? { index.firstNonFinite(of: evaluations) }

    /// True when the run may enter an average: finished, and every return a number.
    public var counts: Bool { state == .finished && nonFinite == nil }
    /// Environment steps of the longest evaluation episode; nil where lengths were not recorded.
    var longestEpisode: Int? {
        evaluations.lazy.filter { $0.phase == .evaluation && $0.metric == Metric.length.name && $0.value.isFinite }.map(\.stepCount).max()
    }
}
