import Agents
import Core
import Environments
import Locomotion
import MuJoCo
import Runs

/// Plays episodes as an evaluation does, and writes them down.
public struct EpisodeRecorder {
    private var player: EpisodePlayer
    private let physics: any PhysicsEnvironment
    private let layout: Trajectory.Layout

    /// The model that is simulated.
    public var model: Model { physics.simulations.models[0] }

    /// `environment` has one copy. Throws `GaitError.usage` where it is no physics that could be looked at.
    public init(_ environment: any Environment, family: String) throws {
        guard let physics = environment as? any PhysicsEnvironment else {
            throw GaitError.usage("\(family) is not simulated by MuJoCo; there is nothing to see")
        }
        self.physics = physics
        physics.simulations.recordsSubsteps = true
        player = EpisodePlayer(environment)
        let model = physics.simulations.models[0]
        layout = Trajectory.Layout(
            positions: model.positionCount, velocities: model.velocityCount, actions: environment.description.action.columns,
            frameSkip: physics.frameSkip, timeStep: Double(physics.frameSkip) * model.timeStep)
    }

    /// One episode of a policy's deterministic actions: the same draws, the same rewards as `EpisodePlayer.play` gives.
    public mutating func play(
        _ policy: any Policy, source: Trajectory.Source, episode: Int, using random: inout RandomStream
    ) throws -> Trajectory {
        let recording = RecordingPolicy(policy, Trajectory(source: source, layout: layout, episode: episode), physics)
        _ = try player.play(recording, using: &random) { _, action, result in
            recording.record(action, reward: result.rewards[0])
        }
        return recording.finished()
    }
}

/// Another policy, and what was seen of the physics before and after each of its actions.
private final class RecordingPolicy: Policy {
    private let policy: any Policy
    private let physics: any PhysicsEnvironment
    private var recorded: Trajectory
    private var isStable = true

    init(_ policy: any Policy, _ recorded: Trajectory, _ physics: any PhysicsEnvironment) {
        self.policy = policy
        self.recorded = recorded
        self.physics = physics
    }

    func beginEpisode() { policy.beginEpisode() }

    func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
        recorded.positions += physics.positions(0)
        recorded.velocities += physics.velocities(0)
        if recorded.substepPositions.isEmpty { recorded.substepPositions = recorded.positions }
        policy.act(observation, into: &action, mode: mode, using: &random)
        isStable = false
    }

    func observe(reward: Float, done: Bool) { policy.observe(reward: reward, done: done) }

    /// After every step but an unstable one.
    func record(_ action: [Float], reward: Float) {
        isStable = true
        recorded.actions += action
        recorded.rewards.append(Double(reward))
        recorded.substepPositions += physics.simulations.substepPositions
    }

    /// The episode, with the state that followed its last step unless that was unstable.
    func finished() -> Trajectory {
        if isStable {
            recorded.positions += physics.positions(0)
            recorded.velocities += physics.velocities(0)
        }
        return recorded
    }
}

extension Evaluation {
    /// The first `episodes` episodes that an evaluation at `step` plays of one policy on one task, written down: their returns
    /// are the evaluation's, to the bit.
    ///
    /// - Parameters:
    ///   - index: the task's number in its set.
    ///   - seed: of other episodes than the evaluation's; the run's own unless told.
    /// - Throws: `GaitError.usage` where the agent keeps no personalized policy of the task.
    public func record(
        _ agent: any Agent, _ kind: EvaluationRecord.Policy, set: TaskSet, task index: Int, step: Int, episodes: Int,
        seed: UInt64? = nil, shouldStop: () -> Bool = { false }
    ) throws -> Film.Panel? {
        let task = configuration.tasks(set)[index]
        guard var prepared = try prepare(agent, kind.rawValue, set: set, task: index, step: step, seed: seed) else {
            throw GaitError.usage(
                set == .train ? "\(configuration.agent) keeps no personalized policies; use --policy meta"
                    : "personalized policies are of training tasks; use --policy meta, or --set train")
        }
        var recorder = try EpisodeRecorder(family.makeEnvironment(task, copies: 1), family: family.name)
        let file = recorder.model.path.split(separator: "/").last ?? ""
        let source = Trajectory.Source(
            family: family.name, task: task.name, taskSet: set, agent: configuration.agent, policy: kind, step: step,
            seed: seed ?? configuration.seed, model: String(file.prefix { $0 != "." }))
        var trajectories: [Trajectory] = []
        for episode in 0..<episodes {
            if shouldStop() { return nil }
            trajectories.append(try recorder.play(prepared.policies[0], source: source, episode: episode, using: &prepared.random))
        }
        return Film.Panel(model: recorder.model, episodes: trajectories)
    }
}
