import Core
import Foundation
import Learning
import TestEnvironments
import Testing
import VariBAD

private func settings(episodes: Int = 2) -> VariBADSettings {
    var settings = VariBADSettings()
    settings.episodesPerTrial = episodes
    (settings.recurrentSize, settings.latentSize, settings.hidden) = (6, 2, [5])
    return settings
}

private struct Networks {
    var encoder: BeliefEncoder
    var policy: BeliefPolicy

    init(_ settings: VariBADSettings) {
        var random = RandomStream(seed: 3)
        encoder = BeliefEncoder(observation: 2, action: 1, settings: settings, using: &random)
        policy = BeliefPolicy(observation: 2, action: 1, settings: settings, using: &random)
    }
}

/// Two copies on one task and one on the other, 60 steps each.
private func trials(_ settings: VariBADSettings, _ networks: Networks, scripted: Bool) throws -> BeliefTrials {
    let problem = scripted
        ? ScriptedEnvironment.problem([(3, .terminated), (10, .truncated), (2, .unstable)], steps: 1000) : PointEnvironment.problem(steps: 1000)
    let collector = BeliefCollector(problem: problem, settings: settings, random: RandomStreams(seed: 1))
    var trials = BeliefTrials(steps: 60, tasks: [0, 0, 1], observation: 2, action: 1, latent: settings.latentSize)
    try collector.collect(
        networks.encoder, networks.policy, InputNormalization(observation: 2, settings: settings), into: &trials)
    return trials
}

private func row(_ tensor: Tensor, _ index: Int) -> [Float] { Array(tensor.array[index * tensor.columns..<(index + 1) * tensor.columns]) }

@Suite struct BeliefTrialsTests {
    /// Episodes of 20 steps, two a trial: a trial ends at steps 39, and the next one is cut off.
    @Test func beliefsAreThoseOfTheWholeTrialAndBeginAnewWithTheNext() throws {
        let settings = settings(), networks = Networks(settings), trials = try trials(settings, networks, scripted: false)
        #expect(trials.trials(copy: 1) == [0..<40, 40..<60])
        #expect(trials.ends[19 * 3] == .truncated && !trials.endsTrial[19 * 3] && trials.endsTrial[39 * 3])
        for times in trials.trials(copy: 1) {
            func part(_ tensor: Tensor) -> Tensor { tensor.gatheredRows(times.map { $0 * 3 + 1 }) }
            let whole = networks.encoder.beliefs(
                actions: part(trials.controls), outcomes: part(trials.outcomes), rewards: Tensor(times.map { trials.rewards[$0 * 3 + 1] }, shape: [times.count, 1]),
                steps: times.count, truncation: 7)
            // The belief after a trial's last step is nobody's: the next trial has begun.
            for (i, t) in times.enumerated() {
                let found = row(trials.beliefs, t * 3 + 1)
                #expect(zip(found, row(whole, i)).allSatisfy { abs($0 - $1) < 1e-5 }, "time \(t)")
            }
        }
        #expect(row(trials.beliefs, 40 * 3) == row(trials.beliefs, 0))
        #expect(row(trials.beliefs, 20 * 3) != row(trials.beliefs, 0))
    }

    @Test func outcomesAreOfTheEpisodeThatTheyEndAndObservationsOfTheNextOne() throws {
        let settings = settings(episodes: 3), trials = try trials(settings, Networks(settings), scripted: true)
        // Episodes of 3, 10 and 2 steps, the last of which become unstable: trials of 15 steps. A script's second observation is the step.
        #expect(trials.trials(copy: 2) == [0..<15, 15..<30, 30..<45, 45..<60])
        let seen = (0...15).map { row(trials.observations, $0 * 3 + 2)[1] }
        #expect(seen == [0, 1, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 0])
        let after = (0..<15).map { row(trials.outcomes, $0 * 3 + 2) }
        // An unstable step stays where it was.
        #expect(after.map { $0[1] } == [1, 2, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 1])
        #expect(after.indices.filter { after[$0][2] == 1 } == [2, 12, 14])
        #expect(trials.episodeReturns(copy: 0).map(\.count) == [3, 3, 3, 3])
    }

    /// Numbers by hand: sums of discounted rewards, of two copies at two times.
    @Test func rewardsAreScaledByTheDeviationOfTheirDiscountedSums() {
        var trials = BeliefTrials(steps: 2, tasks: [0, 0], observation: 1, action: 1, latent: 1)
        trials.learningRewards = [1, 3, 2, -100]
        trials.endsTrial = [false, true, false, false]
        var moments = RunningMoments(columns: 1)
        let found = trials.normalizedRewards(discount: 0.5, moments: &moments)
        // Sums 1, 0 (its trial has ended), then 2.5, -100.
        func deviation(_ values: [Double]) -> Double {
            let mean = values.reduce(0, +) / Double(values.count)
            return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
        }
        let (first, second) = (deviation([1, 0]), deviation([1, 0, 2.5, -100]))
        for (value, expected) in zip(found, [1 / first, 3 / first, 2 / second, -100 / second]) { #expect(abs(Double(value) / expected - 1) < 1e-3) }
        trials.learningRewards = [1000, 0, 0, 0]
        var fresh = RunningMoments(columns: 1)
        fresh.update([0, 0.001])
        #expect(trials.normalizedRewards(discount: 0, moments: &fresh)[0] <= 10)
    }
}

@Suite struct TrialMemoryTests {
    private func trials(first: Float) -> BeliefTrials {
        var trials = BeliefTrials(steps: 4, tasks: [0, 0], observation: 2, action: 1, latent: 1)
        trials.endsTrial[1 * 2] = true  // copy 0: trials of 2 and 2 steps; copy 1: one of 4
        trials.endsTrial[3 * 2] = true
        trials.endsTrial[3 * 2 + 1] = true
        for i in trials.rewards.indices { trials.rewards[i] = first + Float(i) }
        trials.outcomes.copy(from: (0..<24).map { first + Float($0) / 100 })
        return trials
    }

    @Test func trialsArePaddedWithZerosAndHaveTheirOwnSteps() throws {
        var memory = TrialMemory(observation: 2, action: 1, capacity: 10, longest: 4), random = RandomStream(seed: 1)
        memory.insert(trials(first: 1))
        #expect(memory.count == 3)
        let batch = memory.draw(5, using: &random)
        #expect(batch.lengths.sorted() == [2, 2, 4] && batch.longest == 4)
        let rewards = batch.steps.rewards.array
        let found = Set<[Float]>((0..<3).map { trial in (0..<4).map { rewards[$0 * 3 + trial] } })
        #expect(found == [[1, 3, 0, 0], [5, 7, 0, 0], [2, 4, 6, 8]])
        for (trial, length) in batch.lengths.enumerated() {
            for t in 0..<4 {
                let outcome = row(batch.steps.outcomes, t * 3 + trial)
                // Row i of the outcomes began at 1 + 3 i / 100, and its reward is 1 + i.
                #expect(t < length ? abs(outcome[0] - (1 + 0.03 * (rewards[t * 3 + trial] - 1))) < 1e-5 : outcome == [0, 0, 0])
                #expect(row(batch.steps.observations, t * 3 + trial)[2] == 0)
            }
        }
    }

    @Test func theOldestTrialsMakeRoomAndTheRestSurvivesSaving() throws {
        var memory = TrialMemory(observation: 2, action: 1, capacity: 4, longest: 4), random = RandomStream(seed: 1)
        for first in [Float(100), 200, 300] { memory.insert(trials(first: first)) }
        #expect(memory.count == 4)
        let rewards = Set(memory.draw(4, using: &random).steps.rewards.array.filter { $0 != 0 })
        #expect(rewards.min()! >= 201 && rewards.contains(300) && rewards.contains(307))
        var copy = TrialMemory(observation: 2, action: 1, capacity: 4, longest: 4)
        try StateCoder.restore(StateCoder.save { try memory.codeState($0) }) { try copy.codeState($0) }
        var (one, two) = (RandomStream(seed: 8), RandomStream(seed: 8))
        for first in [Float(400), 500] {
            memory.insert(trials(first: first))
            copy.insert(trials(first: first))
            #expect(memory.draw(3, using: &one).steps.rewards.array == copy.draw(3, using: &two).steps.rewards.array)
        }
    }

    @Test func momentsAreThoseOfAllRowsTogether() {
        var random = RandomStream(seed: 5), moments = RunningMoments(columns: 2)
        let rows = (0..<60).map { i in i % 2 == 0 ? 3 + random.normal() : -200 + 50 * random.normal() }
        for part in [0..<20, 20..<22, 22..<60] { moments.update(Array(rows[part])) }
        for column in 0..<2 {
            let values = stride(from: column, to: 60, by: 2).map { Double(rows[$0]) }, mean = values.reduce(0, +) / 30
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 30
            #expect(abs(moments.mean[column] / mean - 1) < 1e-4 && abs(moments.variance[column] / variance - 1) < 1e-2)
        }
        let normalized = moments.normalized(Tensor(rows, shape: [30, 2])).array
        #expect(normalized.allSatisfy { abs($0) < 4 } && abs(normalized.reduce(0, +)) < 0.1)
    }
}

@Suite struct BeliefModelTests {
    /// With a belief that is the prior everywhere nothing is gained by time: every term's divergence but the first is zero.
    @Test func divergencesAreFromOnePosteriorToTheNext() {
        var settings = settings()
        settings.divergenceWeight = 1
        var random = RandomStream(seed: 3)
        var encoder = BeliefEncoder(observation: 1, action: 1, settings: settings, using: &random)
        for layer in [encoder.mean, encoder.logVariance] { layer.weight.copy(from: Array(repeating: 0, count: layer.weight.count)) }
        encoder.mean.bias = Tensor([2, 0], shape: [2]).trainableCopy()
        encoder.logVariance.bias = Tensor([0, 0], shape: [2]).trainableCopy()
        let model = BeliefModel(encoder: encoder, decoders: [])
        let zeros = { (columns: Int) in Tensor.zeros([5, columns]) }
        let batch = BeliefBatch(lengths: [5], steps: DecodedSteps(observations: zeros(2), actions: zeros(1), outcomes: zeros(2), rewards: zeros(1)))
        func divergence(_ times: [Int]) -> Float {
            let sample = ElboSample(beliefs: times, steps: times.map { _ in 0 }, noise: .zeros([times.count, 2]))
            return model.loss(batch, sample, settings: settings).divergence
        }
        #expect(abs(divergence([0]) - 2) < 1e-6)  // (2^2 + 0) / 2 nats from N(0, I)
        #expect(divergence([1, 3, 5]) == 0)
    }
}
