import Agents
import Core
import ProMP
import TestEnvironments
import Testing

private func smallSettings() -> ProMPSettings {
    var settings = ProMPSettings()
    settings.makeSmall()
    settings.learningRate = 3e-3
    return settings
}

/// What ProMP shares with other agents of inner steps is checked by `InnerStepExpectations`.
@Suite struct ProMPTests {
    @Test(arguments: [1, 2]) func smallGradientStepsSolveConflictingTasksAfterMetaTraining(innerSteps: Int) throws {
        try ProMP.expectMetaTrainingMakesSmallStepsEnough(smallSettings(), innerSteps: innerSteps, untrained: 6, trained: 9)
    }

    @Test func everyNumberOfThreadsGivesTheSameBits() throws {
        try ProMP.expectSameBitsWithTwoThreads(smallSettings(), steps: 4000)
    }

    @Test(arguments: [1, 2, 3, 5]) func restoringInTheMiddleOfAnIterationGivesTheSameBits(pauses: Int) throws {
        let whole = try ProMP.expectSameBitsAfterResumingAnIteration(smallSettings(), pauses: pauses)
        #expect(whole.gradientUpdates == 10)  // five an iteration
    }

    @Test(arguments: [1, 3, 79, 333, 2005]) func theStepBudgetIsMetExactly(steps: Int) throws {
        try ProMP.trained(smallSettings(), steps: steps).expectFinished(steps: steps)
    }

    @Test func adaptingChangesNothingInTheAgentAndTakesItsOwnEpisodes() throws {
        try ProMP.trained(smallSettings(), steps: 800).expectAdaptingChangesNothing(episodes: 10)
    }

    @Test func policiesAdaptOnTheEpisodesOfTheirTitles() throws {
        try ProMP.expectEachPolicyAdaptsOnItsOwnEpisodes(smallSettings())
    }

    @Test func unstableEpisodesAreCountedAndTrainedThrough() throws {
        try ProMP.expectUnstableEpisodesAreTrainedThrough(smallSettings())
    }

    @Test func balancedDrawsMeetEveryTaskEquallyOftenAndOthersDoNot() throws {
        try ProMP.expectTaskSamplingIsObeyed(smallSettings())
    }

    @Test func adaptingAndCollectingObeyTheirSettings() throws {
        try ProMP.expectAdaptingObeysItsSettings(smallSettings(), .likelihoodRatio)
        try ProMP.expectCollectingObeysItsSettings(smallSettings(), .likelihoodRatio)
    }

    /// More weight on the divergence before the inner step, or a narrower range of ratios, and the outer steps go less far.
    @Test func thePenaltyAndTheClipRangeHoldTheOuterStepsBack() throws {
        func divergences(_ change: (inout ProMPSettings) -> Void) throws -> (inner: Double, outer: Double) {
            var settings = smallSettings()
            (settings.outerSteps, settings.learningRate, settings.innerKLPenalty, settings.clip) = (5, 1e-2, 0, 0.9)
            change(&settings)
            let metrics = try #require(try ProMP.onPoint(settings, steps: 800).finish().metrics.last)  // one iteration
            return (try #require(metrics["innerKL"]), try #require(metrics["kl"]))
        }
        let free = try divergences { _ in }, penalized = try divergences { $0.innerKLPenalty = 30 }, clipped = try divergences { $0.clip = 0.01 }
        #expect(penalized.inner < 0.7 * free.inner, "\(penalized) \(free)")
        #expect(clipped.outer < 0.7 * free.outer, "\(clipped) \(free)")
    }

    @Test func statesThatDoNotFitAreRefused() throws {
        try ProMP.expectBadStatesAreRefused(smallSettings(), and: [
            ("optimizer/steps", { $0.store(-1, at: "optimizer/steps") }),
            ("innerKLPenalty", { $0.store([-1] as [Float], at: "innerKLPenalty") }),
        ])
    }

    @Test func aNonFiniteLossStopsTraining() throws {
        try ProMP.expectNonFiniteRewardsAreErrors(smallSettings(), steps: 2000)
    }

    @Test func impossibleSettingsNameTheirKey() {
        smallSettings().expectInnerStepKeysAreChecked(and: [
            ("clip", { $0.clip = 1 }), ("outerSteps", { $0.outerSteps = 0 }), ("learningRate", { $0.learningRate = .nan }),
            ("innerKLPenalty", { ($0.innerKLTarget, $0.innerKLPenalty) = (1, 0) }),
        ])
    }

    @Test func anAdaptivePenaltyIsHalvedWhereTheDivergenceIsBelowItsTarget() throws {
        var settings = smallSettings()
        settings.innerKLTarget = 1000
        let agent = try ProMP.trained(settings, steps: 2400)  // three iterations
        #expect(try StateCoder.save(agent).floats("innerKLPenalty") == [settings.innerKLPenalty / 8])
        settings.innerKLTarget = 1e-9
        let other = try ProMP.trained(settings, steps: 2400)
        #expect(try StateCoder.save(other).floats("innerKLPenalty") == [settings.innerKLPenalty * 8])
    }

    @Test func aProblemWithoutTasksIsAnError() { ProMP.expectNoTasksIsAnError(smallSettings()) }
}
