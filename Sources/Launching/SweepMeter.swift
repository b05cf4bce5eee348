import Foundation
import Runs

/// Reads how far all runs are from their status files, and estimates the time left from the speed of each agent on each family, because
/// agents differ much in speed. Status files of finished runs are read once.
struct SweepMeter {
    private let plan: [PlannedRun]
    private let labels: [String]
    private let jobs: Int
    private let isOneUnit: Bool
    private let isOneAgent: Bool
    /// By label; of finished runs, whose files don't change any more.
    private var finished: [String: RunStatus] = [:]

    init(_ plan: [PlannedRun], jobs: Int) {
        self.plan = plan
        labels = plan.map(\.label)
        self.jobs = jobs
        isOneUnit = Set(plan.map(\.unit)).count == 1
        isOneAgent = Set(plan.map(\.agent.name)).count == 1
    }

    mutating func measure(running: [PlannedRun], _ outcome: SweepOutcome) -> SweepProgress {
        let isRunning = Set(running.map(\.label)), failed = Set(outcome.failed.map(\.run.label))
        let isDone = Set((outcome.finished + outcome.skipped).map(\.label))
        var done = 0.0, total = 0.0, lines: [String] = [], paces = Paces(), rest: [(run: PlannedRun, amount: Double)] = []
        for (run, label) in zip(plan, labels) {
            let status = status(run, label)
            let fraction = isDone.contains(label) ? 1 : status.map(run.fraction) ?? 0
            // Lengths in one unit can be added; of several units, every run counts the same.
            let weight = isOneUnit ? Double(run.budget) : 1
            total += weight
            done += weight * fraction
            if let status {
                if isRunning.contains(label) {
                    let words = ["\(name(run)) \(Int(100 * run.fraction(status))) %"] + [status.lastReturnText].compactMap { $0 }
                    lines.append(words.joined(separator: ", "))
                }
                if !failed.contains(label) { paces.add(run, status) }
            }
            if fraction < 1, !failed.contains(label), status?.state != .finished { rest.append((run, (1 - fraction) * Double(run.budget))) }
        }
        return SweepProgress(
            finished: isDone.count, running: lines, failed: failed.count, total: plan.count, fraction: total > 0 ? done / total : 1,
            secondsLeft: secondsLeft(rest, paces))
    }

    /// `half-cheetah-dir/0`, and with its agent where there are several.
    private func name(_ run: PlannedRun) -> String {
        isOneAgent ? "\(run.family.name)/\(run.seed)" : "\(run.family.name)/\(run.agent.name)/\(run.seed)"
    }

    private mutating func status(_ run: PlannedRun, _ label: String) -> RunStatus? {
        if let known = finished[label] { return known }
        guard let status = try? RunStatus(contentsOf: run.directory.statusFile) else { return nil }
        if status.state == .finished { finished[label] = status }
        return status
    }

    /// What all runs have yet to do at their pace, shared between the jobs, but no less than the longest of them. Nil before any pace is
    /// known.
    private func secondsLeft(_ rest: [(run: PlannedRun, amount: Double)], _ paces: Paces) -> Double? {
        var sum = 0.0, longest = 0.0
        for (run, amount) in rest {
            guard let pace = paces.pace(run) else { return nil }
            sum += amount * pace
            longest = max(longest, amount * pace)
        }
        return max(sum / Double(max(1, min(jobs, rest.count))), longest)
    }

    /// Seconds that a unit of the budget takes.
    private struct Paces {
        private var seconds: [[String]: Double] = [:]
        private var spent: [[String]: Double] = [:]

        /// Where a run's pace counts: for its agent and family, for its agent, for all runs of its unit.
        private static func keys(_ run: PlannedRun) -> [[String]] {
            [[run.unit.rawValue, run.agent.name, run.family.name], [run.unit.rawValue, run.agent.name], [run.unit.rawValue]]
        }

        mutating func add(_ run: PlannedRun, _ status: RunStatus) {
            guard status.seconds > 0, run.fraction(status) > 0 else { return }
            for key in Self.keys(run) {
                seconds[key, default: 0] += status.seconds
                spent[key, default: 0] += run.fraction(status) * Double(run.budget)
            }
        }

        /// That of runs of its agent and family, else of its agent, else of all.
        func pace(_ run: PlannedRun) -> Double? {
            for key in Self.keys(run) {
                if let seconds = seconds[key], let spent = spent[key] { return seconds / spent }
            }
            return nil
        }
    }
}

extension PlannedRun {
    /// How much of its length is behind it, 0...1.
    func fraction(_ status: RunStatus) -> Double { min(1, Double(status.amount) / Double(max(1, budget))) }
}
