import Core

extension PEARL {
    public func saveState() -> StateDictionary {
        var state = StateDictionary()
        encoder.store(in: &state, at: "networks/encoder")
        encoderOptimizer.store(in: &state, at: "encoderOptimizer")
        learner.store(in: &state, at: "learner")
        for task in tasks { task.store(in: &state) }
        schedule.store(in: &state, at: "schedule")
        state.store(updateRandom, at: "random.update")
        state.store(gradientUpdates, at: "gradientUpdates")
        return state
    }

    public func restoreState(_ state: StateDictionary) throws {
        try encoder.restore(from: state, at: "networks/encoder")
        try encoderOptimizer.restore(from: state, at: "encoderOptimizer")
        try learner.restore(from: state, at: "learner")
        for task in tasks { try task.restore(from: state) }
        guard environmentSteps <= problem.totalSteps else {
            throw StateError.invalid(
                "task-0/environmentSteps", "at most \(problem.totalSteps) steps of all tasks expected, found \(environmentSteps)")
        }
        try schedule.restore(from: state, at: "schedule")
        updateRandom = try state.stream("random.update")
        let updates = try state.integer("gradientUpdates")
        guard updates >= 0 else { throw StateError.invalid("gradientUpdates", "a count expected, found \(updates)") }
        gradientUpdates = updates
    }
}
