import Agents
import Core
import Diagnostics
import Environments
import Learning
import PEARL
import Runs

/// PEARL's gradient step at its authors' sizes on Ant-Fwd-Back: 4 tasks of 256 transitions, networks [300, 300, 300].
enum PEARLBenchmark {
    /// `pearl/gradient-step`, in bfloat16 `pearl/gradient-step/bfloat16`, on one thread: steps per second of training as it is, sampling and
    /// optimizers included, and the share of the rate of plain matrix products that its own products reach. Throws what the agent or the
    /// family throws.
    static func run(
        _ entry: AgentEntry, family: any TaskFamily, precision: Precision, seconds: Double = 5
    ) throws -> [BenchmarkResult] {
        var settings = try entry.settings(preset: .paper, family: family.name).decode(PEARLSettings.self, origin: .program)
        settings.precision = precision
        settings.initialSteps = 400
        settings.collectionTasks = 1
        settings.extraSteps = 0
        settings.updatesPerIteration = 1_000_000_000
        let problem = Problem(
            environment: family.description, trainTasks: try family.tasks(.train, seed: RunRequest.standardTaskSeed),
            budget: TrainingBudget(1_000_000_000), threads: 1, makeEnvironment: { try family.makeEnvironment($0, copies: $1) })
        let agent = try PEARL(problem: problem, settings: settings, random: RandomStreams(seed: 0))
        let ceiling = LearningBenchmark.gemmCeiling(threads: 1, precision: precision, seconds: 1)
        let rate = try TrainingBenchmark.measure(agent, warmUpUpdates: 10, seconds: seconds).updatesPerSecond
        let flops = flops(settings, observation: family.description.observation.columns, action: family.description.action.columns)
        return [
            BenchmarkResult(name: "pearl/gradient-step\(precision.benchmarkSuffix)", threads: 1, value: rate, unit: "steps/s"),
            BenchmarkResult(
                name: "pearl/gradient-step-of-gemm\(precision.benchmarkSuffix)", threads: 1, value: 100 * rate * flops * 1e-9 / ceiling, unit: "%"),
        ]
    }

    /// Floating-point operations of the products of one gradient step. The actor's gradient passes through the smaller critic of
    /// each row only, and no gradient of a network's input is counted that nothing needs.
    private static func flops(_ settings: PEARLSettings, observation: Int, action: Int) -> Double {
        func network(_ inputs: Int, _ hidden: [Int], _ outputs: Int) -> (first: Double, whole: Double) {
            let sizes = [inputs] + hidden + [outputs]
            return (Double(inputs * hidden[0]), zip(sizes, sizes.dropFirst()).reduce(0) { $0 + Double($1.0 * $1.1) })
        }
        let state = observation + settings.latentSize
        let actor = network(state, settings.hidden, 2 * action), critic = network(state + action, settings.hidden, 1)
        let value = network(state, settings.hidden, 1)
        let encoder = network(observation + action + 1, settings.encoderHidden, 2 * settings.latentSize)
        let rows = 3 * 2 * critic.whole                  // critics: forward, weights, inputs, for z is among them
            + value.whole                                // targets
            + 3 * actor.whole - actor.first + 3 * critic.whole
            + 3 * value.whole - value.first
        let tuples = 3 * encoder.whole - encoder.first
        return 2 * Double(settings.metaBatch) * (Double(settings.batchSize) * rows + Double(settings.contextBatch) * tuples)
    }
}
