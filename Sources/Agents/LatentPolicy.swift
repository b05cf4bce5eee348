import Core

/// An actor with a fixed latent: what an adapted agent plays.
public final class LatentPolicy: Policy {
    private let actor: TanhGaussianActor
    private var input: [Float]
    private let observationSize: Int

    /// `latent` is empty where the actor takes none.
    public init(actor: TanhGaussianActor, observationSize: Int, latent: [Float]) {
        self.actor = actor
        self.observationSize = observationSize
        input = Array(repeating: 0, count: observationSize) + latent
    }

    /// Replaces the latent.
    public func condition(on latent: [Float]) {
        input.replaceSubrange(observationSize..., with: latent)
    }

    public func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
        for i in 0..<observationSize { input[i] = observation[i] }
        input.withUnsafeBufferPointer { actor.act($0, into: &action, mode: mode, using: &random) }
    }
}
