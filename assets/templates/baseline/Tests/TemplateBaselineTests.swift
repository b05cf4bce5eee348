import Agents
import Core
import TemplateBaseline
import TestEnvironments
import Testing

private func smallSettings() -> TemplateBaselineSettings {
    var settings = TemplateBaselineSettings()
    settings.hidden = [16]
    settings.stepsPerTask = 100
    settings.learningRate = 0.02
    return settings
}

/// A point on a line; two tasks that conflict, or one.
private func problem(steps: Int, tasks: Int = 2) -> Problem {
    var problem = PointEnvironment.problem(steps: steps)
    problem.trainTasks = Array(problem.trainTasks.prefix(tasks))
    return problem
}

private func agent(_ problem: Problem, seed: UInt64 = 1) throws -> TemplateBaseline {
    try TemplateBaseline(problem: problem, settings: smallSettings(), random: RandomStreams(seed: seed))
}

@Suite struct TemplateBaselineTests {
    @Test func oneTaskIsLearned() throws {
        let agent = try agent(problem(steps: 8000, tasks: 1))
        try agent.train(untilSteps: 8000)
        var random = RandomStream(seed: 5)
        let policy = try agent.adapt(to: PointEnvironment(direction: 1), episodes: 0, using: &random).policy
        let result = try PointEnvironment.play(policy, direction: 1)
        #expect(result > 12, "returned \(result) of \(PointEnvironment.bestReturn) possible")
    }

    @Test func adaptingRaisesTheReturnAndChangesNothingInTheAgent() throws {
        var settings = smallSettings()
        settings.adaptationRate = 1
        let agent = try TemplateBaseline(problem: problem(steps: 1000), settings: settings, random: RandomStreams(seed: 1))
        try agent.train(untilSteps: 1000)
        let before = StateCoder.save(agent)
        var unadapted = 0.0, adapted = 0.0  // whatever a policy does for one direction it does against the other
        for direction in [1.0, -1.0] {
            var random = RandomStream(seed: 5)
            let first = try agent.adapt(to: PointEnvironment(direction: direction), episodes: 0, using: &random)
            let second = try agent.adapt(to: PointEnvironment(direction: direction), episodes: 5, using: &random)
            #expect(second.episodeReturns.count == 5 && second.steps == 100)
            unadapted += try PointEnvironment.play(first.policy, direction: direction)
            adapted += try PointEnvironment.play(second.policy, direction: direction)
        }
        #expect(adapted > unadapted + 10, "returned \(unadapted) before adapting and \(adapted) after")
        agent.expectState(before)
    }

    @Test func restoringInTheMiddleGivesTheSameBitsAndTheBudgetIsMetExactly() throws {
        let whole = try agent(problem(steps: 1010)), first = try agent(problem(steps: 1010))
        let second = try agent(problem(steps: 1010), seed: 99)
        try whole.train(untilSteps: 1010)
        try first.train(pauses: 2)
        try StateCoder.restore(StateCoder.save(first), second)
        try second.train(untilSteps: 1010)
        second.expectState(StateCoder.save(whole))
        try second.expectFinished(steps: 1010)
    }

    @Test func impossibleSettingsNameTheirKey() {
        smallSettings().expectRefused([("stepsPerTask", { $0.stepsPerTask = 0 }), ("hidden", { $0.hidden = [] })])
    }
}
