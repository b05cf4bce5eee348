import Learning

/// An actor with a fixed latent: what an adapted agent plays.
final class LatentPolicy: Policy {
    private let actor: TanhGaussianActor
    private var input: [Float]
    private let observationSize: Int

    /// `latent` is empty where the actor takes none.
    init(actor: TanhGaussianActor, observationSize: Int, latent: [Float]) {
        self.actor = actor
        self.observationSize = observationSize
        input = Array(repeating: 0, count: observationSize) + latent
    }

    /// Replaces the latent.
    func condition(on latent: [Float]) {
        input.replaceSubrange(observationSize..., with: latent)
    }

    func act(_ observation: [Float], into action: inout [Float]) {
        act(observation, into: &action, random: nil)
    }

    /// Stochastic with `random`, deterministic without.
    func act(_ observation: [Float], into action: inout [Float], random: UnsafeMutablePointer<RandomStream>?) {
        for i in 0..<observationSize { input[i] = observation[i] }
        input.withUnsafeBufferPointer { actor.act($0, into: &action, random: random) }
    }
}
