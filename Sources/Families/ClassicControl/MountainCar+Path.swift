import Core
import Environments

extension MountainCar {
    /// One episode: what a policy does from a position.
    public struct Way: Sendable {
        /// [position, velocity] of each state in order.
        public var states: [[Double]]
        /// False where the episode limit ended it.
        public var reachesGoal: Bool
        public var steps: Int { states.count - 1 }
    }

    /// The way of one episode that begins at rest at a position, until the goal or after `limit` steps. `choose` gets an observation and returns an
    /// action. Throws where the task is none of this family.
    public static func way(on task: TaskDescription, from position: Double, limit: Int, choose: ([Float]) -> Int) throws -> Way {
        let hills = try Hills(task)
        var state = State(position: position, velocity: 0), way = Way(states: [state.numbers], reachesGoal: false)
        var unused = RandomStream(seed: 0), observation: [Float] = [0, 0]
        while !way.reachesGoal, way.steps < limit {
            observation.withUnsafeMutableBufferPointer { hills.observe(state, into: $0) }
            let action = [Float(choose(observation))]
            way.reachesGoal = action.withUnsafeBufferPointer { hills.advance(&state, action: $0, using: &unused).isTerminal }
            way.states.append(state.numbers)
        }
        return way
    }
}
