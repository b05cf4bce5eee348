import Core
import Diagnostics
import Environments
import Foundation
import Locomotion
import MuJoCo
import Runs

/// Environment steps a second on one thread, beside the ceiling: a bare mj_step loop over the same model with the same
/// controls, in the same process.
///
/// Both take random controls and begin anew each 200 steps only, whether or not the robot has fallen. They run in turns, and
/// the best turn of each counts; time is the thread's own processor time, so that other processes do not decide.
public enum PhysicsBenchmark {
    static let episode = 200
    /// Copies that step together: one, as when a policy collects a single episode, and several in one call.
    static let copies = [1, 8]

    /// Two lines a family, `physics/FAMILY` and `raw/FAMILY`, in environment steps a second. The former is the better of
    /// stepping one copy and stepping eight. None for families without MuJoCo.
    ///
    /// - Parameters:
    ///   - steps: environment steps of one turn, rounded to whole episodes of all copies.
    ///   - turns: turns of each contestant.
    public static func run(families: [any TaskFamily], steps: Int = 1600, turns: Int = 6) throws -> [BenchmarkResult] {
        try families.flatMap { family -> [BenchmarkResult] in
            guard let rates = try measure(family, steps: steps, turns: turns) else { return [] }
            return [
                BenchmarkResult(name: "physics/\(family.name)", threads: 1, value: rates.environment.max() ?? 0, unit: "steps/s"),
                BenchmarkResult(name: "raw/\(family.name)", threads: 1, value: rates.bare, unit: "steps/s"),
            ]
        }
    }

    /// Steps a second: of the environment for each of `copies`, and of the bare loop. Nil for families without MuJoCo.
    static func measure(
        _ family: any TaskFamily, steps: Int, turns: Int
    ) throws -> (environment: [Double], bare: Double)? {
        guard let task = try family.tasks(.train, seed: RunRequest.standardTaskSeed).first else { return nil }
        let group = episode * (copies.max() ?? 1)
        let steps = max(1, steps / group) * group
        var generator = RandomStream(seed: 1)
        let columns = family.description.action.columns
        let actions = (0..<steps * columns).map { _ in Float.random(in: -1...1, using: &generator) }

        let contestants = try copies.map { try Contestant(family, task, copies: $0) }
        guard let physics = contestants[0].environment as? any PhysicsEnvironment else { return nil }
        let bare = try SimulationBatch(model: physics.simulations.models[0], count: 1)
        let controls = actions.map { physics.controlScale * Double($0) }

        var rates = copies.map { _ in 0.0 }
        var bareRate = 0.0
        for _ in 0..<turns {
            for (index, contestant) in contestants.enumerated() {
                rates[index] = max(rates[index], Double(steps) / (try contestant.seconds(actions, using: &generator)))
                // As often as all of them together: the best of more turns is better.
                let seconds = try bare.timeBareLoop(0, controls: controls, frameSkip: physics.frameSkip, episode: episode)
                bareRate = max(bareRate, Double(steps) / seconds)
            }
        }
        return (rates, bareRate)
    }

    private struct Contestant {
        let environment: any Environment
        let columns: Int

        init(_ family: any TaskFamily, _ task: TaskDescription, copies: Int) throws {
            environment = try family.makeEnvironment(task, copies: copies)
            columns = copies * family.description.action.columns
        }

        /// Seconds for all of `actions`, taken a row of all copies at a time.
        func seconds(_ actions: [Float], using generator: inout RandomStream) throws -> Double {
            try run(environment, actions, using: &generator)
        }

        private func run(_ environment: some Environment, _ actions: [Float], using generator: inout RandomStream) throws -> Double {
            var batch = StepBatch(
                copies: environment.copies, observationColumns: environment.description.observation.columns)
            var row = Array(repeating: Float(0), count: columns)
            let start = threadProcessorTime()
            for step in 0..<actions.count / columns {
                if step % episode == 0 {
                    for copy in 0..<environment.copies { try environment.reset(copy, into: &batch, using: &generator) }
                }
                for i in 0..<columns { row[i] = actions[step * columns + i] }
                try environment.step(row, into: &batch)
            }
            return threadProcessorTime() - start
        }
    }
}
