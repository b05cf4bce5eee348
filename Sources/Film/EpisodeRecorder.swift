import Agents
import Core
import Environments
import Runs

/// Plays episodes as an evaluation does, and records them.
public struct EpisodeRecorder {
    private var player: EpisodePlayer
    private let states: any StateRecording

    /// What the states are drawn from.
    public var scene: any Scene { states.scene }
    /// Name of the model file without its ending; empty where there is none.
    public var model: String { states.model }

    /// `environment` has one copy. Throws `GaitError.usage` if none of the methods can show it.
    public init(_ environment: any Environment, family: any TaskFamily, task: TaskDescription, methods: [any FilmMethod]) throws {
        states = try methods.recording(of: environment, family: family, task: task)
        player = EpisodePlayer(environment)
    }

    /// One episode of a policy's deterministic actions: the same draws, the same rewards as `EpisodePlayer.play` gives.
    public mutating func play(
        _ policy: any Policy, source: Trajectory.Source, episode: Int, using random: inout RandomStream
    ) throws -> Trajectory {
        var recorded = Trajectory(source: source, layout: states.layout, episode: episode)
        let states = states
        _ = try player.play(
            policy, using: &random,
            begin: { observation in
                recorded.states = states.state()
                recorded.velocities = states.velocities()
                recorded.observations = observation
            },
            observe: { _, action, result in
                recorded.states += states.substates()
                recorded.velocities += states.velocities()
                recorded.observations += result.observations
                recorded.actions += action
                recorded.rewards.append(Double(result.rewards[0]))
            })
        return recorded
    }
}

extension Evaluation {
    /// Plays and records the first `episodes` episodes of an evaluation at `step`, of one policy on one task. Their returns
    /// are the evaluation's, bit for bit. Nil when `shouldStop`.
    ///
    /// - Parameters:
    ///   - index: the task's number in its set.
    ///   - seed: gives other episodes than the evaluation's; default: the run's own.
    /// - Throws: `GaitError.usage` if the agent has no such policy for the task, or the family can't be shown.
    public func record(
        _ agent: any Agent, _ kind: String, set: TaskSet, task index: Int, step: Int, episodes: Int,
        seed: UInt64? = nil, methods: [any FilmMethod], shouldStop: () -> Bool = { false }
    ) throws -> Film.Panel? {
        let task = configuration.tasks(set)[index]
        // Checked before the agent adapts, which may take long.
        var recorder = try EpisodeRecorder(family.makeEnvironment(task, copies: 1), family: family, task: task, methods: methods)
        guard let policy = agent.policies.first(where: { $0.name == kind }),
              var prepared = try prepare(agent, kind, set: set, task: index, step: step, seed: seed)
        else {
            let known = agent.policies(for: set).map { "--policy \($0.name)" }.joined(separator: " or ")
            throw GaitError.usage("\(configuration.agent) has no policy '\(kind)' for this \(set.rawValue) task; use \(known)")
        }
        let source = Trajectory.Source(
            family: family.name, task: task, taskSet: set, agent: Registry.standardName(configuration.agent), policy: kind, step: step,
            seed: seed ?? configuration.seed, model: recorder.model, familySettings: configuration.familySettings?.inline ?? "")
        var trajectories: [Trajectory] = []
        for episode in 0..<episodes {
            if shouldStop() { return nil }
            if policy.isAdapted, episode > 0,
               let next = try prepare(agent, kind, set: set, task: index, step: step, trial: episode, seed: seed) {
                prepared = next
            }
            trajectories.append(try recorder.play(prepared.policies[0], source: source, episode: episode, using: &prepared.random))
        }
        return Film.Panel(scene: recorder.scene, episodes: trajectories)
    }
}
