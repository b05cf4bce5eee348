import Core
import Foundation
import Learning
import RL2
import TestEnvironments
import Testing

private let input = RecurrentInput(observation: 2, action: 1)

private func policy(hidden: Int = 6, seed: UInt64 = 3) -> RecurrentPolicy {
    var random = RandomStream(seed: seed)
    return RecurrentPolicy(input: input, hidden: hidden, initialLogStd: -0.5, using: &random)
}

private func trials(_ policy: RecurrentPolicy, copies: Int = 4, steps: Int = 40, seed: UInt64 = 1) throws -> TrialBatch {
    let problem = PointEnvironment.problem(steps: 10_000)
    let collector = TrialCollector(problem: problem, actionScale: 0.5, random: RandomStreams(seed: seed))
    var batch = TrialBatch(steps: steps, tasks: (0..<copies).map { $0 * 2 / copies }, input: input)
    try collector.collect(policy, copies: 0..<copies, into: &batch)
    return batch
}

/// Mean actions of all steps, [steps * copies].
private func means(_ policy: RecurrentPolicy, _ inputs: Tensor) -> [Float] {
    withoutGradients { policy.distribution(policy.hiddenStates(inputs)).mean.array }
}

@Suite struct RecurrentPolicyTests {
    @Test func aCollectedTrialsLogProbabilitiesAreThoseOfTheWholeSequence() throws {
        let policy = policy(), batch = try trials(policy)
        let whole = batch.minibatch(
            copies: [0, 1, 2, 3], advantages: Array(repeating: 0, count: batch.rows), targets: Array(repeating: 0, count: batch.rows))
        let found = withoutGradients { policy.distribution(policy.hiddenStates(whole.inputs)).logProbability(of: whole.actions).array }
        #expect(zip(found, batch.logProbabilities).allSatisfy { abs($0 - $1) < 1e-4 })
        #expect(Set(found).count > 100)
    }

    @Test func theHiddenStateIsCarriedFromOneEpisodeToTheNextAndToNoOtherTrial() throws {
        let policy = policy(), batch = try trials(policy)
        let inputs = batch.inputs.rows(0..<40).copied()
        let before = means(policy, inputs)
        // The reward of the first step of copy 1, which its second step sees.
        inputs.withUnsafeMutableBufferPointer { $0[(1 * 4 + 1) * input.width + input.rewardColumn] += 5 }
        let after = means(policy, inputs)
        func changed(_ copy: Int, _ steps: Range<Int>) -> Bool { steps.contains { before[$0 * 4 + copy] != after[$0 * 4 + copy] } }
        #expect(batch.ends[19 * 4 + 1] == .truncated)
        #expect(!changed(1, 0..<1))
        #expect(changed(1, 1..<20))
        #expect(changed(1, 20..<24), "the first actions of the second episode must depend on the first episode")
        for other in [0, 2, 3] { #expect(!changed(other, 0..<40)) }
    }

    @Test func everyTrialBeginsWithNothingRemembered() throws {
        let policy = policy()
        let problem = PointEnvironment.problem(steps: 10_000)
        let collector = TrialCollector(problem: problem, actionScale: 0.5, random: RandomStreams(seed: 1))
        var last: Float = 0
        for _ in 0..<2 {
            var batch = TrialBatch(steps: 40, tasks: [0, 1], input: input)
            try collector.collect(policy, copies: 0..<2, into: &batch)
            let first = batch.inputs.array[..<input.width]
            #expect(first[2...] == [0, 0, 0], "no previous action, reward or end")
            let alone = means(policy, Tensor(Array(first), shape: [1, 1, input.width]))[0]
            let std = expf(-0.5), z = (batch.actions.array[0] - alone) / std
            #expect(abs(batch.logProbabilities[0] - (-0.5 * z * z + 0.5 - 0.5 * logf(2 * .pi))) < 1e-4)
            #expect(first[0] != last)
            last = first[0]
        }
    }

    @Test func inputsHoldWhatTheLastActionWasAndLedTo() throws {
        let batch = try trials(policy())
        let rows = batch.inputs.array, actions = batch.actions.array
        for t in 0..<40 {
            for copy in 0..<4 {
                let next = Array(rows[((t + 1) * 4 + copy) * input.width..<((t + 1) * 4 + copy + 1) * input.width])
                let taken = min(max(0.5 * actions[t * 4 + copy], -1), 1), direction: Float = copy < 2 ? 1 : -1
                #expect(abs(next[2] - taken) < 1e-6)
                #expect(abs(next[3] - (direction * taken - 0.1 * taken * taken)) < 1e-5)
                #expect(next[4] == (t % 20 == 19 ? 1 : 0))
                // The point's second observation is the time: an episode's first step follows its predecessor's last one.
                if t < 39 { #expect(abs(next[1] - Float((t + 1) % 20) / 20) < 1e-6) }
            }
        }
    }

    @Test func actingOneByOneIsActingTogether() throws {
        let policy = policy(hidden: 9), batch = try trials(policy)
        let rows = batch.inputs.array, expected = means(policy, batch.inputs.rows(0..<40))
        for copy in [0, 3] {
            // Played with the trial's own actions as the past: those that were drawn, not the actor's means.
            let actor = RecurrentActor(policy, input: input, actionScale: 0.5)
            for t in 0..<40 {
                let row = Array(rows[(t * 4 + copy) * input.width..<(t * 4 + copy + 1) * input.width])
                actor.observe(action: Array(row[2..<3]), reward: row[3], done: row[4] == 1)
                var action: [Float] = [0]
                try actor.act(Array(row[..<2]), into: &action)
                #expect(abs(action[0] - min(max(0.5 * expected[t * 4 + copy], -1), 1)) < 1e-5)
            }
        }
    }

    @Test func episodesOfAnAdaptedPolicyDoNotDependOnEachOther() throws {
        let actor = RecurrentActor(policy(), input: input, actionScale: 0.5)
        var action: [Float] = [0]
        for t in 0..<5 {
            try actor.act([0.3, Float(t)], into: &action)
            actor.observe(reward: 1, done: t == 4)
        }
        actor.rememberAsStart()
        func play() throws -> [Float] {
            actor.beginEpisode()
            return try (0..<5).map { t in
                try actor.act([0.1, Float(t)], into: &action)
                actor.observe(reward: -Float(t), done: t == 4)
                return action[0]
            }
        }
        let first = try play()
        #expect(try play() == first)
        let forgetful = RecurrentActor(policy(), input: input, actionScale: 0.5)
        try forgetful.act([0.1, 0], into: &action)
        #expect(action[0] != first[0])
    }
}

@Suite struct TrialBatchTests {
    /// Episodes of 3 steps that terminate, 10 that are truncated, 2 that become unstable.
    private func scripted() throws -> (TrialBatch, TrialCollector) {
        let problem = ScriptedEnvironment.problem([(3, .terminated), (10, .truncated), (2, .unstable)], steps: 1000)
        let collector = TrialCollector(problem: problem, actionScale: 1, random: RandomStreams(seed: 1))
        var batch = TrialBatch(steps: 20, tasks: [0, 0, 1], input: input)
        try collector.collect(policy(), copies: 0..<3, into: &batch)
        return (batch, collector)
    }

    @Test func anEpisodeThatEndsEarlyIsFollowedByAnotherOneOfTheSameTrial() throws {
        let (batch, collector) = try scripted()
        for copy in 0..<3 {
            let ends = (0..<20).map { batch.ends[$0 * 3 + copy] }
            #expect(ends.indices.filter { ends[$0] != .goesOn } == [2, 12, 14, 17])
            #expect([ends[2], ends[12], ends[14], ends[17]] == [.terminated, .truncated, .terminated, .terminated])
            let rows = batch.inputs.array
            let seen = (0...20).map { rows[($0 * 3 + copy) * input.width + 1] }  // the step within its episode
            #expect(seen == [0, 1, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 0, 1, 2, 0, 1, 2])
            #expect((0...20).filter { rows[($0 * 3 + copy) * input.width + input.doneColumn] == 1 } == [3, 13, 15, 18])
            #expect(batch.episodeReturns(copy: copy).count == 4)
        }
        #expect(collector.unstableEpisodes == 3)
    }

    @Test func advantagesGoOnAcrossEpisodesAndStopAtTerminalStates() throws {
        var (batch, _) = try scripted()
        batch.rewards = Array(repeating: 0, count: batch.rows)
        for t in [14, 19] { batch.rewards[t * 3] = 1 }
        let none = [Float](repeating: 0, count: 21 * 3)
        let found = batch.advantages(values: none, bootstraps: false, discount: 0.5, lambda: 1)
        let first = (0..<20).map { found[$0 * 3] }
        for t in 0..<20 {
            // Ends: 2 and 14 and 17 terminal, 12 the limit.
            let expected: Float = switch t {
            case 0...2: 0
            case 3...14: powf(0.5, Float(14 - t))
            case 15...17: 0
            default: powf(0.5, Float(19 - t))
            }
            #expect(abs(first[t] - expected) < 1e-6)
        }
        #expect((0..<20).allSatisfy { found[$0 * 3 + 1] == 0 })
        var values = none
        values[20 * 3] = 10
        let bootstrapped = batch.advantages(values: values, bootstraps: true, discount: 0.5, lambda: 1)
        #expect(abs(bootstrapped[19 * 3] - 6) < 1e-6)
        #expect(abs(bootstrapped[17 * 3]) < 1e-6)
    }

    @Test func normalizedAdvantagesHaveTheSameSpreadInEveryTask() throws {
        let (batch, _) = try scripted()
        let values = (0..<batch.rows).map { (row: Int) -> Float in row % 3 == 2 ? 1000 * Float(row) : Float(row % 7) }
        let normalized = batch.normalizedWithinTasks(values)
        for task in 0..<2 {
            var sum = 0.0, squares = 0.0, count = 0.0
            for row in 0..<batch.rows where batch.tasks[row % 3] == task {
                let value = Double(normalized[row])
                (sum, squares, count) = (sum + value, squares + value * value, count + 1)
            }
            #expect(abs(sum / count) < 1e-5)
            #expect(abs(squares / count - 1) < 1e-4)
        }
    }

    @Test func theLinearBaselineIsEachTasksOwn() throws {
        // Rewards tell the tasks apart: 1 a step on one, -1 on the other, whatever is observed.
        var batch = try trials(policy())
        for row in batch.rewards.indices { batch.rewards[row] = row % 4 < 2 ? 1 : -1 }
        let values = batch.linearFeatureValues(discount: 0.9)
        for t in [0, 10, 25] {
            #expect(abs(values[t * 4] - 10) < 3)
            #expect(abs(values[t * 4 + 3] + 10) < 3)
        }
        #expect(values[40 * 4] == 0)
    }
}

@Suite struct TrialLossTests {
    @Test(arguments: [RL2Settings.Baseline.valueHead, .linearFeatures])
    func itsGradientThroughTimeIsThatOfDifferences(baseline: RL2Settings.Baseline) throws {
        var policy = policy(hidden: 3)
        // Larger weights than the first ones, so that the past matters.
        policy.forEachParameter { name, tensor in
            guard name != "logStd" else { return }
            tensor = (tensor.detached() * (name.hasPrefix("gru") ? 1.5 : 8)).trainableCopy()
        }
        var settings = RL2Settings()
        settings.baseline = baseline
        settings.entropyWeight = 0.1
        let batch = try trials(policy, copies: 2, steps: 25)
        var random = RandomStream(seed: 9)
        let advantages = (0..<batch.rows).map { _ in random.normal() }, targets = (0..<batch.rows).map { _ in random.normal() }
        var minibatch = batch.minibatch(copies: [0, 1], advantages: advantages, targets: targets)
        // Half of the ratios far outside of the clip range, half well inside: no kink is near.
        minibatch.logProbabilities = Tensor(
            minibatch.logProbabilities.array.enumerated().map { $1 + ($0 % 2 == 0 ? 0.5 : 0.05) }, shape: [batch.rows, 1])
        let found = gradients(of: policy.loss(minibatch, settings: settings).total, withRespectTo: policy.parameters)
        let step: Float = 4e-3
        for (parameter, gradient) in zip(policy.parameters, found) {
            for i in 0..<parameter.count {
                func moved(_ distance: Float) -> Double {
                    let before = parameter.array[i]
                    parameter.withUnsafeMutableBufferPointer { $0[i] = before + distance }
                    defer { parameter.withUnsafeMutableBufferPointer { $0[i] = before } }
                    return withoutGradients { Double(policy.loss(minibatch, settings: settings).total.scalar) }
                }
                let difference = (moved(step) - moved(-step)) / Double(2 * step)
                #expect(abs(Double(gradient.array[i]) - difference) < 2e-3 + 0.02 * abs(difference))
            }
        }
        // The gradient reaches back: the products with hidden states matter.
        #expect(euclideanNorm([found[1]]) > 1e-3)
    }

    @Test func ratiosOfTheSamePolicyAreOneAndFarOnesAreClipped() throws {
        let policy = policy(), batch = try trials(policy)
        let advantages = (0..<batch.rows).map { Float($0 % 2 == 0 ? 1 : -0.5) }
        var minibatch = batch.minibatch(copies: [0, 1, 2, 3], advantages: advantages, targets: Array(repeating: 0, count: batch.rows))
        var settings = RL2Settings()
        settings.valueWeight = 0
        let same = policy.loss(minibatch, settings: settings)
        #expect(abs(same.total.scalar + 0.25) < 1e-4)
        #expect(abs(same.kl) < 1e-6)
        #expect(same.clipFraction == 0)
        minibatch.logProbabilities = Tensor(minibatch.logProbabilities.array.map { $0 - 1 }, shape: [batch.rows, 1])
        let far = policy.loss(minibatch, settings: settings)
        #expect(far.clipFraction == 1)
        #expect(abs(far.total.scalar + 0.5 * (1.2 - 0.5 * expf(1))) < 1e-3)
        #expect(abs(far.kl - (expf(1) - 2)) < 1e-3)
        #expect(abs(far.entropy - (-0.5 + 0.5 * (1 + logf(2 * .pi)))) < 1e-5)
    }
}
