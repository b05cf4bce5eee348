import Core
import Environments
import Grids
import Testing

private func uniform(_ states: ArraySlice<Int>, _ weights: inout [Double]) { for i in weights.indices { weights[i] = 1 } }

private func lake(_ change: (inout FrozenLakeSettings) -> Void = { _ in }) throws -> FrozenLake {
    var settings = FrozenLakeSettings()
    change(&settings)
    return try FrozenLake(settings: settings, assets: FamilyAssets())
}

private func cliff(_ change: (inout CliffWalkingSettings) -> Void = { _ in }) throws -> CliffWalking {
    var settings = CliffWalkingSettings()
    change(&settings)
    return try CliffWalking(settings: settings, assets: FamilyAssets())
}

/// The graph that an agent gets: out of an environment of the family.
private func graph(_ family: some TaskFamily, _ task: TaskDescription) throws -> any AcyclicGraph {
    try #require(family.makeEnvironment(task, copies: 1) as? any GraphEnvironment).graph
}

private func length(_ cells: Int) -> TaskDescription { TaskDescription(name: "t", parameters: ["cliffLength": [Double(cells)]]) }

/// Row and column of each terminal state, with its reward.
private func ends(_ graph: EnumeratedGraph) -> [[Int]: Double] {
    Dictionary(uniqueKeysWithValues: zip(graph.terminals, graph.logRewards).map { state, reward in
        (graph.graph.observations(of: [state]).map { Int($0) }, Double(((1e9 * reward).rounded() / 1e9)))
    })
}

@Suite struct WalkBoardTests {
    /// `gait verify` compares both boards with recorded ones; this holds for every variant, whatever is drawn.
    @Test(arguments: BoardBoundary.allCases, [1, 2, 3, 4] as [UInt64])
    func everyBoardKeepsTheLawsOfAGraph(boundary: BoardBoundary, seed: UInt64) throws {
        var graphs: [any AcyclicGraph] = []
        let lakes = try lake { $0.boundary = boundary }
        for task in try lakes.tasks(.train, seed: seed) + lakes.tasks(.test, seed: seed) { graphs.append(try graph(lakes, task)) }
        for goal in CliffWalkingSettings.Goal.allCases where boundary != .reach || goal == .behind {
            let cliffs = try cliff { ($0.boundary, $0.goal) = (boundary, goal) }
            for task in cliffs.tasks(.train, seed: seed) + cliffs.tasks(.test, seed: seed) { graphs.append(try graph(cliffs, task)) }
        }
        for graph in graphs {
            let enumerated = try EnumeratedGraph(graph)
            try enumerated.checkLaws()
            #expect(Set((0..<graph.stateBound).filter(graph.isState)) == Set(enumerated.inner + enumerated.terminals))
            #expect(abs(try enumerated.terminalDistribution(uniform).reduce(0, +) - 1) < 1e-12)
        }
    }

    @Test func everyGoalOfALakeCanBeReached() throws {
        let family = try lake()
        for seed in 0..<20 as Range<UInt64> {
            for task in try family.tasks(.train, seed: seed) {
                let ends = ends(try EnumeratedGraph(graph(family, task)))
                #expect([[0, 7], [7, 4], [7, 7]].allSatisfy { ends[$0] == 0 })
                let numbers = task.parameters["holes"] ?? [], holes = Set((0..<10).map { [Int(numbers[2 * $0]), Int(numbers[2 * $0 + 1])] })
                #expect(holes.count == 10 && holes.isDisjoint(with: [[0, 0], [0, 7], [7, 4], [7, 7]]))
            }
        }
        #expect(throws: SettingError.self) { try lake { ($0.holes, $0.trainTasks) = (30, 100) }.tasks(.train, seed: 1) }
    }

    /// A cliff of 8 cells: what each variant adds and takes away.
    @Test func variantsOfTheCliffEndWhereTheySay() throws {
        func variant(_ change: (inout CliffWalkingSettings) -> Void = { _ in }) throws -> [[Int]: Double] {
            ends(try EnumeratedGraph(graph(cliff(change), length(8))))
        }
        let behind = try variant(), fixed = try variant { $0.goal = .fixed }
        #expect(behind[[3, 9]] == 0 && behind[[3, 10]]! < 0 && behind[[3, 11]]! < 0)
        #expect(fixed[[3, 11]] == 0 && fixed[[3, 9]]! < 0 && fixed[[3, 10]]! < 0)
        // With masked moves only the corner, the goal and the cliff end; nothing goes off the board.
        let masked = try variant { $0.boundary = .mask }
        #expect(Set(masked.keys) == Set((1...9).map { [3, $0] } + [[3, 11]]))
        // With ends on reaching the boundary, the corner is out of reach.
        let reached = try variant { $0.boundary = .reach }
        #expect(Set(reached.keys) == Set((0...10).map { [3, $0] } + (0...2).map { [$0, 11] }))
    }

    @Test func theLengthsOfCliffsAreDistinctOrOfTheTablesRange() throws {
        for seed in 0..<10 as Range<UInt64> {
            let family = try cliff(), table = try cliff { $0.draws = .range }, similar = try cliff { $0.similar = true }
            func lengths(_ family: CliffWalking, _ set: TaskSet) -> [Int] {
                family.tasks(set, seed: seed).map { Int($0.parameters["cliffLength"]![0]) }
            }
            let train = lengths(family, .train), test = lengths(family, .test)
            #expect(Set(train).count == 5 && train.allSatisfy { (5...10).contains($0) })
            #expect(Set(train + test) == Set(1...10) && test.count == 5)
            #expect((lengths(table, .train) + lengths(table, .test)).allSatisfy { (8...10).contains($0) })
            #expect(Set(lengths(similar, .train) + lengths(similar, .test)).count == 1)
        }
        #expect(try cliff().tasks(.train, seed: 1) != cliff().tasks(.train, seed: 2))
    }

    /// Every hole is drawn: none keeps the place that it has in the list of cells.
    @Test func everyHoleOfALakeIsDrawn() throws {
        let lakes = try (0..<60 as Range<UInt64>).flatMap { try lake().tasks(.train, seed: $0) }.map { $0.parameters["holes"]! }
        for hole in 0..<10 {
            let places = Dictionary(grouping: lakes) { [$0[2 * hole], $0[2 * hole + 1]] }
            #expect(places.values.map(\.count).max()! < lakes.count / 8, "hole \(hole)")
        }
    }

    @Test func aLakesTasksAreDrawnByTheTaskSeed() throws {
        let family = try lake(), similar = try lake { $0.similar = true }
        let all = try family.tasks(.train, seed: 1) + family.tasks(.test, seed: 1)
        #expect(all.count == 10 && Set(all.map(\.name)).count == 10 && Set(all.map { $0.parameters["holes"]! }).count == 10)
        #expect(try family.tasks(.train, seed: 1) == Array(all.prefix(5)) && family.tasks(.train, seed: 2) != Array(all.prefix(5)))
        #expect(Set(try TaskSet.allCases.flatMap { try similar.tasks($0, seed: 3) }.map { $0.parameters["holes"]! }).count == 1)
    }

    @Test func wrongTasksAndSettingsAreErrorsNamingTheKey() throws {
        func refused(_ numbers: [Double]?) -> Bool {
            do {
                _ = try lake().makeEnvironment(TaskDescription(name: "t", parameters: numbers.map { ["holes": $0] } ?? [:]), copies: 1)
                return false
            } catch { return "\(error)".contains("'holes'") }
        }
        for numbers in [nil, [1], [1, 8], [1.5, 1], [0, 0], [7, 4]] as [[Double]?] { #expect(refused(numbers), "\(String(describing: numbers))") }
        #expect(!refused([]) && !refused([1, 1]))
        for cells in [0, 11] { #expect(throws: EnvironmentError.self) { try cliff().makeEnvironment(length(cells), copies: 1) } }
        func key(_ change: (inout CliffWalkingSettings) -> Void) -> String? {
            do { _ = try cliff(change) } catch { return (error as? SettingError)?.key }
            return nil
        }
        #expect(key { $0.trainTasks = 7 } == "trainTasks")
        #expect(key { $0.testTasks = 6 } == "testTasks")
        #expect(key { ($0.trainTasks, $0.similar) = (7, true) } == nil)
        #expect(key { ($0.goal, $0.boundary) = (.fixed, .reach) } == "boundary")
        #expect(throws: SettingError.self) { try lake { $0.holes = 31 } }
    }

    @Test func picturesShowTheWalkerAndWhereItEnded() throws {
        let task = length(5), family = try cliff()
        let environment = try #require(family.makeEnvironment(task, copies: 1) as? any PicturedEnvironment)
        var batch = StepBatch(copies: 1, description: environment.description)
        try environment.reset(0, into: &batch)
        try environment.step([1], into: &batch)
        let walking = try family.picture(environment.pictureState(0), task: task)
        #expect(walking.elements.contains { if case .circle(.init(1, 3), _) = $0.shape { true } else { false } })
        for _ in 0..<3 { try environment.step([0], into: &batch) }
        let ended = try family.picture(environment.pictureState(0), task: task)
        #expect(batch.terminated[0] && ended.elements.count == 48 + 1)
        #expect(!ended.elements.contains { if case .circle = $0.shape { true } else { false } })
        #expect(throws: EnvironmentError.self) { try family.picture([200], task: task) }
        let holes = TaskDescription(name: "t", parameters: ["holes": [1, 1, 2, 2]])
        let ice = try lake().picture([0], task: holes)
        #expect(ice.elements.count { $0.fill == .blue } == 2 && ice.elements.count { $0.fill == .green } == 3)
    }
}
