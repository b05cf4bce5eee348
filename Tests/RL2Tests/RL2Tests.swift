import Agents
import Core
import Foundation
import Learning
import RL2
import TestEnvironments
import Testing

private func smallSettings() -> RL2Settings {
    var settings = RL2Settings()
    settings.hiddenSize = 16
    settings.actionScale = 1
    settings.metaBatch = 4
    settings.epochs = 3
    settings.minibatches = 2
    return settings
}

@Suite struct RL2Tests {
    /// Right pays 1 a step on one task and costs 1 on the other, and nothing else tells them apart: whoever does not remember gets 0 of 18
    /// in the mean, and whoever forgets at an episode's start must find out again.
    @Test(arguments: [RL2Settings.Baseline.valueHead, .linearFeatures])
    func itLearnsToLearnWhichOfTwoConflictingTasksItIsOn(baseline: RL2Settings.Baseline) throws {
        var settings = smallSettings()
        settings.baseline = baseline
        settings.metaBatch = 16
        settings.epochs = 8
        settings.learningRate = 5e-3
        let agent = try RL2.trained(settings, steps: 32_000)
        for direction in [1.0, -1.0] {
            var random = RandomStream(seed: 7)
            let adapted = try agent.adapt(to: PointEnvironment(direction: direction), episodes: 1, using: &random)
            let result = try PointEnvironment.play(adapted.policy, direction: direction)
            #expect(result > 14, "direction \(direction) returned \(result) of 18 possible")
            var action: [Float] = [0]
            adapted.policy.beginEpisode()
            try adapted.policy.act([0, 0], into: &action)
            #expect(Double(action[0]) * direction > 0.5, "the first action of an episode must know the task")
        }
    }

    @Test func everyNumberOfThreadsGivesTheSameBits() throws {
        try RL2.expectSameBitsWithTwoThreads(smallSettings(), steps: 600)
    }

    @Test func anotherSeedGivesOtherNetworks() throws {
        let one = StateCoder.save(try RL2.trained(smallSettings(), steps: 200, seed: 1))
        let two = StateCoder.save(try RL2.trained(smallSettings(), steps: 200, seed: 2))
        #expect(one["networks/policy.gru.weight_ih"] != two["networks/policy.gru.weight_ih"])
    }

    /// Trials of 600 steps: two slices of collecting and two of learning an iteration, the first of which ends within an epoch.
    @Test(arguments: [1, 2, 3, 4, 5]) func restoringInTheMiddleOfAnIterationGivesTheSameBits(slices: Int) throws {
        var settings = smallSettings()
        settings.episodesPerTrial = 30
        settings.hiddenSize = 4
        settings.metaBatch = 15
        settings.minibatches = 3
        settings.epochs = 5
        let steps = 27_013
        let whole = try RL2.onPoint(settings, steps: steps), first = try RL2.onPoint(settings, steps: steps)
        for _ in 0..<slices {
            try whole.train(pauses: 1)
            try first.train(pauses: 1)
        }
        let second = try RL2.onPoint(settings, steps: steps, seed: 99)
        try StateCoder.restore(StateCoder.save(first), second)
        for _ in 0..<2 {
            try whole.train(pauses: 1)
            try second.train(pauses: 1)
        }
        second.expectState(StateCoder.save(whole))
    }

    @Test(arguments: [1, 13, 39, 40, 41, 333, 1000]) func theStepBudgetIsMetExactly(steps: Int) throws {
        let agent = try RL2.trained(smallSettings(), steps: steps)
        try agent.expectFinished(steps: steps)
        #expect(agent.gradientUpdates > 0)
    }

    /// Products with a row for each of 64 trials are large, and computed as the setting says.
    @Test(arguments: Precision.allCases.filter(\.isAvailable)) func largeProductsHaveThePrecisionOfTheSetting(precision: Precision) throws {
        var settings = smallSettings()
        (settings.hiddenSize, settings.metaBatch, settings.minibatches, settings.precision) = (32, 64, 1, precision)
        let before = LargeProducts.ofThisThread
        try RL2.trained(settings, steps: 64 * 40)
        let after = LargeProducts.ofThisThread
        #expect((after.float32 > before.float32) == (precision == .float32) && (after.bfloat16 > before.bfloat16) == (precision == .bfloat16))
    }

    @Test func gradientUpdatesAreAdamSteps() throws {
        // Six iterations of four trials of 40 steps, three passes of two minibatches each.
        #expect(try RL2.trained(smallSettings(), steps: 960).gradientUpdates == 6 * 3 * 2)
    }

    @Test func unstableEpisodesAreCountedAndLearnedFrom() throws {
        let problem = ScriptedEnvironment.problem([(5, .unstable)], steps: 400)
        let agent = try RL2(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1))
        let before = StateCoder.save(agent)["networks/policy.gru.weight_ih"]
        try agent.finish()
        #expect(agent.unstableEpisodes == 80)
        #expect(agent.environmentSteps == 400)
        #expect(agent.gradientUpdates > 0 && StateCoder.save(agent)["networks/policy.gru.weight_ih"] != before)
    }

    /// Four trials an iteration on two tasks: drawn evenly, each task has half of them. A drawn task has `trialsPerTask` trials.
    @Test(arguments: [
        (TaskSampling.balanced, 1, Set([2])), (.balanced, 2, Set([2])), (.replacement, 1, Set([1, 2, 3, 4])), (.replacement, 2, Set([2, 4])),
    ])
    func theTasksOfAnIterationAreDrawnAsTheSettingSays(draw: TaskSampling, trialsPerTask: Int, copies: Set<Int>) throws {
        var settings = smallSettings()
        (settings.hiddenSize, settings.epochs, settings.taskDraw) = (4, 1, draw)
        (settings.metaBatch, settings.trialsPerTask) = (4 / trialsPerTask, trialsPerTask)
        #expect(try RL2.copiesAskedFor(settings, steps: 30 * 4 * 40) == copies)
    }

    @Test func adaptingPlaysItsEpisodesAndChangesNothingInTheAgent() throws {
        let agent = try RL2.trained(smallSettings(), steps: 400)
        try agent.expectAdaptingChangesNothing()
        var random = RandomStream(seed: 5)
        let unstable = try agent.adapt(to: ScriptedEnvironment([(3, .unstable)]), episodes: 2, using: &random)
        #expect(unstable.steps == 6)
    }

    @Test func policiesDoNotChangeWhenTrainingGoesOn() throws {
        let agent = try RL2.onPoint(smallSettings(), steps: 600)
        try agent.train(untilSteps: 300)
        try agent.expectTrainingDoesNotChange([agent.expectAdaptingChangesNothing()])
    }

    @Test func statesThatDoNotFitAreRefused() throws {
        let agent = try RL2.onPoint(smallSettings(), steps: 640)
        try agent.train(pauses: 1)
        try agent.expectRefused([
            ("environmentSteps", { $0.store(641, at: "environmentSteps") }),
            ("trials/tasks", { $0.store([0, 1, 2, 0], at: "trials/tasks") }),
            ("trials/steps", { $0.store(1 << 40, at: "trials/steps") }),
            ("trials/ends", { $0.store(Array(repeating: 7, count: 160), at: "trials/ends") }),
            ("trials/inputs", { $0.store([1 as Float], at: "trials/inputs") }),
            ("learning/order", { $0.store([0, 0, 1, 2], at: "learning/order") }),
            ("learning/epoch", { $0.store(3, at: "learning/epoch") }),
            ("networks/policy.gru.weight_hh", { $0["networks/policy.gru.weight_hh"] = nil }),
        ])
    }

    @Test func aNonFiniteRewardStopsTraining() throws {
        try RL2.expectNonFiniteRewardsAreErrors(smallSettings(), steps: 1000)
    }

    /// Updates of 640 steps, 4 iterations of 4 trials of 40, and the largest mean divergence of a slice's steps.
    private func learned(maxKL: Float) throws -> (updates: Int, largestKL: Double) {
        var settings = smallSettings()
        settings.learningRate = 1e-2
        settings.maxKL = maxKL
        let agent = try RL2.onPoint(settings, steps: 640)
        var largest = 0.0
        for metrics in try agent.finish().metrics { largest = max(largest, metrics["kl"] ?? 0) }
        return (agent.gradientUpdates, largest)
    }

    @Test func anIterationEndsWhereThePolicyIsTooFarFromTheOneThatCollected() throws {
        let free = try learned(maxKL: 0), bounded = try learned(maxKL: 0.0008), least = try learned(maxKL: 1e-9)
        #expect(free.updates == 4 * 6 && free.largestKL > 0.0008, "\(free)")
        #expect((5..<24).contains(bounded.updates) && bounded.largestKL <= 0.0008, "\(bounded)")
        #expect(least.updates == 4, "the first step of an iteration is always taken: \(least)")
    }

    /// Its environments get normalised actions times the scale, in training and in adapting.
    @Test func actionsAreScaled() throws {
        var settings = smallSettings()
        (settings.actionScale, settings.initialLogStd) = (0.5, -1)
        let agent = try RL2.onPoint(settings, steps: 640)
        let full = try RL2.onPoint(smallSettings(), steps: 640), state = StateCoder.save(agent)
        try StateCoder.restore(state, full)
        func firstAction(_ agent: RL2) throws -> Float {
            var random = RandomStream(seed: 5)
            let environment = RecordingEnvironment()
            _ = try agent.adapt(to: environment, episodes: 1, using: &random)
            return environment.actions[0][0]
        }
        let half = try firstAction(agent)
        #expect(try abs(half - 0.5 * firstAction(full)) < 1e-6 && abs(half) > 0.01)
        try agent.train(pauses: 1)
        let trials = StateCoder.save(agent), inputs = try trials.floats("trials/inputs"), actions = try trials.floats("trials/actions")
        #expect(actions.count == 4 * 40)
        // The input after each step has the action as the environment took it.
        for (row, action) in actions.enumerated() { #expect(abs(inputs[(row + 4) * 5 + 2] - min(max(0.5 * action, -1), 1)) < 1e-6) }
    }

    /// Where values are 0, the value head's targets are (1 - discount) times sums of the trial's later rewards, discounted by discount * lambda.
    @Test func advantagesDecayAsTheSettingsSay() throws {
        var settings = smallSettings()
        (settings.discount, settings.gaeLambda) = (0.9, 0.5)
        let agent = try RL2.onPoint(settings, steps: 640)
        var state = StateCoder.save(agent)
        for key in ["networks/policy.value.weight", "networks/policy.value.bias"] {
            state.store(try state.floats(key).map { _ in 0 }, shape: state[key]?.shape, at: key)
        }
        try StateCoder.restore(state, agent)
        try agent.train(pauses: 1)
        state = StateCoder.save(agent)
        let rewards = try state.floats("trials/rewards"), targets = try state.floats("learning/targets")
        for copy in 0..<4 {
            var sum: Float = 0
            for t in (0..<40).reversed() {
                sum = rewards[t * 4 + copy] + 0.9 * 0.5 * sum
                #expect(abs(targets[t * 4 + copy] - 0.1 * sum) < 1e-5)
            }
        }
    }

    /// Adam's first moment of parameters at rest is a tenth of the gradient.
    @Test func theGradientsNormIsBounded() throws {
        func norm(bound: Float) throws -> Double {
            var settings = smallSettings()
            (settings.maxGradientNorm, settings.epochs, settings.minibatches) = (bound, 1, 1)
            let agent = try RL2.trained(settings, steps: 160), state = StateCoder.save(agent)
            #expect(agent.gradientUpdates == 1)
            let moments = try state.entries.keys.filter { $0.hasPrefix("optimizer/") && $0.hasSuffix(".first") }.flatMap { try state.floats($0) }
            return 10 * moments.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        }
        let free = try norm(bound: 1000)
        #expect(try abs(norm(bound: 0.01) - 0.01) < 1e-4)
        #expect(free > 0.02)
    }

    @Test func impossibleSettingsNameTheirKey() {
        smallSettings().expectRefused([
            ("hiddenSize", { $0.hiddenSize = 0 }), ("episodesPerTrial", { $0.episodesPerTrial = Int.max }),
            ("trialsPerTask", { ($0.metaBatch, $0.trialsPerTask) = (10_000, 10_000) }), ("discount", { $0.discount = 1 }),
            ("clip", { $0.clip = 1 }), ("learningRate", { $0.learningRate = .nan }), ("maxKL", { $0.maxKL = -1 }),
            ("initialLogStd", { $0.initialLogStd = .infinity }), ("gaeLambda", { $0.gaeLambda = 2 }),
        ])
    }

    @Test func aProblemWithoutTasksIsAnError() {
        RL2.expectNoTasksIsAnError(smallSettings())
    }
}
