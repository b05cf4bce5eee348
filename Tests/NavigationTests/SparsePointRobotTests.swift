import Core
import Environments
import Foundation
import Navigation
import TestEnvironments
import Testing

private struct Recorded: Decodable {
    struct Step: Decodable {
        var state: [Double]
        var action: [Double]
        var next: [Double]
        var reward: Double
        var sparseReward: Double
    }
    var parameters: [String: [Double]]
    var steps: [Step]
}

private func family(_ change: (inout SparsePointRobotSettings) -> Void = { _ in }) throws -> SparsePointRobot {
    var settings = SparsePointRobotSettings()
    change(&settings)
    return try SparsePointRobot(settings: settings, assets: FamilyAssets())
}

private func task(_ x: Double, _ y: Double) -> TaskDescription { TaskDescription(name: "goal", parameters: ["goal": [x, y]]) }

@Suite struct SparsePointRobotTests {
    /// Both rewards of the recording: the sparse one is the environment's, the dense one is for learning.
    @Test func transitionsAreThoseOfTheRecording() throws {
        let file = referenceFolder.appendingPathComponent("transitions/sparse-point-robot.json")
        let recorded = try JSONDecoder().decode(Recorded.self, from: Data(contentsOf: file))
        let environment = try #require(
            family().makeEnvironment(TaskDescription(name: "recorded", parameters: recorded.parameters), copies: 1) as? any ExactEnvironment)
        var batch = StepBatch(copies: 1, description: environment.description), paid = 0
        for step in recorded.steps {
            try environment.reset(0, into: &batch)
            var state = StateCoder.save(environment)
            state.store(step.state, at: "states")
            try StateCoder.restore(state, environment)
            try environment.step(exactly: step.action, into: &batch)
            let next = try StateCoder.save(environment).doubles("states", count: 2)
            for (found, expected) in zip(next, step.next) { #expect(abs(found - expected) <= 1e-12) }
            #expect(abs(environment.exactReward(0) - step.sparseReward) <= 1e-12)
            #expect(abs(environment.exactLearningReward(0) - step.reward) <= 1e-12)
            #expect(batch.rewards[0] == Float(step.sparseReward) && batch.learningRewards[0] == Float(step.reward) && !batch.terminated[0])
            if step.sparseReward > 0 { paid += 1 }
        }
        #expect(paid >= 3 && paid < recorded.steps.count)
    }

    /// The straight run's return: at most 12.7 along an axis, where rounding decides whether the step to a distance of 0.2 pays, and more along a
    /// diagonal, whose steps are longer.
    @Test func theStraightRunReturnsWhatTheSpecificationSays() throws {
        func best(_ x: Double, _ y: Double) throws -> Double {
            let environment = try family().makeEnvironment(task(x, y), copies: 1)
            var batch = StepBatch(copies: 1, description: environment.description), sum = 0.0
            try environment.reset(0, into: &batch)
            for step in 1...20 {
                let rest = [x - Double(batch.observations[0]), y - Double(batch.observations[1])], longest = max(abs(rest[0]), abs(rest[1]))
                try environment.step(rest.map { Float($0 / max(longest, 0.1)) }, into: &batch)
                sum += Double(batch.rewards[0])
                #expect(batch.truncated[0] == (step == 20))
            }
            return sum
        }
        let axis = try best(1, 0), diagonal = try best(0.5.squareRoot(), 0.5.squareRoot())
        #expect(axis > 11.89 && axis < 12.71 && abs(diagonal - 14.84) < 0.01, "\(axis) \(diagonal)")
    }

    @Test func actionsBeyondTheirRangeAreCutOff() throws {
        let environment = try family().makeEnvironment(task(1, 0), copies: 2)
        var batch = StepBatch(copies: 2, description: environment.description)
        for copy in 0..<2 { try environment.reset(copy, into: &batch) }
        #expect(batch.observations == [0, 0, 0, 0])
        try environment.step([7, -7, 0.5, 0], into: &batch)
        #expect(batch.observations == [0.1, -0.1, 0.05, 0])
    }

    @Test func goalsLieEvenlyOnTheHalfCircleAndAreShuffledOnce() throws {
        let own = try family { ($0.trainTasks, $0.testTasks) = (80, 20) }
        let train = own.tasks(.train, seed: 1), test = own.tasks(.test, seed: 1), all = train + test
        #expect(train.count == 80 && test.count == 20 && Set(all.map(\.name)).count == 100)
        for task in all {
            let index = try #require(Int(task.name.dropFirst(5))), angle = Double.pi * Double(index) / 99
            let goal = try #require(task.parameters["goal"])
            #expect(abs(goal[0] - cos(angle)) < 1e-12 && abs(goal[1] - sin(angle)) < 1e-12)
        }
        #expect(all.map(\.name) != all.map(\.name).sorted() && own.tasks(.train, seed: 1) == train && own.tasks(.train, seed: 2) != train)
        let standard = try family()
        #expect(standard.tasks(.train, seed: 3).count == 10 && standard.tasks(.test, seed: 3).isEmpty)
    }

    /// A measure of the end of an episode, not of the places that it passed.
    @Test func anEpisodeIsMeasuredAtItsEnd() throws {
        let environment = try #require(family().makeEnvironment(task(1, 0), copies: 1) as? any MeasuredEnvironment)
        var batch = StepBatch(copies: 1, description: environment.description)
        func measures(_ actions: [Float]) throws -> [String: Double] {
            try environment.reset(0, into: &batch)
            for action in actions { try environment.step([action, 0], into: &batch) }
            return Dictionary(uniqueKeysWithValues: environment.measures(ofEpisodeIn: 0).map { ($0.metric, $0.value) })
        }
        let there = try measures(Array(repeating: 0.45, count: 20)), through = try measures(Array(repeating: 1, count: 20))
        #expect(abs(try #require(there["finalDistance"]) - 0.1) < 1e-6 && there["goalReached"] == 1)
        #expect(abs(try #require(through["finalDistance"]) - 1) < 1e-6 && through["goalReached"] == 0)
    }

    @Test func theLearningRewardCanBeTheSparseOneAlone() throws {
        let sparse = try family { $0.learningReward = .sparse }
        #expect(try !sparse.description.hasLearningReward && family().description.hasLearningReward)
        let environment = try sparse.makeEnvironment(task(1, 0), copies: 1)
        var batch = StepBatch(copies: 1, description: environment.description)
        try environment.reset(0, into: &batch)
        try environment.step([1, 0], into: &batch)
        #expect(batch.learningRewards.isEmpty && batch.rewards == [0])
    }

    @Test func theRadiusIsASetting() throws {
        let environment = try family { $0.radius = 0.95 }.makeEnvironment(task(1, 0), copies: 1)
        var batch = StepBatch(copies: 1, description: environment.description)
        try environment.reset(0, into: &batch)
        try environment.step([1, 0], into: &batch)
        #expect(abs(batch.rewards[0] - 0.1) < 1e-6)
        #expect(performing: { _ = try family { $0.radius = 0 } }, throws: { ($0 as? SettingError)?.key == "radius" })
        #expect(performing: { _ = try family { $0.trainTasks = 0 } }, throws: { ($0 as? SettingError)?.key == "trainTasks" })
        #expect(throws: EnvironmentError.self) {
            try family().makeEnvironment(TaskDescription(name: "none", parameters: ["angle": [1]]), copies: 1)
        }
    }

    @Test func thePictureShowsAllGoalsTheTrueOneDarkAndTheRobot() throws {
        let own = try family(), first = own.tasks(.train, seed: 1)[0], goal = try #require(first.parameters["goal"])
        let picture = try own.picture([0.25, 0.5], task: first)
        let disks = picture.elements.compactMap { element -> (Picture.Point, Picture.Color?)? in
            if case .circle(let center, 0.2) = element.shape { (center, element.fill) } else { nil }
        }
        #expect(disks.count == 11 && disks.filter { $0.1 == .blue }.map(\.0) == [.init(goal[0], goal[1])])
        #expect(picture.elements.contains { if case .circle(.init(0.25, 0.5), _) = $0.shape { true } else { false } })
        #expect(throws: EnvironmentError.self) { try own.picture([1], task: first) }
        #expect(throws: EnvironmentError.self) { try own.picture([.nan, 0], task: first) }
    }
}
