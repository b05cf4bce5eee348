import Core

/// A policy that is conditioned on a latent: what an agent plays that infers z.
public protocol LatentPolicy: Policy {
    /// Replaces the latent.
    func condition(on latent: [Float])
}

/// A Gaussian actor with a latent, for continuous actions.
public final class GaussianLatentPolicy: LatentPolicy {
    private let actor: TanhGaussianActor
    private var input: [Float]
    private let observationSize: Int

    /// `latent` is empty where the actor takes none.
    public init(actor: TanhGaussianActor, observationSize: Int, latent: [Float]) {
        self.actor = actor
        self.observationSize = observationSize
        input = Array(repeating: 0, count: observationSize) + latent
    }

    public func condition(on latent: [Float]) {
        input.replaceSubrange(observationSize..., with: latent)
    }

    public func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
        for i in 0..<observationSize { input[i] = observation[i] }
        input.withUnsafeBufferPointer { actor.act($0, into: &action, mode: mode, using: &random) }
    }
}
