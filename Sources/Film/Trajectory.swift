import Agents
import Environments
import Runs

/// A recorded episode, which can be shown again without the policy.
public struct Trajectory: Sendable, Equatable {
    /// The kind of drawn states.
    public enum Kind: Sendable, Equatable {
        /// Positions of a MuJoCo model, nq numbers, at each substep of the physics.
        case physics
        /// What a `PicturedFamily` draws its picture from, at each step.
        case picture
        /// The seed of an episode that a `RenderedEnvironment` plays again to draw it, at each step.
        case episode
    }

    /// The run and policy that it comes from.
    public struct Source: Sendable, Equatable {
        public var family: String
        public var task: TaskDescription
        public var taskSet: TaskSet
        public var agent: String
        public var policy: String
        /// Environment steps of training that the policy had.
        public var step: Int
        /// Seed of the episode's random draws.
        public var seed: UInt64
        /// Name of the robot's model file, without its ending; empty where there is none.
        public var model: String
        /// The family's settings, as a YAML mapping; empty for its defaults.
        public var familySettings: String

        public init(
            family: String, task: TaskDescription, taskSet: TaskSet, agent: String, policy: String, step: Int,
            seed: UInt64, model: String, familySettings: String = ""
        ) {
            self.family = family
            self.task = task
            self.taskSet = taskSet
            self.agent = agent
            self.policy = policy
            self.step = step
            self.seed = seed
            self.model = model
            self.familySettings = familySettings
        }
    }

    /// The number of columns of each array, and the time steps.
    public struct Layout: Sendable, Equatable {
        public var kind: Kind
        /// Columns of a drawn state, of the velocities (nv; 0 without physics), of an observation and of an action.
        public var states, velocities, observations, actions: Int
        /// Drawn states of a step: the physics' substeps between two actions; else 1.
        public var frameSkip: Int
        /// Seconds between two actions.
        public var timeStep: Double

        public init(
            kind: Kind, states: Int, velocities: Int, observations: Int, actions: Int, frameSkip: Int, timeStep: Double
        ) {
            self.kind = kind
            self.states = states
            self.velocities = velocities
            self.observations = observations
            self.actions = actions
            self.frameSkip = frameSkip
            self.timeStep = timeStep
        }

        /// Of an environment without physics, one drawn state of so many numbers for each step.
        init(kind: Kind, states: Int, of environment: EnvironmentDescription) {
            self.init(
                kind: kind, states: states, velocities: 0, observations: environment.observation.columns, actions: environment.action.columns,
                frameSkip: 1, timeStep: environment.timeStep > 0 ? environment.timeStep : Self.secondsOfTimelessStep)
        }

        /// Seconds from one action to the next where time has no meaning, as on a grid.
        private static let secondsOfTimelessStep = 0.25

        /// Seconds between two drawn states.
        public var substep: Double { timeStep / Double(frameSkip) }
    }

    public var source: Source
    public var layout: Layout
    /// From 0 among the episodes of its policy.
    public var episode: Int
    /// [steps * frame skip + 1, states]: the reset's state first, then those of each step.
    public var states: [Double] = []
    /// [steps + 1, velocities]: the reset's first.
    public var velocities: [Double] = []
    /// [steps + 1, observations]: the reset's first. Empty in files that were recorded without them.
    public var observations: [Float] = []
    /// [steps, action columns]
    public var actions: [Float] = []
    /// [steps]
    public var rewards: [Double] = []

    public init(source: Source, layout: Layout, episode: Int) {
        self.source = source
        self.layout = layout
        self.episode = episode
    }

    /// Actions taken. The last one of an unstable episode is left out, because its outcome has no meaning.
    public var steps: Int { rewards.count }
    /// Seconds.
    public var duration: Double { Double(steps) * layout.timeStep }
    /// Seconds that a film shows. Pictures stand still at the end, since their episodes are often short.
    public var filmDuration: Double { layout.kind != .physics ? duration + 0.75 : duration }
    /// Undiscounted sum of rewards.
    public var episodeReturn: Double { rewards.reduce(0, +) }

    /// One drawn state, [states].
    public func state(_ row: Int) -> ArraySlice<Double> { states[row * layout.states..<(row + 1) * layout.states] }

    /// [steps + 1, states]: the drawn states between two actions, the reset's first.
    public var statesBetweenActions: [Double] { (0...steps).flatMap { state($0 * layout.frameSkip) } }
}

extension Trajectory {
    /// What a trajectory shows at one time.
    public struct Moment: Sendable, Equatable {
        /// Row of the drawn state.
        public var row: Int
        /// The fraction of the way to the next row, in 0..<1; 0 in the last row.
        public var fraction: Double
        /// Steps that are over.
        public var step: Int
        /// The sum of their rewards.
        public var episodeReturn: Double
    }

    /// The moment after so many seconds, or the end if the episode is over by then. The return costs as many additions as there are steps before; without
    /// it, it is 0.
    public func moment(_ seconds: Double, withReturn: Bool = true) -> Moment {
        let last = states.count / layout.states - 1
        // A time that is a multiple of the substep but for rounding shows that substep.
        let place = (seconds / layout.substep * 1e6).rounded() / 1e6
        let row = min(last, Int(place))
        let step = min(steps, row / layout.frameSkip)
        return Moment(
            row: row, fraction: row < last ? min(1, place - Double(row)) : 0, step: step,
            episodeReturn: withReturn ? rewards[..<step].reduce(0, +) : 0)
    }

    /// The caption: agent, policy, task and return so far.
    public func caption(_ moment: Moment, agent: String, isShort: Bool = false) -> Caption {
        let policy = source.policy == PolicyName.personal ? "personalized policy" : PolicyName.title(source.policy)
        let step = moment.step < steps ? "\(moment.step)" : "\(moment.step), the end"
        // Small returns differ in their second digit.
        let sum = String(format: abs(episodeReturn) < 10 ? "%.2f" : "%.1f", moment.episodeReturn)
        if isShort { return Caption([(agent, policy), (source.task.name, sum)]) }
        return Caption([(source.family, source.task.name), (agent, policy), ("step", step), ("return", sum)])
    }
}
