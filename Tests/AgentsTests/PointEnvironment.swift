import Agents
import Environments
import Learning

/// A point on a line, without MuJoCo: x' = x + 0.1 a, reward = direction * a - 0.1 a^2, 20 steps. Best return: 20 * 0.9.
final class PointEnvironment: Environment {
    static let spaces = EnvironmentDescription(
        observation: .unbounded(2), action: .box(size: 1, low: -1, high: 1), episodeLimit: 20, dynamicsVary: false, timeStep: 0)
    let description = PointEnvironment.spaces
    let copies = 1
    var unstableEpisodes = 0
    private let direction: Double
    private let rewardFactor: Double
    private var position = 0.0
    private var elapsed = 0

    init(direction: Double, rewardFactor: Double = 1) {
        self.direction = direction
        self.rewardFactor = rewardFactor
    }

    func reset(_ copy: Int, into batch: inout StepBatch, using generator: inout some RandomNumberGenerator) throws {
        position = Double.random(in: -0.1...0.1, using: &generator)
        elapsed = 0
        write(&batch)
        batch.terminated[0] = false
        batch.truncated[0] = false
    }

    func step(_ actions: [Float], into batch: inout StepBatch) throws {
        let action = Double(min(max(actions[0], -1), 1))
        position += 0.1 * action
        elapsed += 1
        batch.rewards[0] = Float(rewardFactor * (direction * action - 0.1 * action * action))
        batch.truncated[0] = elapsed == 20
        write(&batch)
    }

    private func write(_ batch: inout StepBatch) {
        batch.observations[0] = Float(position)
        batch.observations[1] = Float(elapsed) / 20
    }

    func saveState() -> [Double] { [position, Double(elapsed)] }
    func restoreState(_ state: [Double]) throws {
        position = state[0]
        elapsed = Int(state[1])
    }

    static func problem(steps: Int, threads: Int = 1, rewardFactor: Double = 1) -> MetaProblem {
        let tasks = [TaskDescription(name: "right", parameters: ["direction": [1]]),
                     TaskDescription(name: "left", parameters: ["direction": [-1]])]
        return MetaProblem(environment: spaces, trainTasks: tasks, totalSteps: steps, threads: threads) { task, _ in
            PointEnvironment(direction: task.parameters["direction"]![0], rewardFactor: rewardFactor)
        }
    }

    /// Return of one episode of a policy.
    static func play(_ policy: any Policy, direction: Double) throws -> Double {
        var random = RandomStream(seed: 11)
        var player = EpisodePlayer(PointEnvironment(direction: direction))
        return try player.play(policy, using: &random).episodeReturn
    }
}
