import Core

extension MetaCURE {
    public func saveState() -> StateDictionary {
        var state = StateDictionary()
        encoder.store(in: &state, at: "networks/encoder")
        encoderOptimizer.store(in: &state, at: "encoderOptimizer")
        exploitation.store(in: &state, at: "exploitation")
        exploration.store(in: &state, at: "exploration")
        decoder.store(in: &state, at: "networks/decoder")
        decoderOptimizer.store(in: &state, at: "decoderOptimizer")
        for (index, predictor) in predictors.enumerated() {
            predictor.store(in: &state, at: "networks/predictor-\(index)")
            predictorOptimizers[index].store(in: &state, at: "predictorOptimizer-\(index)")
        }
        for task in tasks { task.store(in: &state) }
        schedule.store(in: &state, at: "schedule")
        state.store(updateRandom, at: "random.update")
        state.store(gradientUpdates, at: "gradientUpdates")
        return state
    }

    public func restoreState(_ state: StateDictionary) throws {
        try encoder.restore(from: state, at: "networks/encoder")
        try encoderOptimizer.restore(from: state, at: "encoderOptimizer")
        try exploitation.restore(from: state, at: "exploitation")
        try exploration.restore(from: state, at: "exploration")
        try decoder.restore(from: state, at: "networks/decoder")
        try decoderOptimizer.restore(from: state, at: "decoderOptimizer")
        for (index, predictor) in predictors.enumerated() {
            try predictor.restore(from: state, at: "networks/predictor-\(index)")
            try predictorOptimizers[index].restore(from: state, at: "predictorOptimizer-\(index)")
        }
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
