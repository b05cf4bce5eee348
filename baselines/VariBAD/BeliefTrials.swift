import Agents
import Core
import Learning

/// An iteration's steps. Each copy plays `steps` steps of trials on one task: a trial is `episodesPerTrial` episodes, and where episodes end early
/// the next trial begins, with an empty belief. Row time * copies + copy.
package struct BeliefTrials: Sendable {
    package let steps: Int
    /// Training task of each copy, ascending.
    package let tasks: [Int]
    /// [(steps + 1) * copies, observation]: what actions answer to
    package let observations: Tensor
    /// [(steps + 1) * copies, 2 latent]
    package let beliefs: Tensor
    /// [steps * copies, action], as drawn
    package let actions: Tensor
    /// [steps * copies, action], as the environments took them
    package let controls: Tensor
    /// [steps * copies, observation + 1]: what actions led to, and whether this ended an episode
    package let outcomes: Tensor
    /// [steps * copies]: the environments' rewards, which beliefs are of
    package var rewards: [Float]
    /// [steps * copies]: what the policy learns from
    package var learningRewards: [Float]
    /// [steps * copies]
    package var ends: [StepEnd]
    /// [steps * copies]: the step was its trial's last one
    package var endsTrial: [Bool]
    /// [(steps + 1) * copies]: the value when the step was collected
    package var values: [Float]

    package var copies: Int { tasks.count }
    package var rows: Int { steps * copies }

    package init(steps: Int, tasks: [Int], observation: Int, action: Int, latent: Int) {
        self.steps = steps
        self.tasks = tasks
        let copies = tasks.count
        observations = .zeros([(steps + 1) * copies, observation])
        beliefs = .zeros([(steps + 1) * copies, 2 * latent])
        actions = .zeros([steps * copies, action])
        controls = .zeros([steps * copies, action])
        outcomes = .zeros([steps * copies, observation + 1])
        rewards = Array(repeating: 0, count: steps * copies)
        learningRewards = rewards
        ends = Array(repeating: .goesOn, count: steps * copies)
        endsTrial = Array(repeating: false, count: steps * copies)
        values = Array(repeating: 0, count: (steps + 1) * copies)
    }

    /// The times of each trial of a copy, in order; the last one may have been cut off.
    package func trials(copy: Int) -> [Range<Int>] {
        var found: [Range<Int>] = [], start = 0
        for t in 0..<steps where endsTrial[t * copies + copy] || t + 1 == steps {
            found.append(start..<t + 1)
            start = t + 1
        }
        return found
    }

    /// Undiscounted returns of the finished episodes of a copy's finished trials, trial by trial.
    package func episodeReturns(copy: Int) -> [[Float]] {
        trials(copy: copy).filter { endsTrial[($0.upperBound - 1) * copies + copy] }.map { times in
            var returns: [Float] = [], sum: Float = 0
            for t in times {
                sum += rewards[t * copies + copy]
                guard ends[t * copies + copy].isOver else { continue }
                returns.append(sum)
                sum = 0
            }
            return returns
        }
    }
}

extension BeliefTrials {
    /// Generalised advantages over whole trials, [steps * copies], of `rewards`: the sum stops where a trial ends, but not where an episode does that
    /// another one of its trial follows. A step that ended an episode at its time limit has none: what would have followed is not known, and
    /// the step before bootstraps from its value.
    package func advantages(of rewards: [Float], discount: Float, lambda: Float) -> [Float] {
        var result = [Float](repeating: 0, count: rows)
        for copy in 0..<copies {
            var sum: Float = 0
            for t in (0..<steps).reversed() {
                let row = t * copies + copy, goesOn: Float = endsTrial[row] ? 0 : 1
                let delta = rewards[row] + discount * goesOn * values[row + copies] - values[row]
                sum = ends[row] == .truncated ? 0 : delta + discount * lambda * goesOn * sum
                result[row] = sum
            }
        }
        return result
    }

    /// The policy's rewards over the running deviation of their discounted sum within a trial, which takes in each time's sums before
    /// it scales that time's rewards; at most 10 in size.
    package func normalizedRewards(discount: Float, moments: inout RunningMoments) -> [Float] {
        var sums = [Float](repeating: 0, count: copies), result = learningRewards
        for t in 0..<steps {
            for copy in 0..<copies {
                let row = t * copies + copy
                sums[copy] = sums[copy] * discount + learningRewards[row]
                if endsTrial[row] { sums[copy] = 0 }
            }
            moments.update(sums)
            let deviation = Float((moments.variance[0] + 1e-8).squareRoot())
            for row in t * copies..<(t + 1) * copies { result[row] = min(max(learningRewards[row] / deviation, -10), 10) }
        }
        return result
    }
}
