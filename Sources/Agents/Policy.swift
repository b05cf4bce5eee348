import Core
import Environments

/// How a policy chooses among its actions.
public enum ActingMode: String, Codable, CaseIterable, Sendable {
    /// The best or most likely action, as in evaluation. Nothing is drawn.
    case deterministic
    /// A draw, as in training and while an agent explores.
    case stochastic
}

/// A policy in use on one task, one environment copy: recurrent ones keep their state between calls.
public protocol Policy: AnyObject {
    /// Called before the first action of every episode.
    func beginEpisode()
    /// Writes the action for one observation row into `action`. Only stochastic acting draws from `random`. Throws where the action comes from
    /// another program, which may fail.
    func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) throws
    /// What the last action led to (recurrent policies condition on it).
    func observe(reward: Float, done: Bool)
}

extension Policy {
    public func beginEpisode() {}
    public func observe(reward: Float, done: Bool) {}

    /// The deterministic action for one observation row.
    public func act(_ observation: [Float], into action: inout [Float]) throws {
        var unused = RandomStream(seed: 0)
        try act(observation, into: &action, mode: .deterministic, using: &unused)
    }
}

/// A policy that knows numbers about itself, by the names of metrics. An evaluation records them beside the results of its episodes.
public protocol MeasuredPolicy: Policy {
    var measures: [String: Double] { get }
}

/// The result of adapting to a task.
public struct Adaptation {
    /// The policy of the adapted agent. It does not change when the agent continues to train.
    public var policy: any Policy
    /// Return of each adaptation episode, in order.
    public var episodeReturns: [Double]
    /// Environment steps spent adapting.
    public var steps: Int
    /// The latent z that was inferred, where it can be compared with the agent's `storedLatents`; else nil.
    public var latent: [Float]?

    public init(policy: any Policy, episodeReturns: [Double], steps: Int, latent: [Float]? = nil) {
        self.policy = policy
        self.episodeReturns = episodeReturns
        self.steps = steps
        self.latent = latent
    }

    /// After `episodes`.
    public init(policy: any Policy, episodes: [Episode], latent: [Float]? = nil) {
        self.init(
            policy: policy, episodeReturns: episodes.map(\.episodeReturn), steps: episodes.reduce(0) { $0 + $1.length }, latent: latent)
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
        /// A training task's own policy adapts to that task again. `adapt` gets the training task's number and, as `MetaAgent.adapt`, an
        /// environment of one copy and how many episodes the evaluation allows.
        case adaptedPersonally(
            adapt: (_ trainingTask: Int, _ environment: any Environment, _ episodes: Int, inout RandomStream) throws -> Adaptation)
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

    /// Whether it comes from adapting: an evaluation then adapts anew before each of its episodes.
    public var isAdapted: Bool {
        switch origin {
        case .adapted, .adaptedPersonally: true
        case .ready: false
        }
    }

    /// Whether it is meant to be played on the tasks of a set.
    public func isMeant(for set: TaskSet) -> Bool { set == .train || tasks == .all }

    public init(name: String, title: String, tasks: Tasks, origin: Origin) {
        self.name = name
        self.title = title
        self.tasks = tasks
        self.origin = origin
    }

    /// A policy that comes from adapting to a task, any task.
    public static func adapted(_ name: String, title: String) -> AgentPolicy {
        AgentPolicy(name: name, title: title, tasks: .all, origin: .adapted)
    }

    /// The meta-policy after so many adaptation episodes, whatever an evaluation allows.
    public static func adaptedOn(_ episodes: Int, name: String) -> AgentPolicy {
        .adapted(name, title: "meta-policy, after \(episodes) adaptation episode\(episodes == 1 ? "" : "s")")
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
    /// `meta-stored`: the meta-policy at the z of a training task's stored context.
    public static let metaStoredName = "meta-stored"
    /// `personal-fresh`: a training task's own policy at a z from episodes played for it.
    public static let personalFreshName = "personal-fresh"
    /// The title of `personal`: that of one task.
    public static let personalTitle = "personalized policy"

    /// The meta-policy: the agent after a fresh adaptation to any task.
    public static var meta: AgentPolicy { .adapted(metaName, title: "meta-policy") }

    /// The meta-policy where it is played on training tasks only and does not adapt.
    public static func metaOnTrainingTasks(_ make: @escaping (_ trainingTask: Int) throws -> any Policy) -> AgentPolicy {
        .ready(metaName, title: "meta-policy", on: .training) { task in try task.map { [try make($0)] } ?? [] }
    }

    /// The meta-policy where it does not adapt: one policy for every task, also for unseen ones.
    public static func metaWithoutAdapting(_ make: @escaping () throws -> any Policy) -> AgentPolicy {
        .ready(metaName, title: "meta-policy", on: .all) { _ in [try make()] }
    }

    /// The personalized policy of each training task.
    public static func personal(_ make: @escaping (_ trainingTask: Int) throws -> any Policy) -> AgentPolicy {
        .ready(personalName, title: personalTitle, on: .training) { task in try task.map { [try make($0)] } ?? [] }
    }

    /// The meta-policy of each training task, at the z of the context that training stored. It spends no steps on adapting.
    public static func metaStored(_ make: @escaping (_ trainingTask: Int) throws -> any Policy) -> AgentPolicy {
        .ready(metaStoredName, title: "meta-policy, z from stored context", on: .training) { task in try task.map { [try make($0)] } ?? [] }
    }

    /// The personalized policy of each training task after so many adaptation episodes, whatever an evaluation allows.
    public static func personalAdaptedOn(
        _ episodes: Int, name: String,
        _ adapt: @escaping (_ trainingTask: Int, _ environment: any Environment, inout RandomStream) throws -> Adaptation
    ) -> AgentPolicy {
        AgentPolicy(
            name: name, title: "\(personalTitle), after \(episodes) adaptation episode\(episodes == 1 ? "" : "s")", tasks: .training,
            origin: .adaptedPersonally { task, environment, _, random in try adapt(task, environment, &random) })
    }

    /// The personalized policy of each training task at a z from episodes played for it, as the meta-policy's.
    public static func personalFresh(
        _ adapt: @escaping (_ trainingTask: Int, _ environment: any Environment, _ episodes: Int, inout RandomStream) throws -> Adaptation
    ) -> AgentPolicy {
        AgentPolicy(
            name: personalFreshName, title: "personalized policy, z from fresh context", tasks: .training,
            origin: .adaptedPersonally(adapt: adapt))
    }
}

extension Agent {
    /// The policies that are meant to be played on the tasks of a set, a personalized one first.
    public func policies(for set: TaskSet) -> [AgentPolicy] {
        let meant = policies.filter { $0.isMeant(for: set) }
        return meant.filter { $0.name == AgentPolicy.personalName } + meant.filter { $0.name != AgentPolicy.personalName }
    }
}
