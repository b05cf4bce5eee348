import Core
import Foundation

/// Weight of KL(q(z | c) || N(0, I)) in the inference network's loss: fixed, or tuned so that z tells as many nats as it may. The latter
/// is the information constraint of the variational discriminator bottleneck (Peng et al. 2019, arXiv 1810.00821, section 4): the least
/// critics' loss with a KL of at most the budget, the weight being its Lagrange multiplier.
///
/// The multiplier goes up and down by factors, as its right size differs by orders of magnitude between families and over a run: the
/// critics' loss, which it is weighed against, grows a thousandfold while an agent learns to run.
public struct LatentWeight: Sendable {
    /// The weight now.
    public private(set) var value: Float
    /// Nats that z may tell, of all its dimensions together; 0 keeps the weight.
    public let budget: Float
    public var isTuned: Bool { budget > 0 }

    /// Most that one update changes the weight's logarithm by: some hundred updates for an order of magnitude.
    private static let rate: Float = 0.003
    private static let range: ClosedRange<Float> = 1e-4...10

    /// `initial` is the fixed weight, or where tuning begins: there the nearest within its range.
    public init(initial: Float, budget: Float) {
        value = budget > 0 ? Self.withinRange(initial) : initial
        self.budget = budget
    }

    private static func withinRange(_ weight: Float) -> Float { min(max(weight, range.lowerBound), range.upperBound) }

    /// One step up the multiplier's gradient, KL - budget, relative to the budget and no further than 1.
    public mutating func update(divergence: Float) {
        guard isTuned else { return }
        let excess = min(max((divergence - budget) / budget, -1), 1)
        value = Self.withinRange(value * expf(Self.rate * excess))
    }
}

extension LatentWeight: Stateful {
    public mutating func codeState(_ coder: StateCoder) throws {
        try coder.float("value", &value)
        guard Self.range.contains(value) else { throw coder.invalid("value", "a number in \(Self.range) expected, found \(value)") }
    }
}
