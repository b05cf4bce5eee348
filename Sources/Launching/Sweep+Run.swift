import Core
import Formats
import Foundation
import Runs

extension Sweep {
    /// Carries out a plan. A run that fails is reported, and the others continue. When asked to stop, it asks every run to save
    /// and waits for it. Errors of runs are not thrown.
    ///
    /// Several processes, on several hosts, may carry out the same plan: a run that another one has in hand is left to it and looked at again
    /// when nothing else is left to start.
    public func run(
        _ plan: [PlannedRun], interruption: Interruption, environment: [String: String] = ProcessInfo.processInfo.environment,
        observe: (SweepEvent) -> Void
    ) -> SweepOutcome {
        var outcome = SweepOutcome()
        outcome.skipped = plan.filter { $0.action == .skip }
        var waiting = ArraySlice(plan.filter { $0.action != .skip })
        var elsewhere: [PlannedRun] = [], lookedElsewhere = ContinuousClock.now
        var running: [(run: PlannedRun, threads: Int, process: ChildProcess)] = []
        var meter = SweepMeter(plan, jobs: jobs)
        try? PlanFile.add(plan, preset: preset, folder: folder)  // training does not need it
        var pause = Self.shortestPause, lastMeasure: ContinuousClock.Instant?
        var environment = environment
        environment[Interruption.parentVariable] = "\(getpid())"

        func fail(_ run: PlannedRun, _ reason: String) {
            outcome.failed.append((run, reason))
            observe(.failed(run, reason: reason))
        }
        func leave(_ run: PlannedRun) {
            elsewhere.append(run)
            observe(.inUse(run))
        }
        func skip(_ run: PlannedRun) {
            outcome.skipped.append(run)
            observe(.finished(run))
        }
        while !waiting.isEmpty || !running.isEmpty || !elsewhere.isEmpty {
            var hasChanged = false
            if let signal = interruption.requested, outcome.interruptedBy == nil {
                outcome.interruptedBy = signal
                waiting = []
                elsewhere = []
                running.forEach { $0.process.send(signal) }
            }
            while running.count < jobs, interruption.requested == nil, let run = waiting.popFirst() {
                hasChanged = true
                do {
                    switch Self.standing(run) {
                    case .free: break
                    case .inUse:
                        leave(run)
                        continue
                    case .finished:
                        skip(run)
                        continue
                    }
                    if case .copy(let source) = run.action {
                        guard try source.copy(to: run.directory, variant: run.agent, family: run.family, experiment: experiment.owner) else {
                            skip(run)
                            continue
                        }
                        outcome.finished.append(run)
                        observe(.copied(run, from: source))
                    } else {
                        let threads = threads(waiting: waiting.count + 1, running: running.map(\.threads))
                        running.append((run, threads, try start(run, threads: threads, environment)))
                        observe(.started(run))
                    }
                } catch is FolderInUse {
                    leave(run)
                } catch {
                    fail(run, "\(error)")
                }
            }
            running.removeAll { entry in
                guard let end = entry.process.poll() else { return false }
                hasChanged = true
                if end == .exited(0) {
                    outcome.finished.append(entry.run)
                    observe(.finished(entry.run))
                } else if outcome.interruptedBy != nil {
                    // Of a run that another process has in hand there is nothing to save.
                    if end != .exited(FolderInUse.exitCode), !Self.isSaved(entry.run) { outcome.unsaved.append((entry.run, Self.reason(entry.run, entry.process, end))) }
                } else if end == .exited(FolderInUse.exitCode) {
                    leave(entry.run)
                } else {
                    fail(entry.run, Self.reason(entry.run, entry.process, end))
                }
                return true
            }
            if waiting.isEmpty, running.count < jobs, !elsewhere.isEmpty, lookedElsewhere.duration(to: .now) > Self.betweenLooksElsewhere {
                lookedElsewhere = .now
                elsewhere.removeAll { run in
                    switch Self.standing(run) {
                    case .inUse: return false
                    case .finished: skip(run)
                    case .free: waiting.append(run)  // whoever had it in hand was stopped
                    }
                    return true
                }
            }
            let isEnd = waiting.isEmpty && running.isEmpty && elsewhere.isEmpty
            if isEnd || lastMeasure.map({ $0.duration(to: .now) > Self.measuring }) ?? true {
                observe(.progress(meter.measure(running: running.map(\.run) + elsewhere, outcome)))
                lastMeasure = .now
            }
            // Runs may be shorter than a moment: the first looks come soon, later ones less often.
            pause = hasChanged ? Self.shortestPause : min(Self.longestPause, pause * 2)
            if !isEnd { usleep(pause) }
        }
        return outcome
    }

    /// Microseconds between two looks at the running processes.
    private static let shortestPause: UInt32 = 5_000
    private static let longestPause: UInt32 = 100_000
    /// Between two looks at all runs' files.
    private static let measuring = Duration.milliseconds(90)
    private static let betweenLooksElsewhere = Duration.seconds(1)

    private enum Standing { case free, inUse, finished }

    /// What another process has made of a run meanwhile.
    private static func standing(_ run: PlannedRun) -> Standing {
        if FolderLock.isHeld(folder: run.directory.path) { return .inUse }
        return run.directory.hasRun && run.directory.status()?.state == .finished ? .finished : .free
    }

    private func start(_ run: PlannedRun, threads: Int, _ environment: [String: String]) throws -> ChildProcess {
        try makeFolder(run.directory.path)
        return try ChildProcess(command(run, threads: threads), environment: environment, output: .file(Self.outputFile(run)))
    }

    /// Whether a run that has ended saved everything: one that was stopped writes its state after its last checkpoint.
    private static func isSaved(_ run: PlannedRun) -> Bool {
        guard run.directory.hasRun else { return true }
        let state = (try? RunStatus(contentsOf: run.directory.statusFile))?.state
        return state == .interrupted || state == .finished
    }

    private static func outputFile(_ run: PlannedRun) -> String { run.directory.path + "/output.log" }

    /// Why a run ended: the error that it recorded, else its last line of output, else its exit status.
    private static func reason(_ run: PlannedRun, _ process: ChildProcess, _ end: ChildProcess.End) -> String {
        if case .killed(let signal) = end {
            return "ended by signal \(signal) (\(String(cString: strsignal(signal)))); the same command continues from its last checkpoint"
        }
        if let status = try? RunStatus(contentsOf: run.directory.statusFile), status.state == .failed, let error = status.error,
            status.process == process.id {  // not of an earlier attempt
            return error
        }
        let words = (try? String(contentsOfFile: outputFile(run), encoding: .utf8)) ?? ""
        if let last = words.split(whereSeparator: \.isNewline).last { return "\(last) (\(outputFile(run)))" }
        return "ended with status \(end)"
    }
}
