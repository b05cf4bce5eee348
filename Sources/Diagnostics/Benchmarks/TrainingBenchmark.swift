import Agents

/// Throughput of training as a whole: acting, physics, sampling, losses, optimizers.
public enum TrainingBenchmark {
    /// Two lines, from the same slices of training: `train/AGENT/FAMILY` in gradient updates a second and
    /// `train-steps/AGENT/FAMILY` in environment steps a second. The former says how fast an off-policy agent is, the latter an
    /// on-policy one, whose updates are few and large. The second line is left out where no environment was stepped meanwhile, as with
    /// agents that update thousands of times between two collections.
    ///
    /// Training begins to count after the initial steps and some updates. It takes about `seconds`, and as much again before that at
    /// the most once there are updates, whatever an update takes; a slice more where one takes longer. Throws what the agent throws.
    public static func run(
        _ agent: any MetaAgent, name: String, family: String, threads: Int, seconds: Double = 5
    ) throws -> [BenchmarkResult] {
        var begin: Double?
        while agent.gradientUpdates < 20, begin.map({ now() - $0 < seconds }) ?? true {
            _ = try agent.train()
            if agent.gradientUpdates > 0, begin == nil { begin = now() }
        }
        let start = now(), updates = agent.gradientUpdates, steps = agent.environmentSteps
        repeat { _ = try agent.train() } while now() - start < seconds
        let elapsed = now() - start
        func line(_ kind: String, _ count: Int, _ unit: String) -> BenchmarkResult {
            BenchmarkResult(name: "\(kind)/\(name)/\(family)", threads: threads, value: Double(count) / elapsed, unit: unit)
        }
        let rates = [line("train", agent.gradientUpdates - updates, "updates/s")]
        return agent.environmentSteps == steps ? rates : rates + [line("train-steps", agent.environmentSteps - steps, "steps/s")]
    }
}
