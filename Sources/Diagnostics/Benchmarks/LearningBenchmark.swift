import Core
import Dispatch
import Foundation
import Learning

/// How fast the learning engine is here: the ceiling that matrix products set, and what is reached below it.
public enum LearningBenchmark {
    /// Table III's sizes for Ant-Fwd-Back: observation 27 and latent 5, 8 actions, networks [512, 512], batches of 256.
    static let observation = SACBenchmark.observationSize, actions = SACBenchmark.actionSize
    static let hidden = SACBenchmark.hidden[0], batch = SACBenchmark.batchSize

    /// Floating-point operations of an update with every product done in full (2.30e9), to compare with the ceiling. Rows of the
    /// critics' gradient that `minimum` leaves at 0 are skipped, so a little less is really done.
    static let updateFlops: Double = {
        func sizes(_ inputs: Int, _ outputs: Int) -> (first: Double, rest: Double) {
            (Double(inputs * hidden), Double(hidden * hidden + hidden * outputs))
        }
        let actor = sizes(observation, 2 * actions), critic = sizes(observation + actions, 1)
        func whole(_ s: (first: Double, rest: Double)) -> Double { s.first + s.rest }
        let target = whole(actor) + 2 * whole(critic)
        let critics = 2 * (2 * whole(critic) + critic.rest)           // forward, weights; layers' inputs but the first's
        let policy = 2 * whole(actor) + actor.rest + 4 * whole(critic)  // the critics forward and to their actions
        return 2 * Double(batch) * (target + critics + policy)
    }()

    /// All lines; `seconds` is spent on each.
    public static func run(threads: [Int] = [1, 2], seconds: Double = 1) throws -> [BenchmarkResult] {
        try BLAS.open()
        var results: [BenchmarkResult] = []
        for count in threads {
            let ceiling = gemmCeiling(threads: count, seconds: seconds)
            results.append(BenchmarkResult(name: "engine/gemm", threads: count, value: ceiling, unit: "GFLOP/s"))
            if Precision.bfloat16.isAvailable {
                let ceiling = gemmCeiling(threads: count, precision: .bfloat16, seconds: seconds)
                let name = "engine/gemm\(Precision.bfloat16.benchmarkSuffix)"
                results.append(BenchmarkResult(name: name, threads: count, value: ceiling, unit: "GFLOP/s"))
            }
            let rate = parallelRate(threads: count, seconds: seconds) { SACBenchmark.Learner(seed: UInt64($0)).update }
            results.append(BenchmarkResult(name: "engine/sac-update", threads: count, value: rate, unit: "updates/s"))
            let share = 100 * rate * updateFlops * 1e-9 / ceiling
            results.append(BenchmarkResult(name: "engine/sac-update-of-gemm", threads: count, value: share, unit: "%"))
        }
        results.append(rate("engine/dqn-update", "updates/s", seconds, DQNBenchmark.update(isPulled: false)))
        results.append(rate("engine/dqn-proximal-update", "updates/s", seconds, DQNBenchmark.update(isPulled: true)))
        var stream = RandomStream(seed: 3)
        let network = MLP(inputs: observation, hidden: [hidden, hidden], outputs: 2 * actions, using: &stream)
        let x = Tensor.normal([batch, observation], using: &stream)
        results.append(rate("engine/mlp-forward", "batches/s", seconds) { withoutGradients { _ = network(x) } })
        let row = x.array.prefix(observation).map { $0 }
        var action = [Float](repeating: 0, count: 2 * actions)
        let latency = rate("engine/act", "us", seconds) {
            row.withUnsafeBufferPointer { row in action.withUnsafeMutableBufferPointer { network.forwardSingle(row, into: $0) } }
        }
        results.append(BenchmarkResult(name: latency.name, threads: 1, value: 1e6 / latency.value, unit: latency.unit))
        results.append(recurrent(seconds, &stream))
        results.append(contentsOf: secondOrder(seconds, &stream))
        return results
    }

    /// Best rate of the products [256, 512] x [512, 512] that most of an update is, all threads together.
    public static func gemmCeiling(threads: Int, precision: Precision = .float32, seconds: Double) -> Double {
        let flops = 2.0 * Double(batch * hidden * hidden)
        return flops * 1e-9 * parallelRate(threads: threads, seconds: seconds, best: true) { thread in
            var stream = RandomStream(seed: UInt64(thread))
            let a = Tensor.normal([batch, hidden], using: &stream), b = Tensor.normal([hidden, hidden], using: &stream)
            return { _ = matmul(a, b, precision: precision) }
        }
    }

    /// Calls a second, summed over threads that each work on their own `make(thread)`; of each thread the median of short windows, or
    /// their best.
    static func parallelRate(
        threads: Int, seconds: Double, best: Bool = false, make: @Sendable (Int) -> () -> Void
    ) -> Double {
        mapInParallel(threads, threads: threads) { rate(of: make($0), seconds: seconds, best: best) }.reduce(0, +)
    }

    /// By the thread's own processor time, so that other processes do not decide.
    private static func rate(_ name: String, _ unit: String, _ seconds: Double, _ body: () -> Void) -> BenchmarkResult {
        let value = rate(of: body, seconds: seconds, clock: threadProcessorTime)
        return BenchmarkResult(name: name, threads: 1, value: value, unit: unit)
    }

    /// Calls a second on this thread: the median of short windows, or their best. `clock` gives seconds.
    private static func rate(
        of body: () -> Void, seconds: Double, best: Bool = false, clock now: () -> Double = now
    ) -> Double {
        for _ in 0..<3 { body() }
        var windows: [Double] = []
        let end = now() + seconds
        while now() < end || windows.isEmpty {
            let start = now()
            var calls = 0.0
            repeat { body(); calls += 1 } while now() - start < seconds / 10
            windows.append(calls / (now() - start))
        }
        return best ? windows.max() ?? 0 : windows.sorted()[windows.count / 2]
    }

    /// A recurrent policy's gradient: GRU of 64 over 100 steps of 40 tasks.
    private static func recurrent(_ seconds: Double, _ stream: inout RandomStream) -> BenchmarkResult {
        let unit = GRU(inputs: observation, hidden: 64, using: &stream), xs = Tensor.normal([100, 40, observation], using: &stream)
        return rate("engine/gru-gradient", "passes/s", seconds) {
            _ = gradients(of: unit(xs).outputs.squared().mean(), withRespectTo: unit.parameters)
        }
    }

    /// MAML's sizes: a tanh network [64, 64] on 20 trajectories of 200 steps; the meta-gradient through one inner step and a
    /// Hessian-vector product.
    private static func secondOrder(_ seconds: Double, _ stream: inout RandomStream) -> [BenchmarkResult] {
        let network = MLP(inputs: 20, hidden: [64, 64], outputs: 6, activation: .tanh, using: &stream)
        let x = Tensor.normal([4000, 20], using: &stream), y = Tensor.normal([4000, 6], using: &stream)
        let parameters = network.parameters
        func loss(_ parameters: [Tensor]) -> Tensor {
            var adapted = network
            adapted.parameters = parameters
            return (adapted(x) - y).squared().mean()
        }
        return [
            rate("engine/meta-gradient", "passes/s", seconds) {
                let inner = gradients(of: loss(parameters), withRespectTo: parameters, createGraph: true)
                _ = gradients(of: loss(zip(parameters, inner).map { $0 - 0.1 * $1 }), withRespectTo: parameters)
            },
            rate("engine/hessian-vector", "passes/s", seconds) {
                _ = hessianVectorProduct(of: loss(parameters), withRespectTo: parameters, vector: parameters.map { $0.detached() })
            },
        ]
    }
}

/// Seconds on the monotonic clock.
func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
