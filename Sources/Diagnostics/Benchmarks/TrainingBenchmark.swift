import Agents

/// Throughput of training as a whole: acting, physics, sampling, losses, optimizers.
public enum TrainingBenchmark {
    /// Two lines, from the same stretch of training: `train/AGENT/FAMILY` in gradient updates a second and
    /// `train-steps/AGENT/FAMILY` in environment steps a second. The former says how fast an off-policy agent is, the latter an
    /// on-policy one, whose updates are few and large. The second line is left out where no environment was stepped meanwhile, as with
    /// agents that update thousands of times between two collections.
    public static func run(
        _ agent: any Agent, name: String, family: String, threads: Int, seconds: Double = 5
    ) throws -> [BenchmarkResult] {
        let rates = try measure(agent, seconds: seconds)
        func line(_ kind: String, _ value: Double, _ unit: String) -> BenchmarkResult {
            BenchmarkResult(name: "\(kind)/\(name)/\(family)", threads: threads, value: value, unit: unit)
        }
        let updates = line("train", rates.updatesPerSecond, "updates/s")
        return rates.stepsPerSecond == 0 ? [updates] : [updates, line("train-steps", rates.stepsPerSecond, "steps/s")]
    }

    /// Gradient updates and environment steps a second.
    ///
    /// Training begins to count after the initial steps and `warmUpUpdates` updates. It takes about `seconds`, and as much again before
    /// that at the most once there are updates, whatever an update takes; until the agent's next pause where that is later. Throws what
    /// the agent throws.
    public static func measure(
        _ agent: any Agent, warmUpUpdates: Int = 20, seconds: Double
    ) throws -> (updatesPerSecond: Double, stepsPerSecond: Double) {
        let clock = Stopwatch(agent, warmUpUpdates: warmUpUpdates, seconds: seconds)
        do { try agent.train(clock) } catch is Stopwatch.Done {}
        return clock.rates
    }
}

/// Takes the time of training and ends it.
private final class Stopwatch: TrainingSession {
    struct Done: Error {}

    private let agent: any Agent
    private let warmUpUpdates: Int
    private let seconds: Double
    private var firstUpdate: Double?
    private var start: (time: Double, progress: AgentProgress)?
    private(set) var rates = (updatesPerSecond: 0.0, stepsPerSecond: 0.0)

    init(_ agent: any Agent, warmUpUpdates: Int, seconds: Double) {
        self.agent = agent
        self.warmUpUpdates = warmUpUpdates
        self.seconds = seconds
    }

    func pause(_ metrics: [String: Double]) throws {
        let time = now(), progress = agent.progress
        if let start {
            guard time - start.time >= seconds else { return }
            rates = (
                Double(progress.gradientUpdates - start.progress.gradientUpdates) / (time - start.time),
                Double(progress.environmentSteps - start.progress.environmentSteps) / (time - start.time))
            throw Done()
        }
        if progress.gradientUpdates > 0, firstUpdate == nil { firstUpdate = time }
        if progress.gradientUpdates >= warmUpUpdates || firstUpdate.map({ time - $0 >= seconds }) == true {
            start = (now(), progress)
        }
    }

    func endRound(_ metrics: [String: Double]) throws { try pause(metrics) }
}
