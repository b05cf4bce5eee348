import Core
import Environments
import Formats
import Foundation
import Runs

/// Copies of a task that a family's program steps.
///
/// Its state is, for each copy, the seed of the episode and the actions since: a restored environment plays them again. The program must
/// therefore draw everything in an episode from the seed that the episode begins with.
final class ProgramEnvironment: Environment {
    let description: EnvironmentDescription
    let copies: Int
    private(set) var unstableEpisodes = 0
    var random = RandomStream(seed: 0)

    private let host: ProgramFamilyHost
    private let handle: UInt32
    private let family: String
    private let task: TaskDescription
    /// Of each copy's episode.
    private var seeds: [UInt64]
    /// [copies][steps * action columns]: since each copy's reset.
    private var actions: [[Float]]
    private var received: StepBatch

    private struct MakeRequest: Encodable {
        var task: TaskDescription
        var copies: Int
    }

    init(_ host: ProgramFamilyHost, family: String, task: TaskDescription, description: EnvironmentDescription, copies: Int) throws {
        self.host = host
        self.description = description
        self.copies = copies
        handle = host.newHandle()
        self.family = family
        self.task = task
        seeds = Array(repeating: 0, count: copies)
        actions = Array(repeating: [], count: copies)
        received = StepBatch(copies: copies, description: description)
        try host.call(.make, handle, write: { $0.append(jsonLine(MakeRequest(task: task, copies: copies)) ?? "{}") })
        // An episode that nobody asked for: whoever steps an environment resets it first, with draws of the environment's stream.
        var batch = received
        for copy in 0..<copies { try begin(copy, seed: 0, into: &batch) }
    }

    deinit { try? host.call(.close, handle) }
}

// MARK: Episodes

extension ProgramEnvironment {
    func reset(_ copy: Int, into batch: inout StepBatch) throws { try begin(copy, seed: random.next() >> 33, into: &batch) }

    private func begin(_ copy: Int, seed: UInt64, into batch: inout StepBatch) throws {
        seeds[copy] = seed
        actions[copy].removeAll(keepingCapacity: true)
        try host.call(
            .reset, handle, argument: 1,
            write: { writer in
                for other in 0..<copies { writer.append(UInt8(other == copy ? 1 : 0)) }
                writer.append(withUnsafeBytes(of: seed.littleEndian) { Array($0) })
            }, read: read)
        if let reason = observation(copy).nonFinite("an observation") { throw host.wrong(reason) }
        try check(copy)
        publish(copy, into: &batch)
        batch.rewards[copy] = 0
        if !batch.learningRewards.isEmpty { batch.learningRewards[copy] = 0 }
        (batch.terminated[copy], batch.truncated[copy], batch.unstable[copy]) = (false, false, false)
    }

    func step(_ all: [Float], into batch: inout StepBatch) throws {
        let columns = description.action.columns
        precondition(all.count == copies * columns, "actions must be [copies, action columns]")
        try host.call(.step, handle, write: { $0.append(all) }, read: read)
        for copy in 0..<copies {
            actions[copy].append(contentsOf: all[copy * columns..<(copy + 1) * columns])
            let isStable = observation(copy).allSatisfy(\.isFinite) && received.rewards[copy].isFinite
                && (received.learningRewards.isEmpty || received.learningRewards[copy].isFinite) && !received.unstable[copy]
            // An unstable episode ends with its last finite observation and no reward.
            if isStable {
                try check(copy)
                publish(copy, into: &batch)
            } else {
                unstableEpisodes += 1
            }
            batch.rewards[copy] = isStable ? received.rewards[copy] : 0
            if !batch.learningRewards.isEmpty { batch.learningRewards[copy] = isStable ? received.learningRewards[copy] : 0 }
            batch.terminated[copy] = received.terminated[copy] || !isStable
            batch.unstable[copy] = !isStable
            batch.truncated[copy] = !batch.terminated[copy]
                && (received.truncated[copy] || actions[copy].count / columns >= description.episodeLimit)
        }
    }

    private func observation(_ copy: Int) -> ArraySlice<Float> {
        let columns = description.observation.columns
        return received.observations[copy * columns..<(copy + 1) * columns]
    }

    /// Throws `ProgramError` where a copy's observation, which is finite, is none of the space.
    private func check(_ copy: Int) throws {
        if let reason = description.observation.fault(observation(copy), "an observation") { throw host.wrong(reason) }
    }

    private func publish(_ copy: Int, into batch: inout StepBatch) {
        let columns = description.observation.columns
        for i in copy * columns..<(copy + 1) * columns { batch.observations[i] = received.observations[i] }
        guard !batch.actionMasks.isEmpty else { return }
        let choices = batch.actionMasks.count / copies
        for i in copy * choices..<(copy + 1) * choices { batch.actionMasks[i] = received.actionMasks[i] }
    }

    /// The payload of a reply to `reset` and `step`.
    private func read(_ reader: inout MessageReader) throws { try received.read(&reader) }
}

// MARK: Pictures

extension ProgramEnvironment: RenderedEnvironment {
    var isRendered: Bool { host.hasPictures }
    func episodeSeed(_ copy: Int) -> UInt64 { seeds[copy] }
    func episodeActions(_ copy: Int) -> [Float] { actions[copy] }

    /// Fewest and most pixels of a side.
    private static let sides = 1...8192

    func replica() throws -> any RenderedEnvironment {
        try ProgramEnvironment(host.another(), family: family, task: task, description: description, copies: 1)
    }

    func play(seed: UInt64, actions wanted: [Float]) throws -> [Float] {
        precondition(copies == 1, "a film shows one copy")
        if seed == seeds[0], wanted.starts(with: actions[0]) {
            let columns = description.action.columns
            for start in stride(from: actions[0].count, to: wanted.count, by: columns) {
                try host.call(.step, handle, write: { $0.append(Array(wanted[start..<start + columns])) }, read: read)
            }
            actions[0] = wanted
        } else {
            try replay(0, seed: seed, wanted)
        }
        return received.observations
    }

    func image() throws -> RenderedImage {
        precondition(copies == 1, "a film shows one copy")
        var (width, height, pixels) = (0, 0, [UInt8]())
        try host.call(.picture, handle, read: { reader in
            let sides = try reader.integer("picture: width and height")
            (width, height) = (Int(sides & 0xffff_ffff), Int(sides >> 32))
            guard Self.sides.contains(width), Self.sides.contains(height) else {
                throw ChannelError.wrongMessage("picture: 1 to \(Self.sides.upperBound) pixels a side expected, found \(width) x \(height)")
            }
            pixels = Array(repeating: 0, count: 3 * width * height)
            try reader.read(&pixels, "picture: three bytes for each of \(width) x \(height) pixels")
            try reader.finish("picture", expected: 8 + pixels.count)
        })
        return RenderedImage(width: width, height: height, pixels: pixels)
    }

    /// Plays an episode of one copy, from its beginning.
    private func replay(_ copy: Int, seed: UInt64, _ played: [Float]) throws {
        try host.call(
            .state, handle, argument: UInt32(copy),
            write: { writer in
                writer.append(withUnsafeBytes(of: seed.littleEndian) { Array($0) })
                writer.append(played)
            }, read: read)
        (seeds[copy], actions[copy]) = (seed, played)
    }
}

// MARK: Saving

extension ProgramEnvironment {
    func codeState(_ coder: StateCoder) throws {
        try coder.fact("task", task.fingerprint(family: family), mismatch: "it is of another task")
        try coder.fact("copies", UInt64(copies), mismatch: "it is of another number of copies than \(copies)")
        try coder.count("unstableEpisodes", &unstableEpisodes)
        try coder.stream("random", &random)
        var numbers = seeds.map { Int($0) }
        try coder.integers("seeds", &numbers, count: copies, in: 0...Int(UInt32.max))
        for copy in 0..<copies { try coder.floats("actions-\(copy)", &actions[copy]) }
        guard coder.isRestoring else { return }
        let columns = description.action.columns
        for copy in 0..<copies {
            let played = actions[copy]
            guard played.count.isMultiple(of: columns), played.count / columns <= description.episodeLimit, played.allSatisfy(\.isFinite) else {
                throw coder.invalid("actions-\(copy)", "the actions of one episode expected")
            }
            try replay(copy, seed: UInt64(numbers[copy]), played)
        }
    }
}
