import Core
import Environments

/// An agent: what trains on a problem's tasks and yields policies.
///
/// The training loop makes it, restores its state where a run goes on, and calls `train` once. `train` is the algorithm's own loop
/// from top to bottom. It calls the session wherever the agent's state is complete; the session may then save the agent (`codeState`),
/// play its `policies`, or stop the training by throwing. None of this changes what training does next.
///
/// An agent that is restored, or stopped at such a call, goes on from there when `train` is called again: its loop starts from
/// stored properties, such as the counters of rounds and updates, that `codeState` describes. Keys below `networks/` are weights.
public protocol Agent: StatefulObject, TypeForAnyThread {
    associatedtype Settings: AgentSettings

    /// As in commands: `pmeta-rl`.
    static var name: String { get }
    /// One sentence.
    static var summary: String { get }
    /// What its budget is counted in; environment steps by default.
    static var budgetUnit: BudgetUnit { get }
    /// All that its budget can be counted in, `budgetUnit` first; only this one by default. A run has the first unit that the family's budget
    /// is given in, and `Problem.budget` says which.
    static var budgetUnits: [BudgetUnit] { get }

    /// Throws `SettingError`, `UnsupportedSpace`, or what making environments throws.
    init(problem: Problem, settings: Settings, random: RandomStreams) throws

    /// The progress of training.
    var progress: AgentProgress { get }

    /// What it yields, in the order in which they are evaluated.
    var policies: [AgentPolicy] { get }

    /// Trains until the problem's budget is spent, never beyond it. Does nothing if it is spent already.
    ///
    /// Calls `session.pause` or `session.endRound` wherever the state is complete, at least every few seconds. Throws `TrainingError`
    /// on a non-finite loss (the agent is unusable afterwards), what environments throw, and whatever the session throws.
    func train(_ session: any TrainingSession) throws
}

#if compiler(>=6.2)
/// A type whose static members and initialisers can be called on any thread. Older compilers take this for granted.
public typealias TypeForAnyThread = SendableMetatype
#else
/// A type whose static members and initialisers can be called on any thread. Only newer compilers ask for it.
public typealias TypeForAnyThread = Any
#endif

extension Agent {
    public static var budgetUnit: BudgetUnit { .steps }
    public static var budgetUnits: [BudgetUnit] { [budgetUnit] }
}

/// An agent that adapts to a task, also to an unseen one.
public protocol MetaAgent: Agent {
    /// Adapts a copy of the agent to a task in the agent's own way; the agent itself is unchanged.
    ///
    /// - Parameters:
    ///   - environment: of one copy.
    ///   - policy: the name of one of `policies`.
    ///   - episodes: how many the evaluation allows. An agent whose way of adapting has another unit (trajectories of an inner
    ///     gradient step) takes what its settings say and reports the steps.
    func adapt(to environment: any Environment, as policy: String, episodes: Int, using random: inout RandomStream) throws -> Adaptation
}

extension MetaAgent {
    /// Adapts as the first of `policies`.
    public func adapt(to environment: any Environment, episodes: Int, using random: inout RandomStream) throws -> Adaptation {
        try adapt(to: environment, as: policies.first?.name ?? AgentPolicy.metaName, episodes: episodes, using: &random)
    }
}

/// An agent that tells tasks apart by a latent z, which it infers from context.
public protocol LatentMetaAgent: MetaAgent {
    /// The z of each training task inferred from the context that training stored, [latent]; nil for a task without context. An
    /// evaluation compares the z of its adaptations with them.
    func storedLatents() throws -> [[Float]?]
}

/// The progress of an agent's training; steps and episodes of evaluations are not included.
public struct AgentProgress: Sendable, Equatable, Codable {
    /// All training tasks together.
    public var environmentSteps = 0
    /// All training tasks together.
    public var gradientUpdates = 0
    /// Training episodes that ended because the physics became unstable.
    public var unstableEpisodes = 0
    /// Rounds or iterations of the algorithm that are complete.
    public var rounds = 0
    /// Whole trajectories, for agents that count in them.
    public var trajectories = 0

    public init(environmentSteps: Int = 0, gradientUpdates: Int = 0, unstableEpisodes: Int = 0, rounds: Int = 0, trajectories: Int = 0) {
        self.environmentSteps = environmentSteps
        self.gradientUpdates = gradientUpdates
        self.unstableEpisodes = unstableEpisodes
        self.rounds = rounds
        self.trajectories = trajectories
    }

    /// What is spent of a budget in a unit.
    public func spent(in unit: BudgetUnit) -> Int {
        switch unit {
        case .steps: environmentSteps
        case .rounds: rounds
        case .trajectories: trajectories
        }
    }
}

/// What trains an agent: shows its progress, logs, evaluates and saves it, and stops it.
public protocol TrainingSession: AnyObject {
    /// Called by an agent wherever its state is complete: an agent that is saved here and restored later continues in exactly the same way.
    ///
    /// `metrics` are named scalars for the logs: means since the last call, none of them NaN or infinite. Throws to stop the
    /// training; the agent lets the error pass.
    func pause(_ metrics: [String: Double]) throws

    /// The same at the end of a round or iteration, where the agent may be evaluated.
    func endRound(_ metrics: [String: Double]) throws

    /// Tells the user something that does not stop the training, such as settings with which it is known to diverge.
    func warn(_ message: String)
}

extension TrainingSession {
    /// `endRound` where `endsRound`, else `pause`: for loops whose last block ends the round.
    public func pause(_ metrics: [String: Double], endsRound: Bool) throws {
        try endsRound ? endRound(metrics) : pause(metrics)
    }

    /// Nobody listens.
    public func warn(_ message: String) {}
}

/// An error that ends training.
public enum TrainingError: Error, CustomStringConvertible {
    /// A loss became NaN or infinite: its name, the update count and the task.
    case nonFinite(String, update: Int, task: Int)
    public var description: String {
        switch self {
        case .nonFinite(let loss, let update, let task):
            "\(loss) of task \(task) became NaN or infinite at update \(update); use lower learning rates, or check the rewards"
        }
    }
}
