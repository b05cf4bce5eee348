import Core
import Environments
import Foundation
import Grids
import TestEnvironments
import Testing

private struct Recorded: Decodable {
    struct End: Decodable {
        var cell: [Int]
        var reward, target, uniform: Double
        var parents: [[Int]]
    }
    var parameters: [String: Double]
    var cells: Int
    var ends: [End]
    var bestSampledReward, bestReward, uniformReward, uniformL1: Double
}

/// The graph that an agent gets: out of an environment of the family.
private func graph(_ change: (inout HyperGridSettings) -> Void = { _ in }, baseReward: Double = 0.05) throws -> any AcyclicGraph {
    var settings = HyperGridSettings()
    change(&settings)
    let task = TaskDescription(name: "t", parameters: ["R0": [baseReward]])
    let environment = try HyperGrid(settings: settings, assets: FamilyAssets()).makeEnvironment(task, copies: 1)
    return try #require(environment as? any GraphEnvironment).graph
}

private func uniform(_ states: ArraySlice<Int>, _ weights: inout [Double]) { for i in weights.indices { weights[i] = 1 } }

@Suite struct HyperGridTests {
    private let family = try! HyperGrid()

    @Test func theGraphIsTheRecordedOne() throws {
        let file = referenceFolder.appendingPathComponent("graphs/hyper-grid.json")
        let recorded = try JSONDecoder().decode(Recorded.self, from: Data(contentsOf: file))
        let graph = try EnumeratedGraph(graph(baseReward: recorded.parameters["R0"]!))
        #expect(graph.inner.count == recorded.cells && graph.terminals.count == recorded.ends.count)
        let distribution = try graph.terminalDistribution(uniform), target = graph.target
        func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-12 }
        func cell(_ state: Int) -> [Int] { graph.graph.observations(of: [state]).map { Int($0) } }
        for end in recorded.ends {
            let index = try #require(graph.terminals.firstIndex { cell($0) == end.cell }), state = graph.terminals[index]
            #expect(near(exp(graph.graph.logReward(of: state)), end.reward))
            #expect(near(target[index], end.target) && near(distribution[index], end.uniform))
            let parents = graph.graph.parents(of: state).map { cell($0.state) + [$0.action] }
            #expect(Set(parents) == Set(end.parents))
        }
        #expect(near(graph.meanReward(target), recorded.bestSampledReward))
        #expect(near(graph.logRewards.map(exp).max()!, recorded.bestReward))
        #expect(near(graph.meanReward(distribution), recorded.uniformReward))
        #expect(near(graph.l1Error(distribution), recorded.uniformL1))
    }

    @Test(arguments: [(2, 8, false), (2, 8, true), (3, 5, false), (3, 5, true), (4, 4, false), (6, 3, true)])
    func everyBoardKeepsTheLawsOfAGraph(dimension: Int, size: Int, full: Bool) throws {
        let graph = try EnumeratedGraph(graph { ($0.dimension, $0.size, $0.ends) = (dimension, size, full ? .full : .forced) })
        try graph.checkLaws()
        func power(_ base: Int) -> Int { (0..<dimension).reduce(1) { product, _ in product * base } }
        func forcedEnds() -> Int { dimension * (0..<dimension - 1).reduce(1) { product, _ in product * (size - 1) } }
        #expect(graph.inner.count == (full ? power(size) : power(size - 1)))
        #expect(graph.terminals.count == (full ? power(size) : power(size - 1) + forcedEnds()))
        #expect((0..<graph.graph.stateBound).filter(graph.graph.isState).count == graph.inner.count + graph.terminals.count)
        #expect(abs(try graph.terminalDistribution(uniform).reduce(0, +) - 1) < 1e-12)
    }

    /// Four modes on the plane, 2^d in d dimensions, each 2.5 + R0.
    @Test(arguments: [2, 3]) func modesLieBesideTheCorners(dimension: Int) throws {
        let graph = try EnumeratedGraph(graph { $0.dimension = dimension })
        let modes = zip(graph.terminals, graph.logRewards).filter { exp($0.1) > 2.5 }.map { graph.graph.observations(of: [$0.0]) }
        #expect(modes.count == 1 << dimension && modes.allSatisfy { $0.allSatisfy { $0 == 1 || $0 == 6 } })
    }

    @Test func aGridTooLargeToEnumerateCanBeWalkedOnAndSaysItsSize() throws {
        var settings = HyperGridSettings()
        (settings.dimension, settings.size, settings.ends) = (6, 256, .full)
        let large = try HyperGrid(settings: settings, assets: FamilyAssets())
        let environment = try large.makeEnvironment(large.tasks(.train, seed: 1)[0], copies: 2)
        let walk = try #require(environment as? any GraphEnvironment)
        var batch = StepBatch(copies: 2, description: walk.description)
        for copy in 0..<2 { try walk.reset(copy, into: &batch) }
        for step in 0..<600 { try walk.step([Float(step % 6), Float((step + 1) % 6)], into: &batch) }
        #expect(batch.observations == Array(repeating: 100, count: 12))
        #expect(walk.graph.parents(of: walk.graphState(0)).count == 6)
        #expect(performing: { try EnumeratedGraph(walk.graph) }, throws: { "\($0)".contains("562949953421312 states") })
    }

    /// Steps through the environment end where the graph says, with its masks and its reward.
    @Test(arguments: [HyperGridSettings.Ends.forced, .full]) func theEnvironmentWalksOnItsGraph(ends: HyperGridSettings.Ends) throws {
        var settings = HyperGridSettings()
        settings.ends = ends
        let family = try HyperGrid(settings: settings, assets: FamilyAssets())
        let environment = try #require(family.makeEnvironment(family.tasks(.train, seed: 1)[0], copies: 1) as? any GraphEnvironment)
        let graph = environment.graph
        var batch = StepBatch(copies: 1, description: environment.description), random = RandomStream(seed: 4), reached: Set<Int> = []
        for _ in 0..<3000 {
            try environment.reset(0, into: &batch)
            var state = graph.start, length = 0
            while !batch.terminated[0] {
                #expect(batch.actionMasks == graph.actionMask(at: state) && batch.rewards[0] == 0 && !batch.truncated[0])
                #expect(batch.observations == graph.observations(of: [state]))
                let actions = batch.actionMasks.indices.filter { batch.actionMasks[$0] }
                let action = actions[random.index(below: actions.count)]
                try environment.step([Float(action)], into: &batch)
                state = graph.child(of: state, by: action)
                length += 1
                #expect(environment.graphState(0) == state)
            }
            #expect(batch.rewards[0] == Float(exp(graph.logReward(of: state))) && length <= environment.description.episodeLimit)
            reached.insert(state)
        }
        #expect(reached.count > 40)
    }

    @Test func tasksAreDrawnByTheTaskSeedWithinTheirRange() throws {
        for seed in [0, 1337, UInt64.max] {
            let (train, test) = (family.tasks(.train, seed: seed), family.tasks(.test, seed: seed))
            #expect(train.count == 5 && test.count == 5 && Set((train + test).map(\.name)).count == 10)
            #expect(Set((train + test).map { $0.parameters["R0"]![0] }).count == 10)
            #expect((train + test).allSatisfy { (0.001...0.1).contains($0.parameters["R0"]![0]) })
        }
        #expect(family.tasks(.train, seed: 1) == family.tasks(.train, seed: 1) && family.tasks(.train, seed: 1) != family.tasks(.train, seed: 2))
        var settings = HyperGridSettings()
        settings.similar = true
        let similar = try HyperGrid(settings: settings, assets: FamilyAssets())
        #expect(Set(TaskSet.allCases.flatMap { similar.tasks($0, seed: 3) }.map { $0.parameters["R0"]![0] }).count == 1)
        settings.baseReward = [0, 0]
        #expect(try HyperGrid(settings: settings, assets: FamilyAssets()).tasks(.train, seed: 3)[0].parameters == ["R0": [0.001]])
    }

    @Test func settingsThatCantBeRightAreErrorsNamingTheKey() {
        func key(_ change: (inout HyperGridSettings) -> Void) -> String? {
            var settings = HyperGridSettings()
            change(&settings)
            do { _ = try HyperGrid(settings: settings, assets: FamilyAssets()) } catch { return (error as? SettingError)?.key }
            return nil
        }
        #expect(key { $0.dimension = 1 } == "dimension")
        #expect(key { $0.dimension = 7 } == "dimension")
        #expect(key { $0.size = 2 } == "size")
        #expect(key { ($0.dimension, $0.size) = (6, 4096) } == "size")
        #expect(key { $0.baseReward = [0.2, 0.1] } == "baseReward")
        #expect(key { $0.trainTasks = 0 } == "trainTasks")
        #expect(throws: EnvironmentError.self) {
            try family.makeEnvironment(TaskDescription(name: "t", parameters: ["R0": [0]]), copies: 1)
        }
    }

    @Test func aRestoredEnvironmentGoesOnToTheSameBits() throws {
        let task = family.tasks(.train, seed: 1)[0]
        let one = try family.makeEnvironment(task, copies: 2), other = try family.makeEnvironment(task, copies: 2)
        var batch = StepBatch(copies: 2, description: one.description)
        for copy in 0..<2 { try one.reset(copy, into: &batch) }
        try one.step([0, 1], into: &batch)
        try one.step([1, 2], into: &batch)
        let state = StateCoder.save(one)
        try StateCoder.restore(state, other)
        try one.reset(1, into: &batch)
        var copied = batch
        try other.reset(1, into: &copied)
        try one.step([2, 0], into: &batch)
        try other.step([2, 0], into: &copied)
        #expect(batch.observations == copied.observations && batch.rewards == copied.rewards && batch.rewards[0] > 0)
        for wrong: Double in [-1, 0.5, 1e18, 128, 127] {  // 127: the corner, where two ends would meet
            var damaged = state
            damaged.store([0, wrong] as [Double], at: "states")
            #expect(throws: StateError.self, "\(wrong)") { try StateCoder.restore(damaged, other) }
        }
    }

    @Test func thePictureShowsTheWalkerOnTheBoard() throws {
        let task = family.tasks(.train, seed: 1)[0]
        let environment = try #require(family.makeEnvironment(task, copies: 1) as? any PicturedEnvironment)
        var batch = StepBatch(copies: 1, description: environment.description)
        try environment.reset(0, into: &batch)
        try environment.step([1], into: &batch)
        let walking = try family.picture(environment.pictureState(0), task: task)
        #expect(walking.elements.contains { if case .circle(.init(1, 0), _) = $0.shape { true } else { false } })
        try environment.step([2], into: &batch)
        let stopped = try family.picture(environment.pictureState(0), task: task)
        #expect(!stopped.elements.contains { if case .circle = $0.shape { true } else { false } })
        #expect(stopped.elements.count == 64 + 1)
        #expect(throws: EnvironmentError.self) { try family.picture([127], task: task) }
        #expect(throws: EnvironmentError.self) { try family.picture([], task: task) }
    }
}
