import ClassicControl
import Core
import Environments
import Foundation
import TestEnvironments
import Testing

private struct Recorded: Decodable {
    struct Step: Decodable {
        var state: [Double]
        var action: Float
        var next: [Double]
        var reward: Float
        var terminated: Bool
    }
    var parameters: [String: Double]
    var steps: [Step]
}

@Suite struct CartPoleTests {
    private let family = try! CartPole()

    @Test(arguments: 1...5) func transitionsAreThoseOfGym(number: Int) throws {
        let file = referenceFolder.appendingPathComponent("transitions/cart-pole_\(number).json")
        let recorded = try JSONDecoder().decode(Recorded.self, from: Data(contentsOf: file))
        let task = TaskDescription(name: "recorded", parameters: recorded.parameters.mapValues { [$0] })
        let environment = try family.makeEnvironment(task, copies: 1)
        var batch = StepBatch(copies: 1, description: environment.description)
        #expect(recorded.steps.count == 20)
        for step in recorded.steps {
            try environment.reset(0, into: &batch)
            var state = StateCoder.save(environment)
            state.store(step.state, at: "states")
            try StateCoder.restore(state, environment)
            try environment.step([step.action], into: &batch)
            let next = try StateCoder.save(environment).doubles("states", count: 4)
            for (found, expected) in zip(next, step.next) { #expect(abs(found - expected) <= 1e-12 * max(1, abs(expected))) }
            #expect(batch.observations == next.map(Float.init))
            #expect(batch.rewards[0] == step.reward && batch.terminated[0] == step.terminated)
        }
    }

    @Test func theTableIsTheTasksOfTheRecordings() throws {
        let tasks = family.tasks(.train, seed: 1)
        for (index, task) in tasks.enumerated() {
            let file = referenceFolder.appendingPathComponent("transitions/cart-pole_\(index + 1).json")
            let recorded = try JSONDecoder().decode(Recorded.self, from: Data(contentsOf: file))
            #expect(task.parameters == recorded.parameters.mapValues { [$0] })
        }
        #expect(tasks.count == 5 && family.tasks(.test, seed: 2) == tasks && Set(tasks.map(\.name)).count == 5)
    }

    @Test func episodesBeginNearUprightAndEndAfterTwoHundredStepsAtTheLatest() throws {
        let environment = try family.makeEnvironment(family.tasks(.train, seed: 1)[0], copies: 1)
        var batch = StepBatch(copies: 1, description: environment.description), firsts: [Float] = [], lengths: [Int] = []
        environment.random = RandomStream(seed: 2)
        for _ in 0..<200 {
            try environment.reset(0, into: &batch)
            firsts += batch.observations
            var length = 0
            repeat {
                // Push to the side to which the pole falls.
                try environment.step([batch.observations[2] + batch.observations[3] > 0 ? 1 : 0], into: &batch)
                #expect(batch.rewards[0] == 1)
                length += 1
            } while !batch.terminated[0] && !batch.truncated[0]
            lengths.append(length)
        }
        #expect(firsts.allSatisfy { abs($0) <= 0.05 } && firsts.min()! < -0.049 && firsts.max()! > 0.049)
        #expect(abs(firsts.reduce(0, +) / Float(firsts.count)) < 0.005)
        #expect(lengths.max()! == 200 && lengths.allSatisfy { $0 >= 8 })
    }

    @Test func aRestoredEnvironmentGoesOnToTheSameBits() throws {
        let task = family.tasks(.train, seed: 1)[4]
        func play(_ environment: any Environment, _ batch: inout StepBatch) throws -> [Float] {
            try (0..<120).flatMap { step in
                for copy in 0..<2 where batch.terminated[copy] || batch.truncated[copy] { try environment.reset(copy, into: &batch) }
                try environment.step([Float(step % 2), Float(step % 3 == 0 ? 1 : 0)], into: &batch)
                return batch.observations
            }
        }
        let one = try family.makeEnvironment(task, copies: 2), other = try family.makeEnvironment(task, copies: 2)
        one.random = RandomStream(seed: 9)
        var batch = StepBatch(copies: 2, description: one.description)
        for copy in 0..<2 { try one.reset(copy, into: &batch) }
        _ = try play(one, &batch)
        try StateCoder.restore(StateCoder.save(one), other)
        var copied = batch
        #expect(try play(one, &batch) == play(other, &copied))
        let elsewhere = try family.makeEnvironment(family.tasks(.train, seed: 1)[3], copies: 2)
        #expect(throws: StateError.self) { try StateCoder.restore(StateCoder.save(one), elsewhere) }
    }

    @Test func drawnTasksFillTheirRanges() throws {
        var settings = CartPoleSettings()
        (settings.tasks, settings.trainTasks, settings.testTasks) = (.random, 300, 100)
        settings.poleMass = [0.2, 0.2]
        let drawn = try CartPole(settings: settings, assets: FamilyAssets())
        let train = drawn.tasks(.train, seed: 1), test = drawn.tasks(.test, seed: 1)
        #expect(train.count == 300 && test.count == 100 && Set((train + test).map(\.name)).count == 400)
        let forces = train.map { $0.parameters["force"]![0] }
        #expect(forces.allSatisfy { (1...20).contains($0) } && forces.min()! < 1.1 && forces.max()! > 18)
        #expect(train.allSatisfy { abs($0.parameters["masspole"]![0] - 0.2) < 1e-15 })
        #expect(drawn.tasks(.train, seed: 1) == train && drawn.tasks(.train, seed: 2) != train)
    }

    @Test func settingsThatCantBeRightOrHaveNoEffectAreErrorsNamingTheKey() {
        func key(_ change: (inout CartPoleSettings) -> Void) -> String? {
            var settings = CartPoleSettings()
            change(&settings)
            do { _ = try CartPole(settings: settings, assets: FamilyAssets()) } catch { return (error as? SettingError)?.key }
            return nil
        }
        #expect(key { $0.trainTasks = 6 } == "trainTasks")
        #expect(key { ($0.tasks, $0.trainTasks) = (.random, 6) } == nil)
        #expect(key { $0.force = [1, 2] } == "force")
        #expect(key { ($0.tasks, $0.force) = (.random, [2, 1]) } == "force")
        #expect(key { ($0.tasks, $0.halfLength) = (.random, [0, 1]) } == "halfLength")
        #expect(key { $0.episodeLimit = 0 } == "episodeLimit")
    }

    @Test func tasksThatAreNotOfTheFamilyAreErrorsNamingTheKey() {
        for (parameters, text) in [
            (["force": [1.0], "masspole": [1]], "has no parameter 'lengthpole'"),
            (["force": [1], "masspole": [-1], "lengthpole": [1]], "'masspole' of cart-pole is -1.0, a number above 0 expected"),
            (["forse": [1], "masspole": [1], "lengthpole": [1]], "has no task parameter 'forse'"),
        ] {
            let task = TaskDescription(name: "t", parameters: parameters)
            #expect(performing: { try family.makeEnvironment(task, copies: 1) }, throws: { "\($0)".contains(text) })
        }
    }

    @Test func thePictureShowsWhereCartAndPoleAre() throws {
        let task = family.tasks(.train, seed: 1)[0]
        let picture = try family.picture([1, 0, 0.1, 0], task: task)
        let pole = picture.elements.compactMap { element -> (Picture.Point, Picture.Point)? in
            if case .line(let from, let to) = element.shape, from == .init(1, 0) { (from, to) } else { nil }
        }
        #expect(pole.count == 1 && abs(pole[0].1.x - (1 + sin(0.1))) < 1e-12 && abs(pole[0].1.y - cos(0.1)) < 1e-12)
        #expect(throws: EnvironmentError.self) { try family.picture([1, 2, 3], task: task) }
        #expect(throws: EnvironmentError.self) { try family.picture([1, 2, .nan, 3], task: task) }
        let environment = try family.makeEnvironment(task, copies: 1)
        let state = try #require(environment as? any PicturedEnvironment).pictureState(0)
        #expect(throws: Never.self) { try family.picture(state, task: task) }
    }
}
