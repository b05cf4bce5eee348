import Core
import Environments

extension MountainCar {
    /// The way of one episode that begins at rest at a position: [position, velocity] of each state in order, until the goal or the usual episode
    /// limit. `choose` gets an observation and returns an action. Throws where the task is none of this family.
    public static func path(on task: TaskDescription, from position: Double, choose: ([Float]) -> Int) throws -> [[Double]] {
        let hills = try Hills(task)
        var state = State(position: position, velocity: 0), path = [state.numbers], isOver = false
        var unused = RandomStream(seed: 0), observation: [Float] = [0, 0]
        while !isOver, path.count <= MountainCarSettings().episodeLimit {
            observation.withUnsafeMutableBufferPointer { hills.observe(state, into: $0) }
            let action = [Float(choose(observation))]
            isOver = action.withUnsafeBufferPointer { hills.advance(&state, action: $0, using: &unused).isTerminal }
            path.append(state.numbers)
        }
        return path
    }
}
