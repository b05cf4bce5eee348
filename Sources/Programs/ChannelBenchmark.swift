import Core
import Environments
import Foundation

/// What stepping through the channel costs: another process serves a family's environments, and each step is a message there and one back.
package enum ChannelBenchmark {
    package struct Result {
        package var copies: Int
        /// Seconds of one step of all copies here and through the channel, the fastest of all rounds.
        package var direct: Double
        package var served: Double
        /// Microseconds that the channel adds to a step of all copies.
        package var added: Double { (served - direct) * 1e6 }
        /// The same as a share of the step.
        package var share: Double { (served - direct) / direct }
    }

    /// Steps a family's first task here and in `program serve`, in turns so that both see the same machine.
    package static func run(family: any TaskFamily, program: String, copies: Int, rounds: Int = 200, steps: Int = 20) throws -> Result {
        guard let task = try family.tasks(.train, seed: 1337).first else { throw GaitError.usage("\(family.name) has no training task") }
        let local = try EnvironmentSlot(family.makeEnvironment(task, copies: copies))
        let served = try ServedFamily(program: program, family: family.name).make(task: 0, copies: copies)
        var random = RandomStream(seed: 0)
        let actions = try actions(family.description, copies: copies, using: &random)
        var batch = StepBatch(copies: copies, description: family.description)
        var result = Result(copies: copies, direct: .infinity, served: .infinity)
        let clock = ContinuousClock()
        for _ in 0..<rounds {
            for copy in 0..<copies { try local.environment.reset(copy, into: &batch) }
            try served.reset()
            let direct = try clock.measure { for _ in 0..<steps { try local.environment.step(actions, into: &batch) } }
            let other = try clock.measure { for _ in 0..<steps { try served.step(actions) } }
            result.direct = min(result.direct, direct / .seconds(steps))
            result.served = min(result.served, other / .seconds(steps))
        }
        return result
    }

    /// Small actions, so that no episode ends.
    private static func actions(_ description: EnvironmentDescription, copies: Int, using random: inout RandomStream) throws -> [Float] {
        guard case .box = description.action else { throw GaitError.usage("the channel is measured with continuous actions") }
        return (0..<copies * description.action.columns).map { _ in 0.4 * random.uniform() - 0.2 }
    }
}
