import Core
import Environments
import Learning

extension Rollout {
    /// Whole episodes of stochastic actions in an environment of one copy. The last step of an unstable episode, whose observation has no
    /// meaning, is kept, because its reward and its action are valid.
    public init(
        episodes: Int, of policy: GaussianPolicy, in environment: any Environment, actionScale: Float,
        using random: inout RandomStream
    ) throws {
        let (width, actionSize) = (environment.description.observation.columns, environment.description.action.columns)
        var collector = Collector(environment)
        var action = [Float](repeating: 0, count: actionSize), control = action
        var observations: [Float] = [], actions: [Float] = [], rewards: [Float] = [], finals: [Float] = []
        var segments: [Segment] = []
        for _ in 0..<episodes {
            let first = rewards.count
            try collector.reset(0, using: &random)
            repeat {
                observations += collector.batch.observations
                collector.batch.observations.withUnsafeBufferPointer { policy.act($0, into: &action, mode: .stochastic, using: &random) }
                actions += action
                for j in action.indices { control[j] = scaledAction(action[j], actionScale) }
                try collector.step(control, using: &random)
                rewards.append(collector.reward())
            } while !collector.end().isOver
            segments.append(Segment(rows: first..<rewards.count, end: collector.end().isTerminal ? .terminated : .truncated))
            finals += collector.batch.observations
        }
        self.init(
            observations: Tensor(observations, shape: [rewards.count, width]),
            actions: Tensor(actions, shape: [rewards.count, actionSize]), rewards: rewards, segments: segments,
            finalObservations: Tensor(finals, shape: [segments.count, width]), unstableEpisodes: collector.unstableEpisodes)
    }
}

extension InnerAdaptation {
    /// Meta-test: for each inner step, episodes by the policy so far and a step on them. `policy` itself does not change; what is
    /// returned plays the adapted policy's mean. `name` is one of the settings' `policies`; it decides on how many episodes.
    public func run(
        _ policy: GaussianPolicy, as name: String, in environment: any Environment, settings: some InnerStepSettings,
        using random: inout RandomStream
    ) throws -> Adaptation {
        var policy = policy.trainableCopy(), returns: [Double] = [], steps = 0
        for _ in 0..<settings.innerSteps {
            let rollout = try Rollout(
                episodes: settings.trajectories(adaptingAs: name), of: policy, in: environment, actionScale: settings.actionScale,
                using: &random)
            returns += rollout.episodeReturns.map(Double.init)
            steps += rollout.steps
            let batch = PolicyBatch(rollout, collectedBy: policy, discount: settings.discount, lambda: settings.gaeLambda)
            policy = adapted(policy, to: [batch], throughGradients: false).trainableCopy()
        }
        return Adaptation(
            policy: ScaledGaussianPolicy(policy.frozenCopy(), actionScale: settings.actionScale), episodeReturns: returns, steps: steps)
    }
}
