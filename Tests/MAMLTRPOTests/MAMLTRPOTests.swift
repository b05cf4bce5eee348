import Agents
import Core
import MAMLTRPO
import TestEnvironments
import Testing

private func smallSettings() -> MAMLTRPOSettings {
    var settings = MAMLTRPOSettings()
    settings.makeSmall()
    settings.maxKL = 0.05
    return settings
}

/// What MAML-TRPO shares with other agents of inner steps is checked by `InnerStepExpectations`.
@Suite struct MAMLTRPOTests {
    @Test(arguments: [1, 2]) func smallGradientStepsSolveConflictingTasksAfterMetaTraining(innerSteps: Int) throws {
        try MAMLTRPO.expectMetaTrainingMakesSmallStepsEnough(smallSettings(), innerSteps: innerSteps, untrained: 4, trained: 6)
    }

    @Test func everyNumberOfThreadsGivesTheSameBits() throws {
        try MAMLTRPO.expectSameBitsWithTwoThreads(smallSettings(), steps: 4000)
    }

    @Test(arguments: [1, 2, 3, 5]) func restoringInTheMiddleOfAnIterationGivesTheSameBits(pauses: Int) throws {
        let whole = try MAMLTRPO.expectSameBitsAfterResumingAnIteration(smallSettings(), pauses: pauses)
        #expect(whole.gradientUpdates == 2)  // one an iteration
    }

    @Test(arguments: [1, 3, 79, 333, 2005]) func theStepBudgetIsMetExactly(steps: Int) throws {
        try MAMLTRPO.trained(smallSettings(), steps: steps).expectFinished(steps: steps)
    }

    @Test func adaptingChangesNothingInTheAgentAndTakesItsOwnEpisodes() throws {
        try MAMLTRPO.trained(smallSettings(), steps: 800).expectAdaptingChangesNothing(episodes: 10)
    }

    @Test func policiesAdaptOnTheEpisodesOfTheirTitles() throws {
        try MAMLTRPO.expectEachPolicyAdaptsOnItsOwnEpisodes(smallSettings())
    }

    @Test func unstableEpisodesAreCountedAndTrainedThrough() throws {
        try MAMLTRPO.expectUnstableEpisodesAreTrainedThrough(smallSettings())
    }

    @Test func balancedDrawsMeetEveryTaskEquallyOftenAndOthersDoNot() throws {
        try MAMLTRPO.expectTaskSamplingIsObeyed(smallSettings())
    }

    @Test func adaptingAndCollectingObeyTheirSettings() throws {
        try MAMLTRPO.expectAdaptingObeysItsSettings(smallSettings(), .logLikelihood)
        try MAMLTRPO.expectCollectingObeysItsSettings(smallSettings(), .logLikelihood)
    }

    /// The first iteration collects the same either way, and steps elsewhere.
    @Test func theOuterStepDifferentiatesThroughTheInnerOneUnlessItIsToldNotTo() throws {
        func iteration(firstOrder: Bool) throws -> (adaptedReturn: Double?, bias: [Float]) {
            var settings = smallSettings()
            (settings.firstOrder, settings.innerStepSize) = (firstOrder, 0.5)
            let agent = try MAMLTRPO.onPoint(settings, steps: 800)
            let metrics = try agent.finish().metrics.last
            return (metrics?["postAdaptationReturn"], try StateCoder.save(agent).floats("networks/policy.network.layers.1.bias"))
        }
        let exact = try iteration(firstOrder: false), first = try iteration(firstOrder: true)
        #expect(exact.adaptedReturn != nil && exact.adaptedReturn == first.adaptedReturn)
        #expect(abs(exact.bias[0] - first.bias[0]) > 1e-3, "\(exact) \(first)")
    }

    @Test func theTrustRegionHasTheSettingsOfTheOuterStep() {
        var settings = smallSettings()
        (settings.maxKL, settings.damping, settings.backtrackRatio) = (0.03, 0.002, 0.6)
        (settings.conjugateGradientIterations, settings.maxBacktracks) = (7, 9)
        let region = settings.trustRegion
        #expect(region.maxKL == 0.03 && region.damping == 0.002 && region.backtrackRatio == 0.6)
        #expect(region.conjugateGradientIterations == 7 && region.maxBacktracks == 9)
    }

    @Test func statesThatDoNotFitAreRefused() throws {
        try MAMLTRPO.expectBadStatesAreRefused(smallSettings(), and: [("gradientUpdates", { $0.store(-1, at: "gradientUpdates") })])
    }

    @Test func aNonFiniteLossStopsTraining() throws {
        try MAMLTRPO.expectNonFiniteRewardsAreErrors(smallSettings(), steps: 2000)
    }

    @Test func impossibleSettingsNameTheirKey() {
        smallSettings().expectInnerStepKeysAreChecked(and: [
            ("maxKL", { $0.maxKL = 0 }), ("backtrackRatio", { $0.backtrackRatio = 1 }), ("damping", { $0.damping = -1 }),
            ("maxBacktracks", { $0.maxBacktracks = 0 }), ("conjugateGradientIterations", { $0.conjugateGradientIterations = 1001 }),
        ])
    }

    @Test func aProblemWithoutTasksIsAnError() { MAMLTRPO.expectNoTasksIsAnError(smallSettings()) }
}
