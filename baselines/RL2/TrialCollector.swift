import Agents
import Core
import Environments
import Learning

/// Plays trials with many copies of the environments that step together: one step of the policy for all of them, whatever their task.
/// Every trial begins with a reset and an empty hidden state: only the random streams are carried from one collection to the next.
public final class TrialCollector {
    private let input: RecurrentInput
    private let environments: TrialEnvironments
    var actionRandom: RandomStream
    var resetRandoms: [RandomStream] {
        get { environments.resetRandoms }
        set { environments.resetRandoms = newValue }
    }
    /// Episodes so far that ended because the physics became unstable.
    public internal(set) var unstableEpisodes: Int {
        get { environments.unstableEpisodes }
        set { environments.unstableEpisodes = newValue }
    }

    public init(problem: Problem, actionScale: Float, random: RandomStreams) {
        input = RecurrentInput(observation: problem.environment.observation.columns, action: problem.environment.action.columns)
        environments = TrialEnvironments(problem: problem, actionScale: actionScale, random: random)
        actionRandom = random["acting"]
    }

    /// Whole trials of stochastic actions for some copies of `batch`, whose tasks must be ascending there.
    public func collect(_ policy: RecurrentPolicy, copies: Range<Int>, into batch: inout TrialBatch) throws {
        let inputs = batch.inputs.reshaped([(batch.steps + 1) * batch.copies, input.width])
        let actions = batch.actions.reshaped([batch.rows, input.action])
        try environments.begin(tasks: Array(batch.tasks[copies]))
        writeStart(to: inputs.rows(copies))
        var hidden = policy.gru.initialState(batch: copies.count)
        for t in 0..<batch.steps {
            let now = (t * batch.copies + copies.lowerBound)..<(t * batch.copies + copies.upperBound)
            let next = (now.lowerBound + batch.copies)..<(now.upperBound + batch.copies)
            let drawn = actions.rows(now)
            withoutGradients {
                hidden = policy.gru.step(inputs.rows(now), state: hidden)
                let distribution = policy.distribution(hidden)
                drawn.copy(from: distribution.sample(noise: .normal([copies.count, input.action], using: &actionRandom)))
                batch.logProbabilities.replaceSubrange(now, with: distribution.logProbability(of: drawn).array)
            }
            let isLast = t + 1 == batch.steps
            try environments.step(drawn, isLast: isLast)
            writeStep(to: inputs.rows(next), isLast: isLast)
            batch.rewards.replaceSubrange(now, with: environments.now.rewards)
            if !batch.learningRewards.isEmpty { batch.learningRewards.replaceSubrange(now, with: environments.now.learningRewards) }
            batch.ends.replaceSubrange(now, with: environments.now.ends.map(TrialBatch.End.init))
        }
        environments.finish()
    }

    /// The first inputs, without a past.
    private func writeStart(to rows: Tensor) {
        rows.withUnsafeMutableBufferPointer { rows in
            for i in rows.indices { rows[i] = 0 }
            for copy in 0..<environments.now.rewards.count { writeObservation(copy, to: rows) }
        }
    }

    /// What comes next. The observation of an unstable step has no meaning and is left out, unless a new episode has begun.
    private func writeStep(to rows: Tensor, isLast: Bool) {
        let now = environments.now
        rows.withUnsafeMutableBufferPointer { rows in
            for copy in now.rewards.indices {
                if now.ends[copy].isStable || !isLast { writeObservation(copy, to: rows) }
                let row = copy * input.width
                for j in 0..<input.action { rows[row + input.observation + j] = now.controls[copy * input.action + j] }
                rows[row + input.rewardColumn] = now.rewards[copy]
                rows[row + input.doneColumn] = now.ends[copy].isOver ? 1 : 0
            }
        }
    }

    private func writeObservation(_ copy: Int, to rows: UnsafeMutableBufferPointer<Float>) {
        for j in 0..<input.observation { rows[copy * input.width + j] = environments.now.observations[copy * input.observation + j] }
    }
}

extension TrialBatch.End {
    init(_ end: StepEnd) { self = end.isTerminal ? .terminated : end == .truncated ? .truncated : .goesOn }
}
