import Core
import Environments
import Formats
import Foundation

/// A client of `gait serve` in Swift, for benchmarks and tests: a process with one family, and environments of its tasks.
package final class ServedFamily {
    private let child: ChildProcess
    package let channel: Channel
    package let description: EnvironmentDescription
    private var lastHandle: UInt32 = 0

    private struct Words: Decodable { var environment: EnvironmentWords }

    /// Starts `program serve`. Throws `ChannelError`, or `GaitError.failure` where it can't be started.
    package init(program: String, family: String, patience: Int = 60) throws {
        let (own, others) = try Channel.pair()
        channel = Channel(own, patience: patience)
        defer { close(others) }
        let number: Int32 = 3
        child = try ChildProcess(
            [program, "serve", "--channel", "\(number)"], output: .nothing, errors: .descriptor(STDERR_FILENO), inherited: (others, number))
        try channel.ask(.hello) { $0.append("{\"protocol\": 1}") }
        try channel.ask(.family) { $0.append("{\"name\": \"\(family)\"}") }
        description = try decodeJSON(Words.self, from: Data(channel.payload)).environment.description()
    }

    deinit {
        channel.shutDown()
        _ = child.wait()
    }

    /// Copies of a training task.
    package func make(task: Int, copies: Int, seed: Int = 0) throws -> ServedEnvironment {
        lastHandle += 1
        return try ServedEnvironment(self, lastHandle, task: task, copies: copies, seed: seed)
    }
}

/// Copies of a task that a `gait serve` process steps.
package final class ServedEnvironment {
    /// Kept, because its process ends with it.
    private let family: ServedFamily
    private var channel: Channel { family.channel }
    private let handle: UInt32
    package let copies: Int
    /// What the last step or reset gave.
    package private(set) var batch: StepBatch

    fileprivate init(_ family: ServedFamily, _ handle: UInt32, task: Int, copies: Int, seed: Int) throws {
        self.family = family
        self.handle = handle
        self.copies = copies
        batch = StepBatch(copies: copies, description: family.description)
        try channel.ask(.make, handle) { $0.append("{\"task\": \(task), \"copies\": \(copies), \"seed\": \(seed)}") }
        try channel.withPayload { try batch.read(&$0) }
    }

    package func step(_ actions: [Float]) throws {
        try channel.ask(.step, handle) { $0.append(actions) }
        try channel.withPayload { try batch.read(&$0) }
    }

    /// Begins episodes in all copies.
    package func reset() throws {
        try channel.ask(.reset, handle) { for _ in 0..<copies { $0.append(1 as UInt8) } }
        try channel.withPayload { try batch.read(&$0) }
    }
}

extension Channel {
    /// A request to a side that asks for nothing itself, and its reply.
    package func ask(_ kind: MessageKind, _ handle: UInt32 = 0, argument: UInt32 = 0, _ write: (inout MessageWriter) -> Void = { _ in }) throws {
        try send(kind.rawValue, handle: handle, argument: argument, write)
        let header = try receive()
        if header.kind == MessageKind.refusal.rawValue { throw ChannelError.refused(Refusal(rawValue: header.argument) ?? .failed, text) }
        guard header.isReply(to: kind) else { throw ChannelError.wrongMessage("a reply to '\(kind)' expected, found kind \(header.kind)") }
    }
}

extension StepBatch {
    /// Fills it from the payload of a reply to `reset` and `step`. Throws `ChannelError` unless it has this batch's shapes.
    package mutating func read(_ reader: inout MessageReader) throws {
        let copies = rewards.count, expected = 4 * (observations.count + copies + learningRewards.count) + copies + actionMasks.count
        guard reader.count == expected else {
            throw ChannelError.wrongMessage(
                "a batch of \(copies) copies with \(observations.count / copies) observation columns has \(expected) bytes, found \(reader.count)")
        }
        try reader.read(&observations, "observations")
        try reader.read(&rewards, "rewards")
        try reader.read(&learningRewards, "learning rewards")
        for copy in 0..<copies {
            let end = try reader.byte("ends")
            guard end <= 3 else { throw ChannelError.wrongMessage("the end of copy \(copy) is \(end); 0 to 3 expected") }
            (terminated[copy], truncated[copy], unstable[copy]) = (end == 1 || end == 3, end == 2, end == 3)
        }
        try reader.read(&actionMasks, "action masks")
    }
}
