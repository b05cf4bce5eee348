import Core

extension VariBAD {
    public func codeState(_ coder: StateCoder) throws {
        try coder.network("policy", policy)
        try coder.network("encoder", beliefModel.encoder)
        for decoder in beliefModel.decoders { try coder.network(decoder.target == .reward ? "rewardDecoder" : "transitionDecoder", decoder) }
        try coder.object("policyOptimizer", policyOptimizer)
        try coder.object("beliefOptimizer", beliefOptimizer)
        try coder.value("normalization", &normalization)
        try coder.value("returns", &returnMoments)
        try coder.value("memory", &memory)
        try coder.count("environmentSteps", &environmentSteps, most: problem.totalSteps)
        try coder.count("unstableEpisodes", &collector.environments.unstableEpisodes)
        try coder.count("iteration", &iteration, most: schedule.iterations)
        guard environmentSteps == schedule.steps(before: iteration) else {
            throw coder.invalid(
                "environmentSteps", "\(schedule.steps(before: iteration)) steps after \(iteration) iterations expected, found \(environmentSteps)")
        }
        try coder.stream("random.tasks", &taskRandom)
        try coder.stream("random.policy", &policyRandom)
        try coder.stream("random.belief", &beliefRandom)
        try coder.stream("random.acting", &collector.actionRandom)
        try coder.streams("random.reset", &collector.environments.resetRandoms)
    }
}
