/// Generalised advantage estimation (Schulman et al., 2016): sums of discounted temporal differences, from the last to the first.
///
/// `values` has one entry more than `rewards`: the value of the state after the last step. `terminated[t]` stops both the
/// bootstrap and the sum; a time limit does not.
public func generalizedAdvantages(rewards: [Float], values: [Float], terminated: [Bool], gamma: Float, lambda: Float) -> [Float] {
    precondition(values.count == rewards.count + 1 && terminated.count == rewards.count,
                 "\(rewards.count) rewards need as many ends and one value more, not \(terminated.count) and \(values.count)")
    var advantages = [Float](repeating: 0, count: rewards.count)
    var sum: Float = 0
    for t in rewards.indices.reversed() {
        let goesOn: Float = terminated[t] ? 0 : 1
        let difference = rewards[t] + gamma * goesOn * values[t + 1] - values[t]
        sum = difference + gamma * lambda * goesOn * sum
        advantages[t] = sum
    }
    return advantages
}
