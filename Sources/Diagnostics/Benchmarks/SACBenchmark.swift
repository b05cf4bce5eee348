import Agents
import Core
import Learning

/// Throughput of gradient steps: the agents' own soft actor-critic at Table III's sizes.
public enum SACBenchmark {
    /// Sizes of Ant-Fwd-Back in Table III: observation 27 + latent 5, action 8, hidden [512, 512], batch 256. The matrix
    /// products of one update cost about 2.30 GFLOP.
    static let observationSize = 32, actionSize = 8, hidden = [512, 512], batchSize = 256

    /// `sac-update`: updates per second of `threads` independent learners, one thread each, on a fixed batch; the median of
    /// short windows. In bfloat16 it is `sac-update/bfloat16`.
    public static func sacUpdate(threads: Int, precision: Precision = .float32, seconds: Double = 3) -> BenchmarkResult {
        let rate = LearningBenchmark.parallelRate(threads: threads, seconds: seconds) {
            Learner(seed: UInt64($0), precision: precision).update
        }
        return BenchmarkResult(name: "sac-update\(precision.benchmarkSuffix)", threads: threads, value: rate, unit: "updates/s")
    }

    /// One SAC learner on one fixed random batch.
    final class Learner {
        var actor: TanhGaussianActor
        var critics: TwinCritic
        var targets: TwinCritic
        let actorOptimizer: Adam
        let criticOptimizer: Adam
        let batch: TransitionBatch
        var random: RandomStream

        init(seed: UInt64, precision: Precision = .float32) {
            random = RandomStream(seed: seed)
            actor = TanhGaussianActor(
                inputs: observationSize, hidden: hidden, actionSize: actionSize, precision: precision, using: &random)
            critics = TwinCritic(inputs: observationSize + actionSize, hidden: hidden, precision: precision, using: &random)
            targets = critics.trainableCopy()
            actorOptimizer = Adam(actor.parameters, learningRate: 1e-3)
            criticOptimizer = Adam(critics.parameters, learningRate: 1e-3)
            batch = TransitionBatch(
                observation: .normal([batchSize, observationSize], using: &random),
                action: .uniform([batchSize, actionSize], in: -1...1, using: &random),
                reward: .normal([batchSize, 1], using: &random),
                nextObservation: .normal([batchSize, observationSize], using: &random), terminated: .zeros([batchSize, 1]))
        }

        func update() {
            let target = SoftActorCritic.tdTarget(
                batch, latent: nil, actor: actor, targets: targets, noise: .normal([batchSize, actionSize], using: &random),
                discount: 0.99, entropyCoefficient: 0.2, rewardScale: 1)
            let criticLoss = SoftActorCritic.criticLoss(batch, latent: nil, critics: critics, target: target)
            criticOptimizer.step(gradients(of: criticLoss, withRespectTo: critics.parameters))
            let (actorLoss, _) = SoftActorCritic.actorLoss(
                batch, latent: nil, actor: actor, critics: critics, noise: .normal([batchSize, actionSize], using: &random),
                entropyCoefficient: 0.2)
            actorOptimizer.step(gradients(of: actorLoss, withRespectTo: actor.parameters))
            softUpdate(targets.parameters, toward: critics.parameters, rate: 0.005)
        }
    }
}

extension Precision {
    /// What a benchmark's name ends with: nothing for float32.
    public var benchmarkSuffix: String { self == .float32 ? "" : "/\(rawValue)" }
}
