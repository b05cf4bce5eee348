import Agents
import Learning

extension PEARL {
    public func saveState() -> StateDictionary {
        var state = StateDictionary()
        encoder.store(in: &state, at: "networks/encoder")
        encoderOptimizer.store(in: &state, at: "encoderOptimizer")
        learner.store(in: &state, at: "learner")
        for task in tasks { task.store(in: &state) }
        state.store(scheduleRandom, at: "random.schedule")
        state.store(updateRandom, at: "random.update")
        state.store([iteration, updatesLeft, gradientUpdates], at: "counters")
        state.store(collecting, at: "collecting")
        return state
    }

    public func restoreState(_ state: StateDictionary) throws {
        try encoder.restore(from: state, at: "networks/encoder")
        try encoderOptimizer.restore(from: state, at: "encoderOptimizer")
        try learner.restore(from: state, at: "learner")
        for task in tasks { try task.restore(from: state) }
        guard environmentSteps <= problem.totalSteps else {
            throw StateError.invalid("task-0/environmentSteps", "at most \(problem.totalSteps) steps of all tasks expected, found \(environmentSteps)")
        }
        scheduleRandom = try state.stream("random.schedule")
        updateRandom = try state.stream("random.update")
        let counters = try state.integers("counters", count: 3)
        guard counters[0] >= 0, (0...settings.updatesPerIteration).contains(counters[1]), counters[2] >= 0 else {
            throw StateError.invalid("counters", "iterations, at most \(settings.updatesPerIteration) updates left and all updates expected, found \(counters)")
        }
        (iteration, updatesLeft, gradientUpdates) = (counters[0], counters[1], counters[2])
        let waiting = try state.integers("collecting")
        guard waiting.allSatisfy(tasks.indices.contains) else {
            throw StateError.invalid("collecting", "numbers of tasks below \(tasks.count) expected, found \(waiting)")
        }
        collecting = waiting
    }
}
