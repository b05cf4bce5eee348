import Foundation
import Runs

/// How far a sweep is, and the time left, estimated from the speed of each agent on each family, because agents differ much in speed.
///
/// A measurement reads the status files of the runs that are at work and of those that ended since the last one. Its cost does not grow with the
/// number of finished runs.
struct SweepMeter {
    private let plan: [PlannedRun]
    private let jobs: Int
    private let isOneUnit: Bool
    private let isOneAgent: Bool
    /// Where a run stands in the plan, by its label.
    private let places: [String: Int]
    /// What was last known of each run.
    private var known: [(fraction: Double, seconds: Double)]
    /// Number of each run's group: an agent on a family.
    private let group: [Int]
    private var groups: [Group]
    private var paces = Paces()
    /// Lengths of all runs, and what of them is done.
    private var total = 0.0, done = 0.0
    /// How many of the outcome's runs are counted already.
    private var counted = (finished: 0, skipped: 0, failed: 0)

    private struct Group {
        /// Any run of it.
        var example: PlannedRun
        /// Places of its runs that are not over.
        var open: [Int] = []
        /// What these have yet to do, in their unit.
        var rest = 0.0
    }

    /// Reads the status of runs that were begun before.
    init(_ plan: [PlannedRun], jobs: Int) {
        self.plan = plan
        self.jobs = jobs
        isOneUnit = Set(plan.map(\.unit)).count == 1
        isOneAgent = Set(plan.map(\.agent.name)).count == 1
        places = Dictionary(plan.enumerated().map { ($1.label, $0) }, uniquingKeysWith: { first, _ in first })
        known = Array(repeating: (0, 0), count: plan.count)
        var numbers: [[String]: Int] = [:], groups: [Group] = [], group: [Int] = []
        for (place, run) in plan.enumerated() {
            let key = [run.unit.rawValue, run.agent.name, run.family.name], number = numbers[key] ?? groups.count
            if number == groups.count { groups.append(Group(example: run)) }
            numbers[key] = number
            group.append(number)
            groups[number].open.append(place)
            groups[number].rest += Double(run.budget)
        }
        self.group = group
        self.groups = groups
        total = plan.indices.reduce(0) { $0 + weight($1) }
        for (place, run) in plan.enumerated() where run.action == .resume { _ = update(place) }
    }

    /// Lengths in one unit can be added; of several units, every run counts the same.
    private func weight(_ place: Int) -> Double { isOneUnit ? Double(plan[place].budget) : 1 }

    mutating func measure(running: [PlannedRun], _ outcome: SweepOutcome) -> SweepProgress {
        let newlyDone = outcome.finished[counted.finished...] + outcome.skipped[counted.skipped...]
        let newlyFailed = outcome.failed[counted.failed...]
        counted = (outcome.finished.count, outcome.skipped.count, outcome.failed.count)
        for place in newlyDone.compactMap({ places[$0.label] }) {
            let status = update(place)
            learn(place, fraction: 1, seconds: status?.seconds ?? known[place].seconds)
            close(place)
        }
        for place in newlyFailed.compactMap({ places[$0.run.label] }) {
            _ = update(place)
            paces.add(plan[place], seconds: -known[place].seconds, fraction: -known[place].fraction)
            close(place)
        }
        let lines = running.compactMap { run -> String? in
            guard let place = places[run.label], let status = update(place) else { return nil }
            return (["\(name(run)) \(Int(100 * run.fraction(status))) %"] + [status.lastReturnText].compactMap { $0 }).joined(separator: ", ")
        }
        return SweepProgress(
            finished: counted.finished + counted.skipped, running: lines, failed: counted.failed, total: plan.count,
            fraction: total > 0 ? min(1, max(0, done / total)) : 1, secondsLeft: secondsLeft)
    }

    /// `half-cheetah-dir/0`, and with its agent where there are several.
    private func name(_ run: PlannedRun) -> String {
        isOneAgent ? "\(run.family.name)/\(run.seed)" : "\(run.family.name)/\(run.agent.name)/\(run.seed)"
    }

    /// Reads a run's status.
    private mutating func update(_ place: Int) -> RunStatus? {
        guard let status = try? RunStatus(contentsOf: plan[place].directory.statusFile) else { return nil }
        learn(place, fraction: plan[place].fraction(status), seconds: status.seconds)
        return status
    }

    private mutating func learn(_ place: Int, fraction: Double, seconds: Double) {
        let change = (fraction: fraction - known[place].fraction, seconds: seconds - known[place].seconds)
        paces.add(plan[place], seconds: change.seconds, fraction: change.fraction)
        done += weight(place) * change.fraction
        groups[group[place]].rest -= Double(plan[place].budget) * change.fraction
        known[place] = (fraction, seconds)
    }

    /// The run is over: nothing of it is left to do.
    private mutating func close(_ place: Int) {
        groups[group[place]].rest -= Double(plan[place].budget) * (1 - known[place].fraction)
        groups[group[place]].open.removeAll { $0 == place }
    }

    /// What all runs have yet to do at their pace, shared between the jobs, but no less than the longest of them. Nil before any pace is
    /// known.
    private var secondsLeft: Double? {
        var sum = 0.0, longest = 0.0, open = 0
        for group in groups where !group.open.isEmpty {
            guard let pace = paces.pace(group.example) else { return nil }
            sum += max(0, group.rest) * pace
            for place in group.open { longest = max(longest, Double(plan[place].budget) * (1 - known[place].fraction) * pace) }
            open += group.open.count
        }
        return max(sum / Double(max(1, min(jobs, open))), longest)
    }

    /// Seconds that a unit of the budget takes.
    private struct Paces {
        private var seconds: [[String]: Double] = [:]
        private var spent: [[String]: Double] = [:]

        /// Where a run's pace counts: for its agent and family, for its agent, for all runs of its unit.
        private static func keys(_ run: PlannedRun) -> [[String]] {
            [[run.unit.rawValue, run.agent.name, run.family.name], [run.unit.rawValue, run.agent.name], [run.unit.rawValue]]
        }

        mutating func add(_ run: PlannedRun, seconds more: Double, fraction: Double) {
            for key in Self.keys(run) {
                seconds[key, default: 0] += more
                spent[key, default: 0] += fraction * Double(run.budget)
            }
        }

        /// That of runs of its agent and family, else of its agent, else of all.
        func pace(_ run: PlannedRun) -> Double? {
            for key in Self.keys(run) {
                if let seconds = seconds[key], let spent = spent[key], seconds > 0, spent > 0.5 { return seconds / spent }
            }
            return nil
        }
    }
}

extension PlannedRun {
    /// How much of its length is behind it, 0...1.
    func fraction(_ status: RunStatus) -> Double { min(1, Double(status.amount) / Double(max(1, budget))) }
}
