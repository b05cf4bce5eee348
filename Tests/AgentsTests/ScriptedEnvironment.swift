import Agents
import Environments

/// Episodes that end as a script says, one entry after the other and again from its start. Observations count: the episode,
/// and the steps in it.
final class ScriptedEnvironment: Environment {
    enum End { case terminated, truncated, unstable }
    typealias Script = [(length: Int, end: End)]

    static let spaces = EnvironmentDescription(
        observation: .unbounded(2), action: .box(size: 1, low: -1, high: 1), episodeLimit: 10, dynamicsVary: false, timeStep: 0)
    let description = ScriptedEnvironment.spaces
    let copies = 1
    private(set) var unstableEpisodes = 0
    private let script: Script
    private var episode = -1
    private var elapsed = 0

    init(_ script: Script) { self.script = script }

    func reset(_ copy: Int, into batch: inout StepBatch, using generator: inout some RandomNumberGenerator) throws {
        episode += 1
        elapsed = 0
        batch.observations = [Float(episode), 0]
        (batch.terminated[0], batch.truncated[0], batch.unstable[0]) = (false, false, false)
    }

    func step(_ actions: [Float], into batch: inout StepBatch) throws {
        elapsed += 1
        let (length, end) = script[episode % script.count]
        let isOver = elapsed == length
        batch.rewards[0] = -actions[0] * actions[0]
        batch.terminated[0] = isOver && end != .truncated
        batch.truncated[0] = isOver && end == .truncated
        batch.unstable[0] = isOver && end == .unstable
        if batch.unstable[0] {
            unstableEpisodes += 1
        } else {
            batch.observations = [Float(episode), Float(elapsed)]
        }
    }

    func saveState() -> [Double] { [Double(episode), Double(elapsed), Double(unstableEpisodes)] }
    func restoreState(_ state: [Double]) throws {
        (episode, elapsed, unstableEpisodes) = (Int(state[0]), Int(state[1]), Int(state[2]))
    }

    static func problem(_ script: Script, steps: Int) -> MetaProblem {
        let tasks = ["one", "two"].map { TaskDescription(name: $0, parameters: [:]) }
        return MetaProblem(environment: spaces, trainTasks: tasks, totalSteps: steps, threads: 1) { _, _ in
            ScriptedEnvironment(script)
        }
    }
}
