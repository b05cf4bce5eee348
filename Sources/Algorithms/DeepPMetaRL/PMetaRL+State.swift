import Core

extension PMetaRL {
    public func codeState(_ coder: StateCoder) throws {
        try coder.network("meta", meta)
        for task in tasks { try coder.object("task-\(task.index)", task) }
        try coder.count("updatesInRound", &updatesInRound, most: settings.longestRound - 1)
        try coder.count("rounds", &rounds)
    }
}

extension PMetaTask: StatefulObject {
    package func codeState(_ coder: StateCoder) throws {
        try coder.fromTop { try coder.network("personalized-\(index)", personalized) }
        try coder.module("auxiliary", auxiliary)
        try coder.module("targets", targets)
        try coder.object("actorOptimizer", actorOptimizer)
        try coder.object("criticOptimizer", criticOptimizer)
        try coder.object("encoderOptimizer", encoderOptimizer)
        try coder.value("entropy", &entropy)
        if latentWeight.isTuned { try coder.value("latentWeight", &latentWeight) }
        try coder.object("replay", replay)
        try coder.object("context", context)
        try collector.codeState(coder)
        try coder.stream("random.acting", &actingRandom)
        try coder.stream("random.reset", &resetRandom)
        try coder.stream("random.update", &updateRandom)
        try coder.count("updates", &updates)
        try coder.count("environmentSteps", &environmentSteps, most: stepBudget + 1)
        try coder.count("episodeInCycle", &cycle.episodeInCycle)
        try coder.flag("isUnderWay", &cycle.isUnderWay)
        try coder.floats("latent", &cycle.latent)
        let found = cycle.latent.count
        guard found == latentSize || (found == 0 && !cycle.isUnderWay) else {
            throw coder.invalid("latent", "\(latentSize) values expected, found \(found)")
        }
        try coder.float("episodeReturn", &cycle.episodeReturn)
    }
}
