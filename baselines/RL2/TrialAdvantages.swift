import Agents
import Learning

extension TrialBatch {
    /// [steps * copies]: the environment's learning rewards where it has them, else its rewards.
    private var rewardsForLearning: [Float] { learningRewards.isEmpty ? rewards : learningRewards }

    /// Generalised advantages over whole trials, [steps * copies]. `values` is [(steps + 1) * copies], discounted returns.
    ///
    /// RL2 maximises the return of the trial: what an episode teaches pays off in the next one, so that the sum goes on where an episode
    /// reaches its limit. It stops at a terminal state, or falling would be free: the trial goes on with a new episode. `bootstraps` says
    /// whether what follows the trial's last step counts, which the trial's length cut off.
    public func advantages(values: [Float], bootstraps: Bool, discount: Float, lambda: Float) -> [Float] {
        var result = [Float](repeating: 0, count: rows)
        let rewards = rewardsForLearning
        for copy in 0..<copies {
            var terminated = (0..<steps).map { ends[$0 * copies + copy] == .terminated }
            if !bootstraps { terminated[steps - 1] = true }
            let found = generalizedAdvantages(
                rewards: (0..<steps).map { rewards[$0 * copies + copy] }, values: (0...steps).map { values[$0 * copies + copy] },
                terminated: terminated, gamma: discount, lambda: lambda)
            for t in 0..<steps { result[t * copies + copy] = found[t] }
        }
        return result
    }

    /// Values [(steps + 1) * copies] of a linear feature baseline fitted to each task's own trials (Duan et al. 2016). Its time is the
    /// trial's, or that since the last terminal state: in a trial without one it knows when the trial ends, and predicts 0 after it. Where
    /// episodes end early it does not know when the trial ends and is biased; use the value head there.
    public func linearFeatureValues(discount: Float) -> [Float] {
        var values = [Float](repeating: 0, count: (steps + 1) * copies)
        for task in Set(tasks).sorted() {
            let own = (0..<copies).filter { tasks[$0] == task }
            let rollout = rollout(of: own)
            var baseline = LinearFeatureBaseline(observationSize: input.observation)
            baseline.fit(rollout, discount: discount)
            let found = baseline.values(rollout).steps
            for (i, copy) in own.enumerated() {
                for t in 0..<steps { values[t * copies + copy] = found[i * steps + t] }
            }
        }
        return values
    }

    /// Some copies' trials in rows one after the other, in segments between terminal states.
    private func rollout(of chosen: [Int]) -> Rollout {
        let learned = rewardsForLearning
        var observations: [Float] = [], rewards: [Float] = [], segments: [Rollout.Segment] = []
        observations.reserveCapacity(chosen.count * steps * input.observation)
        inputs.withUnsafeBufferPointer { rows in
            for copy in chosen {
                var start = rewards.count
                for t in 0..<steps {
                    let row = (t * copies + copy) * input.width
                    observations.append(contentsOf: rows[row..<(row + input.observation)])
                    rewards.append(learned[t * copies + copy])
                    let isTerminal = ends[t * copies + copy] == .terminated
                    guard isTerminal || t + 1 == steps else { continue }
                    segments.append(Rollout.Segment(rows: start..<rewards.count, end: isTerminal ? .terminated : .truncated))
                    start = rewards.count
                }
            }
        }
        return Rollout(
            observations: Tensor(observations, shape: [rewards.count, input.observation]), actions: .zeros([rewards.count, input.action]),
            rewards: rewards, segments: segments, finalObservations: .zeros([segments.count, input.observation]), unstableEpisodes: 0)
    }

    /// Shifted and scaled to mean 0 and standard deviation 1 within each task, so that no task outweighs the others.
    public func normalizedWithinTasks(_ advantages: [Float]) -> [Float] {
        var result = advantages
        for task in Set(tasks) {
            let own = (0..<rows).filter { tasks[$0 % copies] == task }
            for (row, value) in zip(own, PolicyGradient.normalized(own.map { advantages[$0] })) { result[row] = value }
        }
        return result
    }
}
