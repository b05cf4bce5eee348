import Core
import Environments

/// One training task of an off-policy agent that infers a latent: its environment, what was stored of it, and the random
/// stream that it is played with. State is saved only between two episodes.
public final class ContextTask {
    public let index: Int
    public let environment: any Environment
    /// All transitions: what actor and critics learn from.
    public let replay: ReplayBuffer
    /// Transitions of the latest collections: what the latent is inferred from.
    public let context: ReplayBuffer
    public private(set) var environmentSteps = 0
    public var random: RandomStream
    private var player: EpisodePlayer

    /// `environment` has one copy.
    public init(
        index: Int, environment: any Environment, replayCapacity: Int, contextCapacity: Int, random: RandomStream
    ) {
        self.index = index
        self.environment = environment
        self.random = random
        player = EpisodePlayer(environment)
        replay = ReplayBuffer(of: environment.description, keepsMasks: true, capacity: replayCapacity)
        context = ReplayBuffer(of: environment.description, capacity: contextCapacity)
    }

    /// Whether there are transitions to learn from and to infer from.
    public var isTrainable: Bool { replay.count > 0 && context.count > 0 }

    /// Plays one episode of at most `limit` steps with stochastic actions of `policy` and stores its stable steps. `observe`
    /// sees each of them after it was stored, and may condition the policy anew.
    public func play(
        _ policy: any LatentPolicy, limit: Int, intoContext: Bool,
        observe: (_ observation: [Float], _ action: [Float], _ result: StepBatch) -> Void = { _, _, _ in }
    ) throws -> Episode {
        let masked = policy as? any MaskedPolicy
        let episode = try player.play(
            policy, mode: .stochastic, limit: limit, using: &random,
            observe: { observation, action, result in
                // Still that of the state in which the policy acted.
                replay.append(observation: observation, action: action, actionMask: masked?.actionMask ?? [], result: result)
                if intoContext { context.append(observation: observation, action: action, result: result) }
                observe(observation, action, result)
            })
        environmentSteps += episode.length
        return episode
    }
}

extension ContextTask: StatefulObject {
    public func codeState(_ coder: StateCoder) throws {
        try coder.object("replay", replay)
        try coder.object("context", context)
        try coder.object("environment", environment)
        try coder.stream("random", &random)
        try coder.count("environmentSteps", &environmentSteps)
    }
}

extension [ContextTask] {
    /// Throws `StateError` where the tasks have taken more than `most` environment steps together.
    public func checkSteps(_ coder: StateCoder, most: Int) throws {
        let steps = reduce(0) { $0 + $1.environmentSteps }
        guard steps <= most else {
            throw coder.invalid("task-0/environmentSteps", "at most \(most) steps of all tasks expected, found \(steps)")
        }
    }
}
