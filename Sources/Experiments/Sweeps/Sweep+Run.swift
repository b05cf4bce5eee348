import Foundation

extension Sweep {
    /// Carries out a plan. A run that fails is reported and the others go on; when asked to stop, every run is asked to
    /// save itself and waited for. Never throws for a run's sake.
    public func run(
        _ plan: [PlannedRun], interruption: Interruption, environment: [String: String] = ProcessInfo.processInfo.environment,
        observe: (SweepEvent) -> Void
    ) -> SweepOutcome {
        var outcome = SweepOutcome()
        outcome.skipped = plan.filter { $0.action == .skip }
        var waiting = ArraySlice(plan.filter { $0.action != .skip })
        var running: [(run: PlannedRun, process: ChildProcess)] = []
        var meter = SweepMeter(plan)
        var environment = environment
        environment[Interruption.parentVariable] = "\(getpid())"

        while !waiting.isEmpty || !running.isEmpty {
            if let signal = interruption.requested, outcome.interruptedBy == nil {
                outcome.interruptedBy = signal
                waiting = []
                running.forEach { $0.process.send(signal) }
            }
            while running.count < jobs, let run = waiting.popFirst() {
                do {
                    running.append((run, try start(run, environment)))
                    observe(.started(run))
                } catch {
                    outcome.failed.append((run, "\(error)"))
                    observe(.failed(run, reason: "\(error)"))
                }
            }
            running.removeAll { entry in
                guard let end = entry.process.poll() else { return false }
                if end == .exited(0) {
                    outcome.finished.append(entry.run)
                    observe(.finished(entry.run))
                } else if outcome.interruptedBy == nil {
                    let reason = Self.reason(entry.run, end)
                    outcome.failed.append((entry.run, reason))
                    observe(.failed(entry.run, reason: reason))
                }
                return true
            }
            observe(.progress(meter.measure(running: running.map(\.run), outcome)))
            if !running.isEmpty { usleep(100_000) }
        }
        return outcome
    }

    private func start(_ run: PlannedRun, _ environment: [String: String]) throws -> ChildProcess {
        try makeFolder(run.directory.path)
        return try ChildProcess(command(run), environment: environment, output: Self.outputFile(run))
    }

    private static func outputFile(_ run: PlannedRun) -> String { run.directory.path + "/output.log" }

    /// Why a run ended: what it recorded itself, else its last words, else its exit status.
    private static func reason(_ run: PlannedRun, _ end: ChildProcess.End) -> String {
        if case .killed(let signal) = end {
            return "ended by signal \(signal) (\(String(cString: strsignal(signal)))); the same command goes on from its last checkpoint"
        }
        if let status = try? RunStatus(contentsOf: run.directory.statusFile), status.state == .failed, let error = status.error {
            return error
        }
        let words = (try? String(contentsOfFile: outputFile(run), encoding: .utf8)) ?? ""
        if let last = words.split(whereSeparator: \.isNewline).last { return "\(last) (\(outputFile(run)))" }
        return "ended with status \(end)"
    }
}

/// Adds up the steps of all runs from their status files and extrapolates.
private struct SweepMeter {
    private let plan: [PlannedRun]
    private let begin = ContinuousClock.now
    private var stepsAtBegin: Double?

    init(_ plan: [PlannedRun]) { self.plan = plan }

    /// `half-cheetah-dir/0`, and with its agent where there are several.
    private func name(_ run: PlannedRun) -> String {
        let isAlone = plan.allSatisfy { $0.agent == run.agent }
        return isAlone ? "\(run.family)/\(run.seed)" : "\(run.family)/\(run.agent)/\(run.seed)"
    }

    mutating func measure(running: [PlannedRun], _ outcome: SweepOutcome) -> SweepProgress {
        var done = 0.0, total = 0.0, lines: [String] = []
        for run in plan {
            total += Double(run.totalSteps)
            if run.action == .skip || outcome.finished.contains(run) {
                done += Double(run.totalSteps)
            } else if let status = try? RunStatus(contentsOf: run.directory.statusFile) {
                done += Double(min(status.steps, run.totalSteps))
                if running.contains(run) {
                    let pace = status.lastReturn.map { ", return \(ProgressDisplay.short($0))" } ?? ""
                    lines.append("\(name(run)) \(100 * status.steps / max(1, run.totalSteps)) %\(pace)")
                }
            }
        }
        let start = stepsAtBegin ?? done
        stepsAtBegin = start
        let seconds = begin.duration(to: .now).seconds
        let left = done > start && seconds > 1 ? (total - done) * seconds / (done - start) : nil
        return SweepProgress(
            finished: outcome.finished.count + outcome.skipped.count, running: lines, failed: outcome.failed.count,
            total: plan.count, fraction: total > 0 ? done / total : 1, secondsLeft: left)
    }
}
