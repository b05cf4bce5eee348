import Foundation
import Runs

/// Reads how far all runs are from their status files, and tells the time left from the pace of each agent on each family: one that
/// takes a minute says little about another that takes a quarter of an hour.
struct SweepMeter {
    private let plan: [PlannedRun]
    private let jobs: Int
    /// Finished runs, whose files don't change any more.
    private var finished: [String: RunStatus] = [:]

    init(_ plan: [PlannedRun], jobs: Int) {
        self.plan = plan
        self.jobs = jobs
    }

    mutating func measure(running: [PlannedRun], _ outcome: SweepOutcome) -> SweepProgress {
        let standing = plan.map { ($0, status($0)) }
        var done = 0.0, total = 0.0, lines: [String] = []
        for (run, status) in standing {
            total += Double(run.totalSteps)
            let isDone = run.action == .skip || outcome.finished.contains(run)
            done += Double(isDone ? run.totalSteps : min(status?.amount ?? 0, run.totalSteps))
            if let status, running.contains(run) {
                let pace = status.lastReturn.map { ", return \(ProgressDisplay.short($0))" } ?? ""
                lines.append("\(name(run)) \(100 * status.amount / max(1, run.totalSteps)) %\(pace)")
            }
        }
        return SweepProgress(
            finished: outcome.finished.count + outcome.skipped.count, running: lines, failed: outcome.failed.count,
            total: plan.count, fraction: total > 0 ? done / total : 1,
            secondsLeft: secondsLeft(standing.filter { item in !outcome.failed.contains { $0.run == item.0 } }))
    }

    /// `half-cheetah-dir/0`, and with its agent where there are several.
    private func name(_ run: PlannedRun) -> String {
        let isAlone = plan.allSatisfy { $0.agent == run.agent }
        return isAlone ? "\(run.family)/\(run.seed)" : "\(run.family)/\(run.agent)/\(run.seed)"
    }

    private mutating func status(_ run: PlannedRun) -> RunStatus? {
        if let known = finished[run.label] { return known }
        guard let status = try? RunStatus(contentsOf: run.directory.statusFile) else { return nil }
        if status.state == .finished { finished[run.label] = status }
        return status
    }

    /// What all runs have yet to do at their pace, shared between the jobs, but no less than the longest of them. Nil before any pace is
    /// known. A run not begun goes as others of its agent and family, else of its agent, else as all do.
    private func secondsLeft(_ standing: [(run: PlannedRun, status: RunStatus?)]) -> Double? {
        func pace(_ isLike: (PlannedRun) -> Bool) -> Double? {
            let like = standing.filter { isLike($0.run) }.compactMap(\.status).filter { $0.amount > 0 && $0.seconds > 0 }
            let steps = like.reduce(0) { $0 + Double($1.steps) }
            return steps > 0 ? like.reduce(0) { $0 + $1.seconds } / steps : nil
        }
        var left: [Double] = []
        for (run, status) in standing where status?.state != .finished {
            let steps = Double(max(0, run.totalSteps - (status?.amount ?? 0)))
            let own = pace { $0.agent == run.agent && $0.family == run.family }
            guard let secondsAStep = own ?? pace({ $0.agent == run.agent }) ?? pace({ _ in true }) else { return nil }
            left.append(steps * secondsAStep)
        }
        return max(left.reduce(0, +) / Double(max(1, min(jobs, left.count))), left.max() ?? 0)
    }
}
