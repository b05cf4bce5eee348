import Core

extension RL2 {
    public func saveState() -> StateDictionary {
        var state = StateDictionary()
        policy.store(in: &state, at: "networks/policy")
        optimizer.store(in: &state, at: "optimizer")
        state.store([environmentSteps, collector.unstableEpisodes, iteration, trials == nil ? 0 : learning == nil ? 1 : 2], at: "counters")
        state.store(taskRandom, at: "random.tasks")
        state.store(updateRandom, at: "random.update")
        state.store(collector.actionRandom, at: "random.acting")
        for (task, random) in collector.resetRandoms.enumerated() { state.store(random, at: "random.reset-\(task)") }
        trials?.store(in: &state, at: "trials")
        learning?.store(in: &state, at: "learning")
        return state
    }

    public func restoreState(_ state: StateDictionary) throws {
        let counters = try state.integers("counters", count: 4)
        guard (0...problem.totalSteps).contains(counters[0]), counters[1] >= 0, (0...schedule.iterations).contains(counters[2]),
            (0...2).contains(counters[3])
        else {
            throw StateError.invalid(
                "counters",
                "at most \(problem.totalSteps) steps, unstable episodes, at most \(schedule.iterations) iterations and a phase in 0...2 expected, "
                    + "found \(counters)")
        }
        guard counters[3] > 0 || counters[0] == schedule.steps(before: counters[2]) else {
            throw StateError.invalid(
                "counters", "\(schedule.steps(before: counters[2])) steps after \(counters[2]) iterations expected, found \(counters[0])")
        }
        var trials: TrialBatch?, learning: TrialLearning?
        if counters[3] > 0 {
            guard counters[2] > 0 else { throw StateError.invalid("counters", "trials without an iteration") }
            let batch = try TrialBatch(
                from: state, at: "trials", input: input, taskCount: problem.trainTasks.count,
                largestSize: schedule.steps(collection: counters[2] - 1))
            if counters[3] == 2 { learning = try TrialLearning(from: state, at: "learning", batch: batch, settings: settings) }
            trials = batch
        }
        let taskRandom = try state.stream("random.tasks"), updateRandom = try state.stream("random.update")
        let actionRandom = try state.stream("random.acting")
        let resetRandoms = try collector.resetRandoms.indices.map { try state.stream("random.reset-\($0)") }
        try policy.restore(from: state, at: "networks/policy")
        try optimizer.restore(from: state, at: "optimizer")
        (environmentSteps, collector.unstableEpisodes, iteration) = (counters[0], counters[1], counters[2])
        (self.taskRandom, self.updateRandom) = (taskRandom, updateRandom)
        (collector.actionRandom, collector.resetRandoms) = (actionRandom, resetRandoms)
        (self.trials, self.learning) = (trials, learning)
    }
}

extension TrialLearning {
    func store(in state: inout StateDictionary, at key: String) {
        state.store(advantages, at: "\(key).advantages")
        state.store(targets, at: "\(key).targets")
        state.store(order, at: "\(key).order")
        state.store([epoch, minibatch], at: "\(key).counters")
    }

    /// Throws `StateError` where an entry is missing or does not fit the trials.
    init(from state: StateDictionary, at key: String, batch: TrialBatch, settings: RL2Settings) throws {
        advantages = try state.floats("\(key).advantages", count: batch.rows)
        targets = try state.floats("\(key).targets", count: batch.rows)
        order = try state.integers("\(key).order", count: batch.copies)
        guard order.sorted() == Array(0..<batch.copies) else {
            throw StateError.invalid("\(key).order", "the numbers below \(batch.copies) in some order expected")
        }
        let counters = try state.integers("\(key).counters", count: 2)
        (epoch, minibatch) = (counters[0], counters[1])
        guard (0..<settings.epochs).contains(epoch), (0..<min(settings.minibatches, batch.copies)).contains(minibatch) else {
            throw StateError.invalid(
                "\(key).counters", "an epoch below \(settings.epochs) and a minibatch below \(settings.minibatches) expected, found \(counters)")
        }
    }
}
