import Agents
import Core
import Environments
import Testing

/// Transitions of a replay: observation, action, return, next observation, bootstrap.
private func rows(_ replay: PrioritizedReplay) throws -> [[Float]] {
    let values = try StateCoder.save(replay).floats("rows"), width = 2 * replay.observationSize + 3
    return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
}

@Suite struct StepWindowsTests {
    private let replay = PrioritizedReplay(observationSize: 1, capacity: 100, priorityExponent: 0.6, importanceExponent: 0.4)

    /// A copy goes from `from` to `from + 1` with action 2 and reward `from`.
    private func add(_ windows: inout StepWindows, _ copy: Int, _ from: Float, _ end: StepEnd) {
        withUnsafePointer(to: from) { before in
            withUnsafePointer(to: from + 1) { after in
                windows.add(copy, observation: before, action: 2, reward: from, next: after, end: end, to: replay)
            }
        }
    }

    @Test func anEpisodeThatTerminatesBootstrapsNothingAtItsEnd() throws {
        var windows = StepWindows(copies: 1, steps: 3, observationSize: 1, discount: 0.5)
        for step in 0..<4 { add(&windows, 0, Float(step), step == 3 ? .terminated : .goesOn) }
        let expected: [[Float]] = [[0, 2, 1, 3, 0.125], [1, 2, 2.75, 4, 0], [2, 2, 3.5, 4, 0], [3, 2, 3, 4, 0]]
        #expect(try rows(replay) == expected)
    }

    @Test(arguments: [false, true]) func aTruncatedEpisodeBootstrapsWithTheStepsThereWere(isTerminal: Bool) throws {
        var windows = StepWindows(copies: 1, steps: 3, observationSize: 1, discount: 0.5, truncationIsTerminal: isTerminal)
        for step in 0..<3 { add(&windows, 0, Float(step), step == 2 ? .truncated : .goesOn) }
        let found = try rows(replay), factors: [Float] = isTerminal ? [0, 0, 0] : [0.125, 0.25, 0.5]
        #expect(found.map { $0[4] } == factors)
        #expect(found.map { $0[3] } == [3, 3, 3])
    }

    @Test func anUnstableStepIsLeftOut() throws {
        var windows = StepWindows(copies: 1, steps: 3, observationSize: 1, discount: 0.5)
        for step in 0..<3 { add(&windows, 0, Float(step), step == 2 ? .unstable : .goesOn) }
        let expected: [[Float]] = [[0, 2, 0.5, 2, 0.25], [1, 2, 1, 2, 0.5]]
        #expect(try rows(replay) == expected)
    }

    @Test func copiesDoNotMixAndAnEpisodeDoesNotReachIntoTheNext() throws {
        var windows = StepWindows(copies: 2, steps: 2, observationSize: 1, discount: 0.5)
        for step in 0..<4 {
            add(&windows, 0, Float(step), step == 1 ? .terminated : .goesOn)
            add(&windows, 1, 100 + Float(step), .goesOn)
        }
        let found = try rows(replay), first = found.filter { $0[0] < 50 }, second = found.filter { $0[0] > 50 }
        let expected: [[Float]] = [[0, 2, 0.5, 2, 0], [1, 2, 1, 2, 0], [2, 2, 3.5, 4, 0.25]]
        #expect(first == expected)
        #expect(second.map { $0[0] } == [100, 101, 102] && second.map { $0[3] } == [102, 103, 104])
    }

    @Test func aRestoredWindowGoesOn() throws {
        var one = StepWindows(copies: 1, steps: 3, observationSize: 1, discount: 0.5)
        var other = StepWindows(copies: 1, steps: 3, observationSize: 1, discount: 0.5)
        for step in 0..<2 { add(&one, 0, Float(step), .goesOn) }
        try StateCoder.restore(StateCoder.save { try one.codeState($0) }) { try other.codeState($0) }
        #expect(replay.count == 0)
        add(&other, 0, 2, .goesOn)
        let expected: [[Float]] = [[0, 2, 1, 3, 0.125]]
        #expect(try rows(replay) == expected)
    }
}

@Suite struct EpsilonGreedyTests {
    /// Values of which the last action is the best.
    private func choices(_ exploration: ActionExploration, epsilon: Float, steps: Int, hold: Float = 10) -> [Int] {
        var greedy = EpsilonGreedy(copies: 1, actions: 4, exploration: exploration, meanHold: hold, random: RandomStream(seed: 7))
        let values: [Float] = [0, 1, 1, 2]
        return (0..<steps).map { _ in values.withUnsafeBufferPointer { greedy.choose(0, values: $0.baseAddress!, epsilon: epsilon) } }
    }

    @Test func plainExplorationIsUniformWithProbabilityEpsilon() {
        let found = choices(.plain, epsilon: 0.4, steps: 40_000)
        for action in 0..<3 { #expect(abs(Double(found.count { $0 == action }) / 40_000 - 0.1) < 0.008) }
        #expect(choices(.plain, epsilon: 0, steps: 100).allSatisfy { $0 == 3 })
    }

    /// Every begun action is held for 10 steps in the mean, so that a share of about epsilon / (1 + epsilon - epsilon / 10) of the steps is held.
    @Test func heldActionsLastAndAreAsFrequent() {
        let found = choices(.held, epsilon: 0.3, steps: 200_000), off = found.count { $0 != 3 }
        #expect(abs(Double(off) / 200_000 - 0.75 * 0.3 / 1.27) < 0.012)
        var runs = 0
        for i in 1..<found.count where found[i] != 3 && found[i] != found[i - 1] { runs += 1 }
        #expect(abs(Double(off) / Double(runs) - 10) < 0.6)
        #expect(choices(.held, epsilon: 0, steps: 100).allSatisfy { $0 == 3 })
    }

    @Test func nothingIsHeldBeyondAnEpisode() {
        var greedy = EpsilonGreedy(copies: 2, actions: 2, exploration: .held, meanHold: 1000, random: RandomStream(seed: 1))
        let values: [Float] = [0, 1]
        func act(_ copy: Int, _ epsilon: Float) -> Int {
            values.withUnsafeBufferPointer { greedy.choose(copy, values: $0.baseAddress!, epsilon: epsilon) }
        }
        for copy in 0..<2 { while act(copy, 1) != 0 { greedy.endEpisode(copy) } }
        greedy.endEpisode(0)
        #expect(act(0, 0) == 1 && act(1, 0) == 0)
    }

    /// More iterations in all than an integer holds.
    @Test func epsilonOfAnEndlessRunIsThatOfItsBegin() {
        var settings = FewSettings()
        settings.iterationsPerRound = 1_000_000_000
        #expect(QSchedule(rounds: 1_000_000_000_000, settings: settings).next()?.epsilons.allSatisfy { abs($0 - 0.3) < 1e-6 } == true)
    }

    @Test func epsilonFallsLinearlyOverTheRun() throws {
        var settings = FewSettings()
        settings.iterationsPerRound = 30
        var schedule = QSchedule(rounds: 2, settings: settings), epsilons: [Float] = [], begins = 0, ends = 0
        while let block = schedule.next() {
            epsilons += block.epsilons
            if block.beginsRound { begins += 1 }
            if block.endsRound { ends += 1 }
            schedule.didRun(block)
        }
        #expect(epsilons.count == 60 && epsilons[0] == 0.3 && abs(epsilons[59] - 0.01) < 1e-6 && schedule.rounds == 2)
        #expect(abs(epsilons[30] - (0.3 - 0.29 * 30 / 59)) < 1e-6 && begins == 2 && ends == 2)
    }
}

/// Settings of Q-learning alone.
private struct FewSettings: DeepQSettings {
    var hidden = [8]
    var learningRate: Float = 1e-3
    var batchSize = 8
    var discount: Float = 0.99
    var returnSteps = 3
    var doubleLearning = true
    var truncation = TruncationValue.bootstrap
    var targetInterval = 10
    var replayCapacity = 100
    var priorityExponent: Float = 0.6
    var importanceExponent: Float = 0.4
    var exploration = ActionExploration.plain
    var meanHold: Float = 10
    var epsilonStart: Float = 0.3
    var epsilonEnd: Float = 0.01
    var copies = 2
    var initialSteps = 10
    var iterationsPerRound = 30
    var updatesPerIteration = 1
    func validate() throws { try validateDeepQ() }
}
