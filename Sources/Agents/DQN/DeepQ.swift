import Learning

/// The loss of deep Q-learning on n-step transitions, as Tianshou had it in 2022. Networks map observations to one value for each action.
public enum DeepQ {
    /// y = sum over k < n of gamma^k r_k + gamma^n Q_target(s_n, a), [batch, 1], without gradients. The action a is the one of the largest
    /// value in the learning network (double Q-learning, van Hasselt et al. 2016), or in the target network itself.
    public static func tdTarget(_ batch: ValueBatch, network: MLP, target: MLP, doubleLearning: Bool) -> Tensor {
        withoutGradients {
            let targetValues = target(batch.nextObservation), choosing = doubleLearning ? network(batch.nextObservation) : targetValues
            let y = Tensor.uninitialized([batch.count, 1]), actions = targetValues.columns
            y.withUnsafeMutableBufferPointer { y in
            targetValues.withUnsafeBufferPointer { values in
            choosing.withUnsafeBufferPointer { choosing in
            batch.discountedReturn.withUnsafeBufferPointer { sums in
            batch.bootstrap.withUnsafeBufferPointer { factors in
                guard let values = values.baseAddress, let choosing = choosing.baseAddress else { return }
                for row in y.indices {
                    let best = greedyAction(choosing + row * actions, actions)
                    y[row] = sums[row] + factors[row] * values[row * actions + best]
                }
            }}}}}
            return y
        }
    }

    /// The mean of weight (y - Q(s, a))^2, rank 0, and the errors y - Q(s, a), [batch, 1], without gradients.
    public static func loss(_ batch: ValueBatch, network: MLP, tdTarget: Tensor) -> (loss: Tensor, errors: Tensor) {
        let errors = tdTarget - network(batch.observation).picked(columns: batch.action)
        return ((batch.weight * errors.squared()).mean(), errors.detached())
    }
}
