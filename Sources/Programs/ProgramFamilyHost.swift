import Core
import Environments
import Formats
import Foundation
import Runs

/// The conversation with a family's program, which all of its environments share.
///
/// Sendable because one thread at a time has it, behind its lock. The environments' numbers do not depend on their order, because each draws
/// from seeds of its own.
final class ProgramFamilyHost: @unchecked Sendable {
    private let process: ProgramProcess
    private let begin: @Sendable () throws -> ProgramProcess
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

    /// `begin` starts another process of the program.
    init(_ process: ProgramProcess, settings: String, begin: @escaping @Sendable () throws -> ProgramProcess) {
        self.process = process
        self.settings = settings
        self.begin = begin
    }

    /// The same family in a process of its own, which may fail without harm to this one.
    func another() throws -> ProgramFamilyHost {
        let host = ProgramFamilyHost(try begin(), settings: settings, begin: begin)
        _ = try host.description()
        return host
    }

    /// What numbers of the program that can't be used mean: the conversation is over.
    func wrong(_ reason: String) -> ProgramError { lock.withLock { process.wrong(reason) } }

    private func answer(seed: UInt64) throws -> Answer {
        try lock.withLock {
            if let known = answers[seed] { return known }
            try process.call(.family) { $0.append("{\"settings\": \(settings), \"taskSeed\": \(seed)}") }
            do {
                let answer = try decodeJSON(Answer.self, from: Data(process.payload))
                try checkNames(answer.train)
                try checkNames(answer.test)
                answers[seed] = answer
                return answer
            } catch let error as ProgramError { throw error } catch { throw process.wrong("family: its environment and its tasks expected, found \(process.text.prefix(200))") }
        }
    }

    /// Results are kept by the names of tasks. Under the lock.
    private func checkNames(_ tasks: [TaskDescription]) throws {
        var seen: Set<String> = []
        for task in tasks where task.name.isEmpty || task.name.contains(where: \.isNewline) || !seen.insert(task.name).inserted {
            throw process.wrong("family: tasks with different names of one line expected in a set, found '\(task.name)'" + (seen.contains(task.name) ? " twice" : ""))
        }
    }

    func description() throws -> EnvironmentDescription {
        let answer = try answer(seed: RunRequest.standardTaskSeed)
        return try lock.withLock {
            do { return try answer.environment.description() } catch { throw process.wrong("family: \(error)") }
        }
    }

    /// Whether its environments draw themselves.
    var hasPictures: Bool { (try? answer(seed: RunRequest.standardTaskSeed))?.environment.hasPictures ?? false }

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
