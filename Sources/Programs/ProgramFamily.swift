import Core
import Environments
import Formats
import Foundation
import Runs

/// A family that is a program of its own, in whatever language: for example Gymnasium environments. PROTOCOL.md says how it is talked to.
public struct ProgramFamily: TaskFamily {
    public static let name = "program"
    public static let summary = "a family that is a program of its own"
    /// The file's name without its ending.
    public let name: String
    public let description: EnvironmentDescription
    private let host: ProgramFamilyHost

    /// Throws `GaitError.usage`: a program is started by its path.
    public init(settings: NoSettings, assets: FamilyAssets) throws { throw GaitError.usage("a program is named by its path") }

    init(_ host: ProgramFamilyHost, name: String) throws {
        self.name = name
        self.host = host
        description = try host.description()
    }

    public func tasks(_ set: TaskSet, seed: UInt64) throws -> [TaskDescription] { try host.tasks(set, seed: seed) }

    /// Throws `ProgramError`, for a task that the program does not know as well.
    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        try ProgramEnvironment(host, family: name, task: task, description: description, copies: copies)
    }
}

/// The conversation with a family's program, which all of its environments share.
///
/// Sendable because one thread at a time has it, behind its lock. The environments' numbers do not depend on their order, because each draws
/// from seeds of its own.
final class ProgramFamilyHost: @unchecked Sendable {
    private let process: ProgramProcess
    private let settings: String
    private let lock = NSLock()
    private var answers: [UInt64: Answer] = [:]
    private var lastHandle: UInt32 = 0

    /// What a family says of itself and its tasks.
    private struct Answer: Decodable {
        var environment: EnvironmentWords
        var train: [TaskDescription]
        var test: [TaskDescription]
    }

    init(_ process: ProgramProcess, settings: ConfigurationValue) {
        self.process = process
        self.settings = settings.json
    }

    private func answer(seed: UInt64) throws -> Answer {
        try lock.withLock {
            if let known = answers[seed] { return known }
            try process.call(.family) { $0.append("{\"settings\": \(settings), \"taskSeed\": \(seed)}") }
            do {
                let answer = try decodeJSON(Answer.self, from: Data(process.payload))
                answers[seed] = answer
                return answer
            } catch { throw process.wrong("family: its environment and its tasks expected, found \(process.text.prefix(200))") }
        }
    }

    func description() throws -> EnvironmentDescription {
        let answer = try answer(seed: RunRequest.standardTaskSeed)
        return try lock.withLock {
            do { return try answer.environment.description() } catch { throw process.wrong("family: \(error)") }
        }
    }

    func tasks(_ set: TaskSet, seed: UInt64) throws -> [TaskDescription] {
        let answer = try answer(seed: seed)
        return set == .train ? answer.train : answer.test
    }

    func newHandle() -> UInt32 {
        lock.withLock {
            lastHandle += 1
            return lastHandle
        }
    }

    /// One request about an environment, and what is to be done with its reply.
    func call(
        _ kind: MessageKind, _ handle: UInt32, argument: UInt32 = 0, write: (inout MessageWriter) -> Void = { _ in },
        read: (inout MessageReader) throws -> Void = { _ in }
    ) throws {
        try lock.withLock {
            try process.call(kind, handle: handle, argument: argument, write: write)
            try process.withPayload(read)
        }
    }
}

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
    private let fingerprint: UInt64
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
        fingerprint = task.fingerprint(family: family)
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
        guard observation(copy).allSatisfy(\.isFinite) else {
            throw GaitError.failure("the family's program began an episode with an observation that is not finite")
        }
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
            if isStable { publish(copy, into: &batch) } else { unstableEpisodes += 1 }
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

// MARK: Saving

extension ProgramEnvironment {
    func codeState(_ coder: StateCoder) throws {
        try coder.fact("task", fingerprint, mismatch: "it is of another task")
        try coder.fact("copies", UInt64(copies), mismatch: "it is of another number of copies than \(copies)")
        try coder.count("unstableEpisodes", &unstableEpisodes)
        try coder.stream("random", &random)
        var numbers = seeds.map { Int($0) }
        try coder.integers("seeds", &numbers, count: copies, in: 0...Int(UInt32.max))
        for copy in 0..<copies { try coder.floats("actions-\(copy)", &actions[copy]) }
        guard coder.isRestoring else { return }
        seeds = numbers.map { UInt64($0) }
        let columns = description.action.columns
        for copy in 0..<copies {
            let played = actions[copy]
            guard played.count.isMultiple(of: columns), played.count / columns <= description.episodeLimit, played.allSatisfy(\.isFinite) else {
                throw coder.invalid("actions-\(copy)", "the actions of one episode expected")
            }
            try host.call(
                .state, handle, argument: UInt32(copy),
                write: { writer in
                    writer.append(withUnsafeBytes(of: seeds[copy].littleEndian) { Array($0) })
                    writer.append(played)
                }, read: read)
        }
    }
}
