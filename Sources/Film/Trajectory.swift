import Agents
import Environments
import Runs

/// One episode as it happened: enough to look at it again without the policy.
public struct Trajectory: Sendable, Equatable {
    /// Where it comes from.
    public struct Source: Sendable, Equatable, Codable {
        public var family: String
        public var task: String
        public var taskSet: TaskSet
        public var agent: String
        public var policy: String
        /// Environment steps of training that the policy had.
        public var step: Int
        /// Seed of the episode's random draws.
        public var seed: UInt64
        /// Name of the robot's model file, without its ending.
        public var model: String

        public init(
            family: String, task: String, taskSet: TaskSet, agent: String, policy: String, step: Int, seed: UInt64,
            model: String
        ) {
            self.family = family
            self.task = task
            self.taskSet = taskSet
            self.agent = agent
            self.policy = policy
            self.step = step
            self.seed = seed
            self.model = model
        }
    }

    /// Numbers a row, and how time goes by.
    public struct Layout: Sendable, Equatable {
        /// nq, nv and the columns of an action.
        public var positions, velocities, actions: Int
        /// Substeps of the physics between two actions.
        public var frameSkip: Int
        /// Seconds between two actions.
        public var timeStep: Double

        public init(positions: Int, velocities: Int, actions: Int, frameSkip: Int, timeStep: Double) {
            self.positions = positions
            self.velocities = velocities
            self.actions = actions
            self.frameSkip = frameSkip
            self.timeStep = timeStep
        }

        /// Seconds of one substep.
        public var substep: Double { timeStep / Double(frameSkip) }
    }

    public var source: Source
    public var layout: Layout
    /// From 0 among the episodes of its policy.
    public var episode: Int
    /// [steps + 1, nq]: the reset's first.
    public var positions: [Double] = []
    /// [steps + 1, nv]
    public var velocities: [Double] = []
    /// [steps, action columns]
    public var actions: [Float] = []
    /// [steps]
    public var rewards: [Double] = []
    /// [steps * frame skip + 1, nq]: where each substep ended, the reset's position first.
    public var substepPositions: [Double] = []

    public init(source: Source, layout: Layout, episode: Int) {
        self.source = source
        self.layout = layout
        self.episode = episode
    }

    /// Actions taken; the last one of an unstable episode, whose outcome means nothing, is left out.
    public var steps: Int { rewards.count }
    /// Seconds.
    public var duration: Double { Double(steps) * layout.timeStep }
    /// Undiscounted sum of rewards.
    public var episodeReturn: Double { rewards.reduce(0, +) }
}
