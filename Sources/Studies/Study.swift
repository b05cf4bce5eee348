import Agents
import Core
import Reports
import Runs

/// What a study may look at.
public struct StudyContext {
    public var preset: Preset
    /// What restoring a run's agent needs.
    public var runContext: RunContext
    /// Runs of the suite's experiments, by experiment.
    public var runs: [String: [RunDirectory]]
    public var threads: Int

    public init(preset: Preset, runContext: RunContext, runs: [String: [RunDirectory]], threads: Int) {
        self.preset = preset
        self.runContext = runContext
        self.runs = runs
        self.threads = threads
    }
}

/// Something that a paper shows besides comparisons of runs: a theorem checked by experiment, pictures of what trained networks do. Its result
/// is a section of a suite's report. The same runs give the same result.
public protocol Study: Sendable {
    /// As in a suite's file.
    static var name: String { get }
    init()
    /// Throws `StudyUnavailable` where the runs that it needs are not there, and `StudyInterrupted` where it is asked to stop.
    func result(_ context: StudyContext) throws -> StudyResult
}

extension StudyContext {
    /// Throws `StudyInterrupted` where the program is asked to stop. A study that takes more than seconds calls it often.
    public func checkInterruption() throws {
        if let signal = runContext.interruption.requested { throw StudyInterrupted(signal: signal) }
    }
}

/// The program was asked to stop by a signal, such as SIGINT (2), before a study had its result.
public struct StudyInterrupted: Error { public var signal: Int32 }

/// Why a study has no result.
public struct StudyUnavailable: Error, CustomStringConvertible {
    public var description: String
    public init(_ reason: String) { description = reason }

    /// Names those of `agents` that have no finished run on a family.
    init(on family: String, _ agents: [(name: String, isThere: Bool)]) {
        let missing = agents.filter { !$0.isThere }.map(\.name)
        self.init("\(missing.joined(separator: " and ")) \(missing.count == 1 ? "has" : "have") no finished runs on \(family), which it needs")
    }
}

extension [any Study.Type] {
    /// The one of that name.
    public func named(_ name: String) -> (any Study)? { first { $0.name == name }?.init() }
}
