import Core

/// How a policy chooses among its actions.
public enum ActingMode: String, Sendable {
    /// The best or most likely action, as in evaluation. Nothing is drawn.
    case deterministic
    /// A draw, as in training and while an agent explores.
    case stochastic
}

/// A policy in use on one task, one environment copy: recurrent ones keep their state between calls.
public protocol Policy: AnyObject {
    /// Called before the first action of every episode.
    func beginEpisode()
    /// Writes the action for one observation row into `action`. Only stochastic acting draws from `random`.
    func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream)
    /// What the last action led to (recurrent policies condition on it).
    func observe(reward: Float, done: Bool)
}

extension Policy {
    public func beginEpisode() {}
    public func observe(reward: Float, done: Bool) {}

    /// The deterministic action for one observation row.
    public func act(_ observation: [Float], into action: inout [Float]) {
        var unused = RandomStream(seed: 0)
        act(observation, into: &action, mode: .deterministic, using: &unused)
    }
}

/// The result of adapting to a task.
public struct Adaptation {
    /// The policy of the adapted agent. It does not change when the agent continues to train.
    public var policy: any Policy
    /// Return of each adaptation episode, in order.
    public var episodeReturns: [Double]
    /// Environment steps spent adapting.
    public var steps: Int

    public init(policy: any Policy, episodeReturns: [Double], steps: Int) {
        self.policy = policy
        self.episodeReturns = episodeReturns
        self.steps = steps
    }
}

/// A policy that an agent yields: its name in records, on which tasks it is meant to be played, and how it is made.
public struct AgentPolicy {
    /// The tasks that a policy is meant to be played on.
    public enum Tasks: Sendable {
        /// Every task, also unseen ones.
        case all
        /// The training tasks only.
        case training
    }

    /// How the policy for a task is made.
    public enum Origin {
        /// The agent adapts to the task: see `MetaAgent.adapt`.
        case adapted
        /// The agent has it already. `make` gets the training task's number, or nil for a task that is none of them, and returns
        /// copies that do not change when the agent continues to train: usually one. Of several, each is played for the
        /// evaluation's episodes, and the result is their mean. Of none, nothing is played on this task.
        case ready(make: (_ trainingTask: Int?) throws -> [any Policy])
    }

    /// As in records and in `--policy`: `meta`, `personal`, ...
    public let name: String
    /// For tables and figures: `meta-policy`.
    public let title: String
    public let tasks: Tasks
    public let origin: Origin

    /// A policy that comes from adapting to a task, any task.
    public static func adapted(_ name: String, title: String) -> AgentPolicy {
        AgentPolicy(name: name, title: title, tasks: .all, origin: .adapted)
    }

    /// A policy that the agent has without adapting.
    public static func ready(
        _ name: String, title: String, on tasks: Tasks, make: @escaping (_ trainingTask: Int?) throws -> [any Policy]
    ) -> AgentPolicy {
        AgentPolicy(name: name, title: title, tasks: tasks, origin: .ready(make: make))
    }
}

extension AgentPolicy {
    /// `meta`: the agent after a fresh adaptation.
    public static let metaName = "meta"
    /// `personal`: the agent's own policy of one of its training tasks.
    public static let personalName = "personal"
    /// The title of `personal`: that of one task.
    public static let personalTitle = "personalized policy"

    /// The meta-policy: the agent after a fresh adaptation to any task.
    public static var meta: AgentPolicy { .adapted(metaName, title: "meta-policy") }

    /// The personalized policy of each training task.
    public static func personal(_ make: @escaping (_ trainingTask: Int) throws -> any Policy) -> AgentPolicy {
        .ready(personalName, title: personalTitle, on: .training) { task in try task.map { [try make($0)] } ?? [] }
    }
}
