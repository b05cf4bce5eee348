import Core
import Environments
import Grids
import Testing

private func gridworld(_ change: (inout GridworldSettings) -> Void = { _ in }) throws -> Gridworld {
    var settings = GridworldSettings()
    change(&settings)
    return try Gridworld(settings: settings, assets: FamilyAssets())
}

private func task(size: Int, landmark: [Double], slip: Double = 0) -> TaskDescription {
    TaskDescription(name: "t", parameters: ["size": [Double(size)], "landmark": landmark, "slip": [slip]])
}

/// Plays moves from the start; returns the rewards, and how the last step ended.
private func play(_ moves: [Gridworld.Move], in environment: any Environment) throws -> (rewards: [Float], terminated: Bool, truncated: Bool) {
    var batch = StepBatch(copies: 1, description: environment.description)
    try environment.reset(0, into: &batch)
    #expect(batch.observations == [0, 0])
    let rewards = try moves.map { move in
        try environment.step([Float(move.rawValue)], into: &batch)
        return batch.rewards[0]
    }
    return (rewards, batch.terminated[0], batch.truncated[0])
}

@Suite struct GridworldTests {
    @Test func theRewardIsMinusTheDistanceAndTheLandmarkEnds() throws {
        let environment = try gridworld().makeEnvironment(task(size: 4, landmark: [2, 1]), copies: 1)
        // Up and left are off the grid: the walker stays.
        let (rewards, terminated, truncated) = try play([.up, .left, .right, .down, .right], in: environment)
        #expect(rewards == [-3, -3, -2, -1, 0] && terminated && !truncated)
    }

    @Test(arguments: [4, 8]) func aTaskIsCutOffAfterFourStepsForEachCellOfItsOwnSide(size: Int) throws {
        let family = try gridworld(), environment = try family.makeEnvironment(task(size: size, landmark: [2, 2]), copies: 1)
        #expect(family.description.episodeLimit == 32 && environment.description.episodeLimit == 4 * size)
        #expect(try !play(Array(repeating: .up, count: 4 * size - 1), in: environment).truncated)
        let end = try play(Array(repeating: .up, count: 4 * size), in: environment)
        #expect(end.truncated && !end.terminated)
    }

    @Test func landmarksAreUniformOverAllCellsButTheStart() throws {
        let family = try gridworld { $0.sizes = [3] }
        var counts: [[Double]: Int] = [:]
        for seed in 0..<4000 { counts[try #require(family.tasks(.train, seed: UInt64(seed))[0].parameters["landmark"]), default: 0] += 1 }
        #expect(counts.count == 8 && counts[[0, 0]] == nil)
        // 500 expected each, deviation 21.
        for (cell, count) in counts { #expect(abs(count - 500) < 105, "\(cell): \(count)") }
    }

    @Test func tasksFollowTheSettings() throws {
        let standard = try gridworld(), tasks = standard.tasks(.train, seed: 5)
        #expect(tasks.map(\.name) == ["4x4", "5x5", "6x6", "7x7", "8x8"] && standard.tasks(.test, seed: 5) == tasks)
        #expect(standard.tasks(.train, seed: 6) != tasks && standard.tasks(.train, seed: 5) == tasks)
        let unseen = try gridworld { $0.testTasks = .unseen }
        #expect(unseen.tasks(.train, seed: 5) == tasks && unseen.tasks(.test, seed: 5) != tasks)
        #expect(unseen.tasks(.test, seed: 5).map(\.name) == tasks.map(\.name))
        let corner = try gridworld { ($0.landmark, $0.sizes) = (.corner, [4, 4]) }.tasks(.train, seed: 1)
        #expect(corner.map(\.parameters["landmark"]) == [[3, 3], [3, 3]] && corner.map(\.name) == ["4x4", "4x4-2"])
    }

    @Test func aSlipMovesInAUniformDirection() throws {
        let environment = try gridworld().makeEnvironment(task(size: 8, landmark: [7, 7], slip: 0.4), copies: 1)
        environment.random = RandomStream(seed: 3)
        var batch = StepBatch(copies: 1, description: environment.description), moved = 0
        for _ in 0..<4000 {
            try environment.reset(0, into: &batch)
            try environment.step([Float(Gridworld.Move.down.rawValue)], into: &batch)
            if batch.observations == [0, 1] { moved += 1 }
        }
        // 0.6 + 0.4 / 4, deviation 0.007.
        #expect(abs(Double(moved) / 4000 - 0.7) < 0.036)
    }

    @Test func wrongTasksAndSettingsAreRefused() throws {
        let family = try gridworld()
        for wrong in [
            task(size: 9, landmark: [1, 1]), task(size: 1, landmark: [0, 0]), task(size: 4, landmark: [4, 0]), task(size: 4, landmark: [0.5, 1]),
            task(size: 4, landmark: [0, 0]), task(size: 4, landmark: [1]), task(size: 4, landmark: [1, 1], slip: 1.5),
            TaskDescription(name: "t", parameters: ["size": [4], "landmark": [1, 1]]),
            TaskDescription(name: "t", parameters: ["size": [4], "landmark": [1, 1], "slip": [0], "wind": [1]]),
        ] {
            #expect(throws: EnvironmentError.self, "\(wrong)") { try family.makeEnvironment(wrong, copies: 1) }
        }
        #expect(throws: SettingError.self) { try gridworld { $0.sizes = [] } }
        #expect(throws: SettingError.self) { try gridworld { $0.sizes = [4, 1] } }
        #expect(throws: SettingError.self) { try gridworld { $0.slip = -0.1 } }
    }

    @Test func aPictureShowsTheWalkerAndTheLandmark() throws {
        let family = try gridworld(), description = task(size: 5, landmark: [3, 1])
        let picture = try family.picture([2, 4], task: description)
        let circles = picture.elements.compactMap { if case .circle(let center, _) = $0.shape { center } else { nil } }
        #expect(circles == [.init(2, -4)])
        #expect(picture.elements.contains { if case .text(let text, _, _, _) = $0.shape { text == "steps to the landmark: 4" } else { false } })
        #expect(throws: EnvironmentError.self) { try family.picture([5, 0], task: description) }
    }
}

/// The exact dynamics of a task.
@Suite struct GridworldModelTests {
    private func model(_ task: TaskDescription) throws -> TransitionModel {
        try #require(try gridworld().makeEnvironment(task, copies: 1) as? any ModelledEnvironment).model
    }

    @Test(arguments: [0.0, 0.3]) func theModelIsWhatTheEnvironmentDoes(slip: Double) throws {
        let description = task(size: 4, landmark: [2, 1], slip: slip), model = try model(description)
        let environment = try gridworld().makeEnvironment(description, copies: 1)
        environment.random = RandomStream(seed: 1)
        #expect(model.states.count == 16 && model.hasState.count == 64 && model.actionCount == 4)
        #expect(model.states == (0..<4).flatMap { x in (0..<4).map { 8 * x + $0 } })
        var batch = StepBatch(copies: 1, description: environment.description), counts: [[Int]: [Int: Int]] = [:]
        for episode in 0..<400 {
            try environment.reset(0, into: &batch)
            var random = RandomStream(seed: UInt64(episode))
            repeat {
                let state = environment.description.observation.index(of: batch.observations), action = random.index(below: 4)
                try environment.step([Float(action)], into: &batch)
                let next = environment.description.observation.index(of: batch.observations)
                let outcome = try #require(model.outcomes(of: state, by: action).first { $0.next == next }, "impossible: \(state) \(action) \(next)")
                #expect(outcome.reward == Double(batch.rewards[0]) && outcome.isTerminal == batch.terminated[0])
                counts[[state, action], default: [:]][next, default: 0] += 1
            } while !batch.terminated[0] && !batch.truncated[0]
        }
        // Over all pairs: how often the likeliest outcome came, against its probability; deviation below 0.006.
        var likeliest = 0.0, expected = 0.0, steps = 0.0
        for (pair, nexts) in counts {
            guard let best = model.outcomes(of: pair[0], by: pair[1]).max(by: { $0.probability < $1.probability }) else { continue }
            let all = Double(nexts.values.reduce(0, +))
            let probability = model.outcomes(of: pair[0], by: pair[1]).filter { $0.next == best.next }.reduce(0) { $0 + $1.probability }
            (likeliest, expected, steps) = (likeliest + Double(nexts[best.next] ?? 0), expected + all * probability, steps + all)
        }
        #expect(abs(likeliest - expected) < 0.03 * steps)
        for (pair, nexts) in counts {
            let outcomes = model.outcomes(of: pair[0], by: pair[1]), all = nexts.values.reduce(0, +)
            #expect(abs(outcomes.reduce(0) { $0 + $1.probability } - 1) < 1e-12)
            guard all > 150 else { continue }
            for next in Set(outcomes.map(\.next)) {
                let probability = outcomes.filter { $0.next == next }.reduce(0) { $0 + $1.probability }
                #expect(abs(Double(nexts[next] ?? 0) / Double(all) - probability) < 0.15)
            }
        }
    }

    @Test func valueIterationFindsTheShortestWay() throws {
        // Not at the border, where a walker could stay for nothing if the landmark did not end the episode.
        let model = try model(task(size: 6, landmark: [3, 4]))
        // Distances 6, 5, ..., 0 after each of seven steps.
        #expect(model.bestReturn(limit: 20) == -21)
        #expect(model.bestReturn(limit: 2) == -11)
        let table = model.optimalTable(discount: 0.5)
        #expect(abs((table[0..<4].max() ?? 0) - -(6 + 5 / 2.0 + 4 / 4.0 + 3 / 8.0 + 2 / 16.0 + 1 / 32.0)) < 1e-12)
        #expect(zip(model.backup(table, discount: 0.5), table).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    @Test func slippingCosts() throws {
        let sure = try model(task(size: 5, landmark: [3, 4])), slippery = try model(task(size: 5, landmark: [3, 4], slip: 0.2))
        #expect(slippery.bestReturn(limit: 20) < sure.bestReturn(limit: 20) - 1)
    }
}
