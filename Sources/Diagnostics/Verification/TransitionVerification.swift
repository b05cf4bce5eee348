import Core
import Environments
import Foundation

/// Replays the transitions recorded in `transitions/*.json` in environments that need no engine (`SimulatedEnvironment`). Each begins at its
/// own recorded state.
public enum TransitionVerification {
    /// Relative; numbers smaller than 1 are compared as if they were 1.
    public static let tolerance = 1e-12

    /// One result for every JSON file in `reference`/transitions.
    public static func run(reference: URL, families: [any TaskFamily]) -> [VerificationResult] {
        .ofFiles(in: reference.appendingPathComponent("transitions"), tolerance: tolerance) { try compare($0, families) }
    }

    private static func compare(_ file: ReferenceFile, _ families: [any TaskFamily]) throws -> Comparison {
        let family = try file.family(among: families)
        guard let environment = try family.makeEnvironment(file.task("parameters"), copies: 1) as? any ExactEnvironment else {
            throw ReferenceError("\(file.url.path): states of family '\(family.name)' can't be set, because MuJoCo simulates it")
        }
        var batch = StepBatch(copies: 1, description: environment.description), comparison = Comparison()
        let columns = environment.description.action.columns
        for (index, step) in try file.objects("steps").enumerated() {
            func recorded(_ key: String, count: Int? = nil) throws -> [Double] {
                do {
                    let numbers = try ReferenceFile.numbers(step, key, in: file.url)
                    guard count.map({ $0 == numbers.count }) ?? true else {
                        throw ReferenceError("\(file.url.path): '\(key)' has \(numbers.count) numbers, \(count ?? 0) expected")
                    }
                    return numbers
                } catch {
                    throw ReferenceError("\(error), in step \(index)")
                }
            }
            try environment.reset(0, into: &batch)
            var state = StateCoder.save(environment)
            state.store(try recorded("state", count: state.doubles("states").count), at: "states")
            try StateCoder.restore(state, environment)
            try environment.step(exactly: recorded("action", count: columns), into: &batch)
            comparison.compare(try StateCoder.save(environment).doubles("states"), try recorded("next"), "step \(index) next")
            // A recorded sparse reward is the environment's own, and the dense one beside it what training learns from.
            let isSparse = step["sparseReward"] != nil
            comparison.compare([environment.exactReward(0)], try recorded(isSparse ? "sparseReward" : "reward"), "step \(index) reward")
            if isSparse { comparison.compare([environment.exactLearningReward(0)], try recorded("reward"), "step \(index) learning reward") }
            comparison.compare([batch.terminated[0] ? 1 : 0], try recorded("terminated"), "step \(index) terminated")
        }
        return comparison
    }
}
