import Agents
import Core
import Environments

/// One environment that the other side steps, with what its copies' last steps or resets gave.
package final class EnvironmentSlot {
    package let environment: any Environment
    package private(set) var batch: StepBatch
    private var actions: [Float]
    private var isReset: [Bool]

    /// Every copy begins an episode, with draws from the environment's own stream.
    package init(_ environment: any Environment) throws {
        self.environment = environment
        batch = StepBatch(copies: environment.copies, description: environment.description)
        actions = Array(repeating: 0, count: environment.copies * environment.description.action.columns)
        isReset = Array(repeating: true, count: environment.copies)
        for copy in 0..<environment.copies { try environment.reset(copy, into: &batch) }
    }

    package var copies: Int { environment.copies }

    /// The stream of environments that other programs step.
    package static func stream(seed: UInt64) -> RandomStream { RandomStreams(seed: seed)["served"] }

    package func end(_ copy: Int) -> StepEnd {
        batch.unstable[copy] ? .unstable : batch.terminated[copy] ? .terminated : batch.truncated[copy] ? .truncated : .goesOn
    }

    /// Begins episodes in the copies that the payload of a `reset` says, [copies] of ones and zeros. Returns how many. A seed after them, where
    /// `isSeeded`, begins the environment's stream anew.
    package func reset(_ channel: Channel, isSeeded: Bool = false) throws -> Int {
        var seed: UInt64?
        try channel.withPayload { reader in
            try reader.read(&isReset, "reset: one byte for each copy")
            if isSeeded { seed = try reader.integer("reset: the seed") }
            try reader.finish("reset: one byte for each copy", expected: copies + (isSeeded ? 8 : 0))
        }
        if let seed { environment.random = Self.stream(seed: seed) }
        for copy in 0..<copies where isReset[copy] { try environment.reset(copy, into: &batch) }
        return isReset.count { $0 }
    }

    /// Steps all copies under the payload of a `step`, float32 [copies, action columns].
    package func step(_ channel: Channel) throws {
        let columns = environment.description.action.columns
        try channel.withPayload { reader in
            guard reader.count == 4 * actions.count else {
                throw ChannelError.wrongMessage(
                    "step: actions of shape [\(copies), \(columns)] expected, \(4 * actions.count) bytes, found \(reader.count) bytes")
            }
            try reader.read(&actions, "step")
        }
        if let index = actions.firstIndex(where: { !$0.isFinite }) {
            throw ChannelError.wrongMessage("step: the action of copy \(index / columns) has \(actions[index]) in column \(index % columns)")
        }
        let space = environment.description.action
        for copy in 0..<copies {
            if let reason = space.fault(actions[copy * columns..<(copy + 1) * columns], "the action") {
                throw ChannelError.wrongMessage("step: copy \(copy): \(reason)")
            }
        }
        if let copy = (0..<copies).first(where: { end($0).isOver }) {
            throw ChannelError.wrongMessage("step: the episode of copy \(copy) has ended; reset it first")
        }
        try environment.step(actions, into: &batch)
    }

    /// Appends what the copies' last steps or resets gave.
    package func write(into writer: inout MessageWriter) {
        writer.append(batch.observations)
        writer.append(batch.rewards)
        writer.append(batch.learningRewards)
        for copy in 0..<copies { writer.append(UInt8(end(copy).rawValue)) }
        writer.append(batch.actionMasks)
    }
}

extension EnvironmentSlot: StatefulObject {
    package func codeState(_ coder: StateCoder) throws {
        try coder.object("environment", environment)
        try coder.floats("observations", &batch.observations, shape: [batch.observations.count])
        try coder.floats("rewards", &batch.rewards, shape: [copies])
        try coder.floats("learningRewards", &batch.learningRewards, shape: [batch.learningRewards.count])
        try coder.flags("terminated", &batch.terminated, count: copies)
        try coder.flags("truncated", &batch.truncated, count: copies)
        try coder.flags("unstable", &batch.unstable, count: copies)
        try coder.flags("actionMasks", &batch.actionMasks, count: batch.actionMasks.count)
    }
}
