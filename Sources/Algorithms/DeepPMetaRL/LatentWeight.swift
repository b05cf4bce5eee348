import Core
import Foundation

/// Weight of KL(q(z | c) || N(0, I)) in the inference network's loss: fixed, or tuned so that the KL has a given size, the budget. The latter
/// is the information constraint of the variational discriminator bottleneck (Peng et al. 2019, arXiv 1810.00821, section 4): the least
/// critics' loss with a KL of at most the budget, the weight being its Lagrange multiplier.
///
/// The multiplier changes by factors, because its right size differs by orders of magnitude between families and during a run: the
/// critics' loss, which it is compared with, grows a thousandfold while an agent learns to run.
public struct LatentWeight: Sendable {
    /// The present weight.
    public private(set) var value: Float
    /// Maximum information in z, in nats, over all its dimensions; 0 keeps the weight fixed.
    public let budget: Float
    public var isTuned: Bool { budget > 0 }

    /// Largest change of the weight's logarithm in one update: an order of magnitude takes 770 updates or more.
    private static let rate: Float = 0.003
    private static let range: ClosedRange<Float> = 1e-4...10

    /// `initial` is the fixed weight, or the first value of the tuned one, limited to its range.
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
