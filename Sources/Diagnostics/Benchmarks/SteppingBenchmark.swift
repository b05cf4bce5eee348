import Core
import Environments
import Runs

/// Environment steps a second of families without an engine, on one thread.
public enum SteppingBenchmark {
    /// `physics/FAMILY`: steps a second with random actions, eight copies in one call; the best turn counts, in the thread's own processor
    /// time. Nothing for a family without training tasks. Throws what the environment throws.
    public static func run(family: any TaskFamily, steps: Int = 40_000, turns: Int = 4) throws -> [BenchmarkResult] {
        guard let task = try family.tasks(.train, seed: RunRequest.standardTaskSeed).first else { return [] }
        let environment = try family.makeEnvironment(task, copies: 8)
        var random = RandomStream(seed: 1), best = 0.0
        for _ in 0..<turns { best = max(best, try rate(environment, steps: steps, using: &random)) }
        return [BenchmarkResult(name: "physics/\(family.name)", threads: 1, value: best, unit: "steps/s")]
    }

    private static func rate(_ environment: some Environment, steps: Int, using random: inout RandomStream) throws -> Double {
        let copies = environment.copies, description = environment.description
        var batch = StepBatch(copies: copies, description: description)
        for copy in 0..<copies { try environment.reset(copy, into: &batch) }
        var actions = [Float](repeating: 0, count: copies * description.action.columns)
        let start = threadProcessorTime()
        for _ in 0..<max(1, steps / copies) {
            for copy in 0..<copies { choose(copy, description, batch, &actions, using: &random) }
            try environment.step(actions, into: &batch)
            for copy in 0..<copies where batch.terminated[copy] || batch.truncated[copy] { try environment.reset(copy, into: &batch) }
        }
        return Double(max(1, steps / copies) * copies) / (threadProcessorTime() - start)
    }

    /// A random action that exists: of a choice one that is not masked.
    private static func choose(
        _ copy: Int, _ description: EnvironmentDescription, _ batch: StepBatch, _ actions: inout [Float], using random: inout RandomStream
    ) {
        let columns = description.action.columns
        guard case .discrete(let count) = description.action else {
            for column in 0..<columns { actions[copy * columns + column] = Float.random(in: -1...1, using: &random) }
            return
        }
        var action = Int.random(in: 0..<count, using: &random)
        if description.masksActions {
            for _ in 0..<count where !batch.actionMasks[copy * count + action] { action = (action + 1) % count }
        }
        actions[copy] = Float(action)
    }
}
