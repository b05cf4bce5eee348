import Core
import Environments

/// What an agent is to solve: tasks to train on, how to make their environments, and how many threads it may use.
public struct MetaProblem: Sendable {
    /// Spaces and episode limit, the same for all tasks.
    public var environment: EnvironmentDescription
    /// At least one.
    public var trainTasks: [TaskDescription]
    /// Environment steps of the whole run (all tasks together), for schedules.
    public var totalSteps: Int
    /// Threads that the agent may use; results are the same bits for every number.
    public var threads: Int
    /// A new environment of a task in so many copies; called on any thread.
    public var makeEnvironment: @Sendable (_ task: TaskDescription, _ copies: Int) throws -> any Environment

    public init(
        environment: EnvironmentDescription, trainTasks: [TaskDescription], totalSteps: Int, threads: Int,
        makeEnvironment: @escaping @Sendable (TaskDescription, Int) throws -> any Environment
    ) {
        self.environment = environment
        self.trainTasks = trainTasks
        self.totalSteps = totalSteps
        self.threads = threads
        self.makeEnvironment = makeEnvironment
    }
}

extension MetaProblem {
    /// Throws `UnsupportedSpace` unless observations are vectors and actions vectors in -1...1, `SettingError` where there is no training task:
    /// what every agent with a Gaussian policy needs.
    public func requireContinuousSpaces(agent: String) throws {
        guard case .box(_, -1, 1) = environment.action, case .box = environment.observation else {
            throw UnsupportedSpace(agent: agent, needs: "continuous observations and continuous actions in -1...1")
        }
        guard !trainTasks.isEmpty else { throw SettingError("tasks", "at least one training task expected") }
    }
}

/// How much of the computing a preset spends: a smoke test of minutes, a laptop's coffee break, the laptop's networks with the
/// environment steps that on-policy agents need, or the paper's figures.
public enum Preset: String, Sendable, Codable, CaseIterable {
    case quick, laptop, long, paper
}

/// An agent's hyperparameters.
public protocol AgentSettings: ValidatedSettings {
    /// The defaults; `assets/presets/AGENT.yaml` says what presets and families change.
    init()
}

/// A policy in use on one task, one environment copy: recurrent ones keep their state between calls.
public protocol Policy: AnyObject {
    /// Called before the first action of every episode.
    func beginEpisode()
    /// The deterministic action for one observation row, written into `action`.
    func act(_ observation: [Float], into action: inout [Float])
    /// What the last action led to (recurrent policies condition on it).
    func observe(reward: Float, done: Bool)
}

extension Policy {
    public func beginEpisode() {}
    public func observe(reward: Float, done: Bool) {}
}

/// What adapting to a task gave.
public struct Adaptation {
    /// What the adapted agent plays; it does not change when the agent goes on training.
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

/// A meta-reinforcement-learning agent: on-policy or off-policy, second-order or recurrent.
///
/// The training loop makes it, calls `train()` again and again until its environment steps reach the budget, and between
/// two slices evaluates it (`adapt`) and saves it. Evaluation never changes what training does next.
public protocol MetaAgent: AnyObject {
    associatedtype Settings: AgentSettings

    /// As in commands: `pmeta-rl`.
    static var name: String { get }
    /// One sentence.
    static var summary: String { get }

    init(problem: MetaProblem, settings: Settings, random: RandomStreams) throws

    /// Environment steps taken in training so far, all tasks together; steps of adaptation in evaluation not included.
    var environmentSteps: Int { get }
    /// Gradient updates so far, all tasks together.
    var gradientUpdates: Int { get }
    /// Training episodes so far that ended because the physics became unstable.
    var unstableEpisodes: Int { get }
    /// True where evaluating is fair: not in the middle of a round or an update phase.
    var isEvaluationPoint: Bool { get }

    /// Trains for one slice: short (seconds at most), so that the loop can show progress, checkpoint and stop between
    /// slices. Never goes beyond `problem.totalSteps`, and changes nothing once there. Returns named scalars for the logs (means over the slice).
    /// Throws `TrainingError` on a non-finite loss; the agent is unusable afterwards.
    func train() throws -> [String: Double]

    /// Adapts a copy of the agent to a task it may never have met, in the agent's own way; the agent itself is unchanged.
    /// `environment` has one copy. `episodes` is how many the evaluation allows; an agent whose way of adapting has another
    /// unit (trajectories of an inner gradient step) takes what its settings say and reports the steps.
    func adapt(to environment: any Environment, episodes: Int, using random: inout RandomStream) throws -> Adaptation

    /// The personalized policy of a training task, for agents that keep one; nil for all others.
    func personalizedPolicy(task: Int) throws -> (any Policy)?

    /// Everything that the next slice depends on. Keys below `networks/` are weights.
    func saveState() -> StateDictionary
    /// Restores what `saveState` of an agent of the same problem and settings returned.
    func restoreState(_ state: StateDictionary) throws
}

extension MetaAgent {
    public func personalizedPolicy(task: Int) throws -> (any Policy)? { nil }
}

/// Training can't go on.
public enum TrainingError: Error, CustomStringConvertible {
    /// A loss became NaN or infinite: its name, the update count and the task.
    case nonFinite(String, update: Int, task: Int)
    public var description: String {
        switch self {
        case .nonFinite(let loss, let update, let task):
            "\(loss) of task \(task) became NaN or infinite at update \(update); lower the learning rates or look at the rewards"
        }
    }
}
