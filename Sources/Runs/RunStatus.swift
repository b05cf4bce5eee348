import Core
import Formats
import Foundation

/// `status.json`: the progress and state of a run, for other programs and for people.
public struct RunStatus: Codable, Sendable, Equatable {
    public enum State: String, Codable, Sendable {
        /// A process is running, or ended without writing its state (`RunDirectory.status` distinguishes these).
        case running
        case finished, interrupted, failed
    }
    public var state: State
    /// Environment steps.
    public var steps: Int
    /// What is spent of the budget, in its unit; nil in files from before budgets had units.
    public var spent: Int?
    /// The budget, in its unit.
    public var totalSteps: Int
    public var updates: Int
    /// Seconds of training and evaluation so far, without interruptions.
    public var seconds: Double
    public var stepsPerSecond: Double
    /// Mean return of the last evaluation; nil before there is one.
    public var lastReturn: Double?
    /// The policy that it is of; nil in earlier files.
    public var lastReturnPolicy: String?
    public var unstableEpisodes: Int
    /// Environment steps of the newest checkpoint; nil before there is one, and in earlier files.
    public var lastCheckpoint: Int?
    /// The error that it failed with.
    public var error: String?
    /// What the user was warned of, each once; nil in earlier files and where there was nothing.
    public var warnings: [String]?
    public var process: Int32
    public var host: String
    public var updatedAt: Date

    public init(
        state: State, steps: Int = 0, spent: Int? = nil, totalSteps: Int, updates: Int = 0, seconds: Double = 0, stepsPerSecond: Double = 0,
        lastReturn: Double? = nil, lastReturnPolicy: String? = nil, unstableEpisodes: Int = 0, lastCheckpoint: Int? = nil, error: String? = nil,
        warnings: [String] = []
    ) {
        self.state = state
        self.steps = steps
        self.spent = spent
        self.totalSteps = totalSteps
        self.updates = updates
        self.seconds = seconds
        self.stepsPerSecond = stepsPerSecond
        self.lastReturn = lastReturn
        self.lastReturnPolicy = lastReturnPolicy
        self.unstableEpisodes = unstableEpisodes
        self.lastCheckpoint = lastCheckpoint
        self.error = error
        self.warnings = warnings.isEmpty ? nil : warnings
        process = getpid()
        host = hostName()
        updatedAt = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded())
    }

    /// What is spent of the budget, in its unit.
    public var amount: Int { spent ?? steps }

    /// Throws `FileError`.
    public func write(to path: String, durable: Bool) throws {
        try writeAtomically(jsonText(self), to: path, durable: durable)
    }

    /// Throws `GaitError.input` where it can't be read.
    public init(contentsOf path: String) throws {
        do { self = try decodeJSON(RunStatus.self, from: readFile(path)) } catch let error as FileError {
            throw GaitError.input("\(error)")
        } catch {
            throw GaitError.input("\(path): a run's status in JSON expected; the file is damaged")
        }
    }

    /// `return 312 (meta-policy)`; nil before there is one.
    package var lastReturnText: String? { ProgressDisplay.returnText(lastReturn, of: lastReturnPolicy) }
}
