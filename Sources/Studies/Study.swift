import Agents
import Core
import Reports
import Runs

/// What a study may look at.
public struct StudyContext {
    public var preset: Preset
    /// What restoring a run's agent needs.
    public var runContext: RunContext
    /// Runs of the experiments that the suite ran before it, by experiment.
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
    /// Throws `StudyUnavailable` where the runs that it needs are not there.
    func result(_ context: StudyContext) throws -> StudyResult
}

/// Why a study has no result.
public struct StudyUnavailable: Error, CustomStringConvertible {
    public var description: String
    public init(_ reason: String) { description = reason }
}

extension [any Study.Type] {
    /// The one of that name.
    public func named(_ name: String) -> (any Study)? { first { $0.name == name }?.init() }
}
