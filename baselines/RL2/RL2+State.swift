import Core

extension RL2 {
    /// Where an iteration is.
    private enum Phase: Int { case none, collecting, learning }

    public func codeState(_ coder: StateCoder) throws {
        try coder.network("policy", policy)
        try coder.object("optimizer", optimizer)
        try coder.count("environmentSteps", &environmentSteps, most: problem.totalSteps)
        try coder.count("unstableEpisodes", &collector.unstableEpisodes)
        try coder.count("iteration", &iteration, most: schedule.iterations)
        try coder.stream("random.tasks", &taskRandom)
        try coder.stream("random.update", &updateRandom)
        try coder.stream("random.acting", &collector.actionRandom)
        try coder.streams("random.reset", &collector.resetRandoms)
        try codeIteration(coder)
    }

    /// The trials and the learning of the iteration under way.
    private func codeIteration(_ coder: StateCoder) throws {
        var phase = (trials == nil ? Phase.none : learning == nil ? .collecting : .learning).rawValue
        try coder.count("phase", &phase, most: 2)
        guard phase > 0 else {
            (trials, learning) = (nil, nil)
            guard environmentSteps == schedule.steps(before: iteration) else {
                throw coder.invalid(
                    "environmentSteps",
                    "\(schedule.steps(before: iteration)) steps after \(iteration) iterations expected, found \(environmentSteps)")
            }
            return
        }
        guard iteration > 0 else { throw coder.invalid("phase", "trials without an iteration") }
        var batch = trials ?? TrialBatch(
            steps: 1, tasks: [0], input: input, hasLearningReward: problem.environment.hasLearningReward)
        trials = nil  // sole owner of the arrays
        try coder.scope("trials") {
            try batch.codeState(coder, taskCount: problem.trainTasks.count, largestSize: schedule.steps(collection: iteration - 1))
        }
        trials = batch
        if phase == Phase.learning.rawValue {
            var progress = learning ?? TrialLearning(advantages: [], targets: [], order: [])
            try coder.scope("learning") { try progress.codeState(coder, batch: batch, settings: settings) }
            learning = progress
        } else {
            learning = nil
        }
    }
}

extension TrialLearning {
    mutating func codeState(_ coder: StateCoder, batch: TrialBatch, settings: RL2Settings) throws {
        try coder.floats("advantages", &advantages, shape: [batch.rows])
        try coder.floats("targets", &targets, shape: [batch.rows])
        try coder.integers("order", &order, count: batch.copies)
        guard order.sorted() == Array(0..<batch.copies) else {
            throw coder.invalid("order", "the numbers below \(batch.copies) in some order expected")
        }
        try coder.count("epoch", &epoch, most: settings.epochs - 1)
        try coder.count("minibatch", &minibatch, most: min(settings.minibatches, batch.copies) - 1)
    }
}
