import Core

extension PMetaRL {
    public func saveState() -> StateDictionary {
        var state = StateDictionary()
        meta.store(in: &state, at: "networks/meta")
        for task in tasks { task.store(in: &state) }
        state.store(updatesInRound, at: "updatesInRound")
        return state
    }

    public func restoreState(_ state: StateDictionary) throws {
        try meta.restore(from: state, at: "networks/meta")
        for task in tasks { try task.restore(from: state) }
        updatesInRound = try state.integer("updatesInRound")
        guard (0..<settings.updatesPerRound).contains(updatesInRound) else {
            throw StateError.invalid("updatesInRound", "0..<\(settings.updatesPerRound) expected, found \(updatesInRound)")
        }
    }
}

extension PMetaTask {
    private var key: String { "task-\(index)" }

    func store(in state: inout StateDictionary) {
        personalized.store(in: &state, at: "networks/personalized-\(index)")
        auxiliary.store(in: &state, at: "\(key)/auxiliary")
        targets.store(in: &state, at: "\(key)/targets")
        actorOptimizer.store(in: &state, at: "\(key)/actorOptimizer")
        criticOptimizer.store(in: &state, at: "\(key)/criticOptimizer")
        encoderOptimizer.store(in: &state, at: "\(key)/encoderOptimizer")
        entropy.store(in: &state, at: "\(key)/entropy")
        if latentWeight.isTuned { latentWeight.store(in: &state, at: "\(key)/latentWeight") }
        replay.store(in: &state, at: "\(key)/replay")
        context.store(in: &state, at: "\(key)/context")
        state.store(environment, at: "\(key)/environment")
        state.store(batch.observations, at: "\(key)/observation")
        state.store(actingRandom, at: "\(key)/random.acting")
        state.store(resetRandom, at: "\(key)/random.reset")
        state.store(updateRandom, at: "\(key)/random.update")
        state.store([updates, environmentSteps, collector.episodeInCycle, collector.isUnderWay ? 1 : 0], at: "\(key)/counters")
        state.store(collector.latent, at: "\(key)/latent")
        state.store([collector.episodeReturn], at: "\(key)/episodeReturn")
    }

    func restore(from state: StateDictionary) throws {
        try personalized.restore(from: state, at: "networks/personalized-\(index)")
        try auxiliary.restore(from: state, at: "\(key)/auxiliary")
        try targets.restore(from: state, at: "\(key)/targets")
        try actorOptimizer.restore(from: state, at: "\(key)/actorOptimizer")
        try criticOptimizer.restore(from: state, at: "\(key)/criticOptimizer")
        try encoderOptimizer.restore(from: state, at: "\(key)/encoderOptimizer")
        try entropy.restore(from: state, at: "\(key)/entropy")
        if latentWeight.isTuned { try latentWeight.restore(from: state, at: "\(key)/latentWeight") }
        try replay.restore(from: state, at: "\(key)/replay")
        try context.restore(from: state, at: "\(key)/context")
        try state.restore(environment, at: "\(key)/environment")
        batch.observations = try state.floats("\(key)/observation", count: observationSize)
        actingRandom = try state.stream("\(key)/random.acting")
        resetRandom = try state.stream("\(key)/random.reset")
        updateRandom = try state.stream("\(key)/random.update")
        let counters = try state.integers("\(key)/counters", count: 4)
        guard counters[0] >= 0, (0...stepBudget).contains(counters[1]), counters[2] >= 0 else {
            throw StateError.invalid("\(key)/counters", "counts of updates, at most \(stepBudget) steps and episodes expected, found \(counters)")
        }
        (updates, environmentSteps) = (counters[0], counters[1])
        collector.episodeInCycle = counters[2]
        collector.isUnderWay = counters[3] == 1
        let latent = try state.floats("\(key)/latent")
        let needed = collector.isUnderWay && settings.sharing ? settings.latentSize : latent.count
        guard latent.count == needed, [0, settings.latentSize].contains(needed) else {
            throw StateError.invalid("\(key)/latent", "\(settings.latentSize) values expected, found \(latent.count)")
        }
        collector.latent = latent
        collector.episodeReturn = try state.floats("\(key)/episodeReturn", count: 1)[0]
    }
}
