import Environments

/// What a paper claims of an experiment's results: the key `claims` of a file in assets/experiments.
///
///     claims:
///       paper: Author et al., Title
///       preset: paper                      # the preset that has the paper's sizes
///       items:
///         - source: Figure 4 and its text
///           families: [ant-fwd-back]
///           lead: pmeta-rl/personal
///           over: {pearl: 12.59 %, metacure: higher}
///         - source: Table V
///           families: [cart-pole]
///           statistic: best
///           numbers: {pmeta-dqn/personal: 197.13 ± 0.45, dqn-averaging: 191.92 ± 1.36}
///         - source: Figure 2
///           order: [pmeta-q/personal, pmeta-q, q-averaging]
///       readings: {pmeta-rl: [personalStart, updatesPerRound]}
///
/// A policy is written `AGENT/POLICY`, `AGENT` alone for `AGENT/meta`, with ` on test` where it is meant on the test tasks whatever
/// `tasks` says. The agent's name is the one that tables show: a variant's own name where the experiment gives it one.
public struct PaperClaims: Sendable, Equatable {
    /// A policy of an agent.
    public struct Policy: Sendable, Hashable {
        public var agent: String
        public var policy: String
        /// Nil: the tasks that the claim is about.
        public var set: TaskSet?

        public init(agent: String, policy: String = PolicyName.meta, set: TaskSet? = nil) {
            self.agent = agent
            self.policy = policy
            self.set = set
        }
    }

    /// How far one policy is ahead of another.
    public enum Size: Sendable, Equatable {
        /// In per cent of the other's mean, more than 0.
        case percent(Double)
        /// Ahead by little, without a number.
        case slight
        /// Ahead; no more is said.
        case some
        /// Neither is ahead.
        case level
    }

    /// A number with the deviation that the paper prints behind ±.
    public struct Number: Sendable, Equatable {
        public var value: Double
        public var deviation: Double?

        public init(_ value: Double, deviation: Double? = nil) {
            self.value = value
            self.deviation = deviation
        }
    }

    /// A policy that another is ahead of.
    public struct Lead: Sendable, Equatable {
        public var other: Policy
        public var size: Size

        public init(other: Policy, size: Size) {
            self.other = other
            self.size = size
        }
    }

    /// A policy's number in a table.
    public struct Printed: Sendable, Equatable {
        public var policy: Policy
        public var number: Number

        public init(policy: Policy, number: Number) {
            self.policy = policy
            self.number = number
        }
    }

    public enum Statement: Sendable, Equatable {
        /// A policy is ahead of others, or level with them.
        case lead(Policy, over: [Lead])
        /// The best policy first.
        case order([Policy])
        /// Numbers of a table.
        case numbers([Printed])
    }

    /// Which number of a run a claim is about.
    public enum Statistic: String, Sendable, Codable, CaseIterable {
        /// The last evaluation.
        case final
        /// The best evaluation of the run, by its mean over tasks.
        case best
        /// The mean of the last five evaluations.
        case lastFive
        /// The mean of all evaluations but the first, which is before training.
        case mean
    }

    public struct Claim: Sendable, Equatable {
        /// Where the paper says it: `Table V`.
        public var source: String
        /// What a reader should know of it; empty where there is nothing.
        public var note = ""
        /// Why our results differ, where they do; empty where they don't, or nobody knows.
        public var reason = ""
        /// Nil for every family of the experiment.
        public var families: [String]?
        public var set = TaskSet.train
        public var metric = Metric.episodeReturn.name
        public var statistic = Statistic.final
        /// Settings that the runs must have, by key, as written in config.yaml; they tell variants of an agent apart.
        public var settings: [String: String] = [:]
        public var statement: Statement

        public init(source: String, families: [String]? = nil, statement: Statement) {
            self.source = source
            self.families = families
            self.statement = statement
        }
    }

    /// Settings of an agent that the paper leaves open. Reports say what their runs have.
    public struct Reading: Sendable, Equatable {
        /// A variant's own name, or the name of an agent, which means all of its variants.
        public var agent: String
        public var settings: [String]

        public init(agent: String, settings: [String]) {
            self.agent = agent
            self.settings = settings
        }
    }

    /// Authors and title.
    public var paper: String
    /// The paper's main result in a few words; empty where there is none.
    public var summary = ""
    /// The preset that has the paper's sizes; nil where none has.
    public var preset: String?
    public var claims: [Claim]
    public var readings: [Reading] = []

    public init(paper: String, claims: [Claim]) {
        self.paper = paper
        self.claims = claims
    }
}
