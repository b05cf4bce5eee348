import Core
import Formats
import Foundation
import Runs

/// Where a run stands: what `gait status` shows of it.
public struct RunStanding: Codable, Sendable, Equatable {
    public enum State: String, Codable, Sendable, CaseIterable {
        /// Stopped with an error.
        case failed
        /// A process is at work.
        case running
        /// Begun, and not at work now; the command that trained it goes on with it.
        case interrupted
        /// In Slurm's queue.
        case queued
        /// Planned, not begun, and in no queue.
        case waiting
        case finished
    }

    /// FAMILY/AGENT/seed-N, its path below the folder that was asked about.
    public var name: String
    public var directory: String
    public var state: State
    /// How much of it is done, 0...1.
    public var progress: Double
    /// What is done and the whole length, in `unit` where that is known.
    public var spent: Int
    public var length: Int?
    public var unit: String?
    /// Environment steps in a second, since it was last started.
    public var stepsPerSecond: Double?
    /// At the pace of the whole run so far.
    public var secondsLeft: Double?
    /// Mean return of the last evaluation, and the policy that it is of.
    public var lastReturn: Double?
    public var lastReturnPolicy: String?
    public var error: String?
    /// The host and the process that are at work, or were last.
    public var host: String?
    public var process: Int32?
    /// Slurm's job, such as `17_3`; its state, why it waits, and its node.
    public var job: String?
    public var jobState: String?
    public var reason: String?
    public var node: String?

    /// A run that was planned and not begun.
    init(planned entry: PlanFile.Entry, name: String, directory: String) {
        self.init(name: name, directory: directory, state: .waiting, length: entry.length)
        unit = entry.unit
    }

    /// A run that was begun. Reads its status, and asks for its lock where the status says that it is at work.
    init(_ run: RunDirectory, name: String, planned: PlanFile.Entry?) {
        self.init(name: name, directory: run.path, state: .interrupted, length: planned?.length)
        unit = planned?.unit
        guard let status = try? RunStatus(contentsOf: run.statusFile) else { return }
        take(status, isHeld: { FolderLock.isHeld(folder: run.path) })
    }

    private init(name: String, directory: String, state: State, length: Int?) {
        self.name = name
        self.directory = directory
        self.state = state
        self.length = length
        progress = 0
        spent = 0
    }

    private mutating func take(_ status: RunStatus, isHeld: () -> Bool) {
        state = switch status.state {
        case .finished: .finished
        case .failed: .failed
        case .interrupted: .interrupted
        case .running: isHeld() ? .running : .interrupted
        }
        length = status.totalSteps
        spent = status.amount
        progress = state == .finished ? 1 : min(1, max(0, Double(spent) / Double(max(1, status.totalSteps))))
        if state == .running, status.stepsPerSecond > 0 { stepsPerSecond = status.stepsPerSecond }
        if state != .finished, spent > 0, status.seconds > 0 {
            secondsLeft = status.seconds / Double(spent) * Double(max(0, status.totalSteps - spent))
        }
        lastReturn = status.lastReturn
        lastReturnPolicy = status.lastReturnPolicy
        error = state == .failed ? status.error : nil
        host = status.host
        process = status.process
    }

    /// Adds what Slurm says of its job. Slurm knows better than a lock whether it is at work: some file systems have locks that other hosts
    /// don't see.
    mutating func take(_ job: SlurmQueue.Job) {
        guard state != .finished else { return }
        self.job = job.id
        jobState = job.state
        reason = job.reason
        node = job.node
        if job.isPending, state != .running { state = .queued }
        if job.isRunning { state = .running }
    }
}
