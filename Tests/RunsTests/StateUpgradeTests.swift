import Core
import Runs
import Testing

/// States as they were written before every type described its state once.
@Suite struct StateUpgradeTests {
    @Test func keysOfPartsGetASlashAndPackedCountersNamesOfTheirOwn() throws {
        var old = StateDictionary(), expected = StateDictionary()
        func floats(_ key: String, _ now: String) {
            old.store([1.5, 2] as [Float], at: key)
            expected.store([1.5, 2] as [Float], at: now)
        }
        func stream(_ key: String, _ now: String) {
            old.store(RandomStream(seed: 3), at: key)
            expected.store(RandomStream(seed: 3), at: now)
        }
        func counters(_ key: String, _ now: [String]) {
            old.store(Array(7..<7 + now.count), at: key)
            for (index, key) in now.enumerated() { expected.store(7 + index, at: key) }
        }
        let keys = [
            "task-0/environment", "networks/policy.network.layers.0.weight", "task-0/auxiliary.actor.network.layers.1.bias",
            "task-1/observation", "innerKLPenalty",
        ]
        for key in keys {
            floats(key, key)
        }
        floats("task-0/replay.rows", "task-0/replay/rows")
        floats("optimizer.3.first", "optimizer/3.first")
        floats("learner/actorOptimizer.0.second", "learner/actorOptimizer/0.second")
        floats("rollouts/stage-0/slot-1.finalObservations", "rollouts/stage-0/slot-1/finalObservations")
        floats("trials.logProbabilities", "trials/logProbabilities")
        floats("learning.advantages", "learning/advantages")
        floats("task-0/latentWeight", "task-0/latentWeight/value")
        for key in ["random.tasks", "rollouts/random.tasks", "rollouts/random.slot-0", "task-0/random.update", "task-2/random"] { stream(key, key) }
        stream("schedule.random", "schedule/random")
        counters("optimizer.steps", ["optimizer/steps"])
        counters("task-0/counters", ["task-0/updates", "task-0/environmentSteps", "task-0/episodeInCycle", "task-0/isUnderWay"])
        counters("schedule.counters", ["schedule/iteration", "schedule/updatesLeft"])
        counters("rollouts/counters", ["rollouts/next", "rollouts/unstableEpisodes"])
        counters("counters", ["environmentSteps", "unstableEpisodes", "iteration", "phase"])
        counters("learning.counters", ["learning/epoch", "learning/minibatch"])
        old.store([0.2, -1.6, 0.1, 0.3] as [Float], at: "learner/entropy")
        for (part, value) in [("value", 0.2), ("logAlpha", -1.6), ("firstMoment", 0.1), ("secondMoment", 0.3)] as [(String, Float)] {
            expected.store([value], at: "learner/entropy/\(part)")
        }
        counters("learner/entropy.updates", ["learner/entropy/updates"])
        let upgraded = try upgradedFromFormat1(old)
        #expect(upgraded.entries.keys.sorted() == expected.entries.keys.sorted())
        let isSame = upgraded == expected  // not inside #expect, which would print both states
        #expect(isSame)
    }

    /// They were not counted then.
    @Test func roundsBeginAtZero() throws {
        var state = StateDictionary()
        state.store(5, at: "updatesInRound")
        #expect(try upgradedFromFormat1(state).integer("rounds") == 0)
    }

    @Test func damagedCountersAreRefusedByName() {
        var state = StateDictionary()
        state.store([1], at: "schedule.counters")
        #expect(throws: StateError.self) { try upgradedFromFormat1(state) }
    }
}
