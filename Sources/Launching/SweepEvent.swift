import Core
import Formats
import Runs

/// The progress of an experiment's runs.
public struct SweepProgress: Sendable, Equatable {
    public var finished: Int
    public var running: [String]
    public var failed: Int
    public var total: Int
    /// Of all runs' lengths, 0...1.
    public var fraction: Double
    public var secondsLeft: Double?

    public var text: String {
        var parts = ["\(finished)/\(total) runs done"]
        if failed > 0 { parts.append("\(failed) failed") }
        if let secondsLeft { parts.append("\(duration(secondsLeft)) left") }
        return (parts + running).joined(separator: "  ")
    }
}

public enum SweepEvent: Sendable {
    case started(PlannedRun)
    /// Taken over from an earlier folder.
    case copied(PlannedRun, from: RunDirectory)
    case finished(PlannedRun)
    /// Another process has it in hand; it is looked at again later.
    case inUse(PlannedRun)
    case failed(PlannedRun, reason: String)
    case progress(SweepProgress)

    /// One line of JSON; nil for progress.
    public var json: String? {
        switch self {
        case .started(let run): jsonLine(["event": "started", "name": run.label, "directory": run.directory.path])
        case .copied(let run, let source):
            jsonLine(["event": "copied", "name": run.label, "directory": run.directory.path, "from": source.path])
        case .finished(let run): jsonLine(["event": "finished", "name": run.label, "directory": run.directory.path])
        case .inUse(let run): jsonLine(["event": "inUse", "name": run.label, "directory": run.directory.path])
        case .failed(let run, let reason):
            jsonLine(["event": "failed", "name": run.label, "directory": run.directory.path, "message": reason])
        case .progress: nil
        }
    }
}

/// How an experiment's runs ended.
public struct SweepOutcome: Sendable, Equatable {
    public var finished: [PlannedRun] = []
    public var skipped: [PlannedRun] = []
    public var failed: [(run: PlannedRun, reason: String)] = []
    public var interruptedBy: Int32?
    /// Runs that ended without saving when they were asked to stop. They go on from their last checkpoints.
    public var unsaved: [(run: PlannedRun, reason: String)] = []

    /// 0; 1 when a run failed; 128 + signal when stopped.
    public var exitCode: Int32 { interruptedBy.map { 128 + $0 } ?? (failed.isEmpty ? 0 : 1) }

    public static func == (a: Self, b: Self) -> Bool {
        a.finished == b.finished && a.skipped == b.skipped && a.failed.map(\.run) == b.failed.map(\.run)
            && a.interruptedBy == b.interruptedBy && a.unsaved.map(\.run) == b.unsaved.map(\.run)
    }
}

extension ProgressDisplay {
    /// Shows an event of an experiment's runs.
    public func show(_ event: SweepEvent) {
        switch event {
        case .started(let run): line("\(run.action == .resume ? "resuming" : "starting") \(run.directory.path)")
        case .copied(let run, let source): line("copied \(run.directory.path) from \(source.path)")
        case .finished(let run): line("finished \(run.directory.path)")
        case .inUse(let run): line("in use by another process, left to it: \(run.directory.path)")
        case .failed(let run, let reason): line("failed \(run.directory.path): \(reason)")
        case .progress(let standing): progress(fraction: standing.fraction, text: standing.text)
        }
    }
}
