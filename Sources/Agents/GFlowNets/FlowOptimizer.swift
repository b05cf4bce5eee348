import Core
import Learning

/// Adam on a flow network; log Z has a learning rate of its own, as usual with trajectory balance.
public final class FlowOptimizer {
    private let network: Adam
    private let logPartition: Adam
    private let learnsPartition: Bool

    public init(_ parameters: FlowNetwork, settings: some FlowSettings) {
        network = Adam(parameters.network.parameters, learningRate: settings.learningRate)
        logPartition = Adam([parameters.logPartition], learningRate: settings.partitionLearningRate)
        learnsPartition = settings.loss == .trajectoryBalance
    }

    public func step(_ gradient: FlowGradient) {
        network.step(gradient.network)
        if learnsPartition { logPartition.step([Tensor([gradient.logPartition], shape: [1])]) }
    }

    /// A step with a pull to an auxiliary network beside it: p <- p - Adam's step - proximalRate (p - auxiliary).
    public func step(_ gradient: FlowGradient, pulledTo auxiliary: FlowNetwork, proximalRate: Float) {
        network.step(gradient.network, auxiliary: auxiliary.network.parameters, proximalRate: proximalRate, auxiliaryRate: 0)
        guard learnsPartition else { return }
        logPartition.step(
            [Tensor([gradient.logPartition], shape: [1])], auxiliary: [auxiliary.logPartition], proximalRate: proximalRate, auxiliaryRate: 0)
    }
}

extension FlowOptimizer: StatefulObject {
    public func codeState(_ coder: StateCoder) throws {
        try coder.object("network", network)
        try coder.object("logPartition", logPartition)
    }
}
