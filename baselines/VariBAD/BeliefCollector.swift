import Agents
import Core
import Learning

/// Plays trials with many copies of the environments that step together: encoder and policy make one step for all of them, whatever their task.
package final class BeliefCollector {
    package let environments: TrialEnvironments
    var actionRandom: RandomStream
    private let episodesPerTrial: Int
    private let squashesSample: Bool

    package init(problem: Problem, settings: VariBADSettings, random: RandomStreams) {
        environments = TrialEnvironments(problem: problem, actionScale: 1, random: random)
        actionRandom = random["acting"]
        episodesPerTrial = settings.episodesPerTrial
        squashesSample = settings.squash == .sample
    }

    /// Fills `trials`, whose tasks are ascending, with stochastic actions.
    package func collect(
        _ encoder: BeliefEncoder, _ policy: BeliefPolicy, _ normalization: InputNormalization, into trials: inout BeliefTrials
    ) throws {
        let copies = trials.copies
        var played = [Int](repeating: 0, count: copies)
        try environments.begin(tasks: trials.tasks)
        try withoutGradients {
            let emptyState = encoder.gru.initialState(batch: copies), prior = encoder.belief(emptyState).array
            var state = emptyState
            trials.beliefs.rows(0..<copies).copy(from: prior)
            for t in 0...trials.steps {
                let now = t * copies..<(t + 1) * copies, observations = trials.observations.rows(now)
                observations.copy(from: environments.now.observations)
                let inputs = policy.inputs(
                    normalization.observations(observations), normalization.beliefs(trials.beliefs.rows(now)))
                trials.values.replaceSubrange(now, with: policy.value(inputs).array)
                if t == trials.steps { break }
                let drawn = policy.distribution(inputs).sample(noise: .normal([copies, trials.actions.columns], using: &actionRandom))
                trials.actions.rows(now).copy(from: drawn)
                try environments.step(squashesSample ? drawn.tanh() : drawn, isLast: false)
                let step = record(t, in: &trials, played: &played)
                state = encoder.step(state: state, actions: step.actions, outcomes: step.outcomes, rewards: step.rewards)
                let next = trials.beliefs.rows((t + 1) * copies..<(t + 2) * copies)
                next.copy(from: encoder.belief(state).array)
                let width = prior.count / copies
                for copy in 0..<copies where trials.endsTrial[t * copies + copy] {
                    state.withUnsafeMutableBufferPointer { row in
                        for i in copy * encoder.gru.hidden..<(copy + 1) * encoder.gru.hidden { row[i] = 0 }
                    }
                    next.withUnsafeMutableBufferPointer { for i in copy * width..<(copy + 1) * width { $0[i] = prior[i] } }
                }
            }
        }
        environments.finish()
    }

    /// Writes what step `t` led to; returns it as the encoder takes it. `played` are the episodes of each copy's trial so far.
    private func record(
        _ t: Int, in trials: inout BeliefTrials, played: inout [Int]
    ) -> (actions: Tensor, outcomes: Tensor, rewards: Tensor) {
        let copies = trials.copies, now = t * copies..<(t + 1) * copies, moment = environments.now
        let outcomes = trials.outcomes.rows(now), controls = trials.controls.rows(now), columns = outcomes.columns
        controls.copy(from: moment.controls)
        outcomes.withUnsafeMutableBufferPointer { rows in
            for copy in 0..<copies {
                for i in 0..<columns - 1 { rows[copy * columns + i] = moment.outcomes[copy * (columns - 1) + i] }
                rows[copy * columns + columns - 1] = moment.ends[copy].isOver ? 1 : 0
            }
        }
        trials.rewards.replaceSubrange(now, with: moment.rewards)
        trials.learningRewards.replaceSubrange(now, with: moment.learningRewards)
        trials.ends.replaceSubrange(now, with: moment.ends)
        for copy in 0..<copies where moment.ends[copy].isOver {
            played[copy] += 1
            guard played[copy] == episodesPerTrial else { continue }
            trials.endsTrial[t * copies + copy] = true
            played[copy] = 0
        }
        return (controls, outcomes, Tensor(moment.rewards, shape: [copies, 1]))
    }
}

/// How the policy's inputs are shifted and scaled.
package struct InputNormalization: Stateful, Sendable {
    private var observation, belief: RunningMoments
    private let normalizesObservations, normalizesBelief: Bool

    package init(observation: Int, settings: VariBADSettings) {
        self.observation = RunningMoments(columns: observation)
        belief = RunningMoments(columns: 2 * settings.latentSize)
        (normalizesObservations, normalizesBelief) = (settings.normalizesObservations, settings.normalizesBelief)
    }

    func observations(_ rows: Tensor) -> Tensor { normalizesObservations ? observation.normalized(rows) : rows }
    func beliefs(_ rows: Tensor) -> Tensor { normalizesBelief ? belief.normalized(rows) : rows }

    mutating func update(observations: Tensor, beliefs: Tensor) {
        observation.update(observations.array)
        belief.update(beliefs.array)
    }

    package mutating func codeState(_ coder: StateCoder) throws {
        try coder.value("observation", &observation)
        try coder.value("belief", &belief)
    }
}
