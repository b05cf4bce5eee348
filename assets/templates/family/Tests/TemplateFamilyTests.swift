import Core
import Environments
import Foundation
import Testing

@testable import TemplateFamily

@Suite struct TemplateFamilyTests {
    private let family = try! TemplateFamily()

    /// Pushing towards the goal gains more than standing still.
    @Test func theRewardIsHigherNearTheGoal() throws {
        func episodeReturn(_ task: TaskDescription, push: Double) throws -> Double {
            let environment = try family.makeEnvironment(task, copies: 1)
            var batch = StepBatch(copies: 1, description: environment.description), sum = 0.0
            let angle = try #require(task.parameters["angle"]?.first)
            try environment.reset(0, into: &batch)
            while !batch.terminated[0] && !batch.truncated[0] {
                let near = hypot(Double(batch.observations[0]), Double(batch.observations[1])) > 0.7
                try environment.step(near ? [0, 0] : [Float(push * cos(angle)), Float(push * sin(angle))], into: &batch)
                sum += Double(batch.rewards[0])
            }
            return sum
        }
        for task in family.tasks(.train, seed: 1) { #expect(try episodeReturn(task, push: 0.5) > episodeReturn(task, push: 0) + 5) }
    }

    @Test func episodesLastUntilTheirLimit() throws {
        let environment = try family.makeEnvironment(family.tasks(.train, seed: 1)[0], copies: 2)
        var batch = StepBatch(copies: 2, description: environment.description)
        for copy in 0..<2 { try environment.reset(copy, into: &batch) }
        for step in 1...60 {
            try environment.step([0.5, 0, -1, 1], into: &batch)
            #expect(batch.truncated == [step == 60, step == 60] && batch.terminated == [false, false])
        }
    }

    @Test func tasksAreTheSameForASeedAndDisjoint() {
        let train = family.tasks(.train, seed: 1), test = family.tasks(.test, seed: 1)
        #expect(train.count == 8 && test.count == 4 && Set((train + test).map { $0.parameters }).count == 12)
        #expect(family.tasks(.train, seed: 1) == train && family.tasks(.train, seed: 2) != train)
    }

    /// Saving, then going on, and restoring, then going on, give the same bits.
    @Test func aRestoredEnvironmentGoesOnTheSame() throws {
        let task = family.tasks(.train, seed: 1)[0]
        let one = try family.makeEnvironment(task, copies: 2), other = try family.makeEnvironment(task, copies: 2)
        var batch = StepBatch(copies: 2, description: one.description), again = batch
        for copy in 0..<2 { try one.reset(copy, into: &batch) }
        try one.step([1, 0, 0, 1], into: &batch)
        try StateCoder.restore(StateCoder.save(one), other)
        for _ in 0..<3 {
            for environment in [one, other] { try environment.reset(1, into: &batch) }
            try one.step([0.3, -0.2, 0.9, 0.1], into: &batch)
            try other.step([0.3, -0.2, 0.9, 0.1], into: &again)
            #expect(batch.observations == again.observations && batch.rewards == again.rewards)
        }
    }

    @Test func aSettingThatCantBeRightNamesItsKey() {
        var settings = TemplateFamilySettings()
        settings.distance = 0
        #expect(performing: { try TemplateFamily(settings: settings, assets: FamilyAssets()) }, throws: { ($0 as? SettingError)?.key == "distance" })
    }

    @Test func thePictureShowsThePuckAndTheGoal() throws {
        let task = TaskDescription(name: "right", parameters: ["angle": [0]])
        let circles = try family.picture([0.25, -0.5, 0, 0], task: task).elements.compactMap { element -> Picture.Point? in
            if case .circle(let center, _) = element.shape { center } else { nil }
        }
        #expect(circles.contains(.init(1, 0)) && circles.contains(.init(0.25, -0.5)))
        #expect(throws: EnvironmentError.self) { try family.picture([1, 2], task: task) }
    }
}
