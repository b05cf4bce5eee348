import Environments
import Experiments
import Foundation

/// `report.md`: what was run, the final returns, the curves, and everything that a reader must be told beside them.
struct MarkdownReport {
    let comparison: Comparison
    /// File name of each family's figure.
    let figures: [(family: String, file: String, caption: String)]

    var text: String {
        var parts = ["# \(title)", introduction]
        if !comparison.cautions.isEmpty {
            parts.append("## Read this first\n\n" + comparison.cautions.map { "- \($0)" }.joined(separator: "\n"))
        }
        parts.append("## Final returns\n\n" + finalTable + "\n\n" + finalNotes)
        let curves = figures.map { "### \($0.family)\n\n![Learning curves on \($0.family)](\($0.file))\n\n\($0.caption)" }
        if !curves.isEmpty { parts.append("## Learning curves\n\n" + curves.joined(separator: "\n\n")) }
        parts.append("## Does it learn, does adapting help\n\n" + learningTable + "\n\n" + learningNotes)
        parts.append("## Task by task\n\n" + taskTable)
        parts.append("## Raw data\n\n[`runs.csv`](runs.csv) has a line a run, [`evaluations.csv`](evaluations.csv) a line an "
            + "evaluated episode. `gait report` with this folder as its input makes the same report again.")
        return parts.joined(separator: "\n\n") + "\n"
    }

    private var title: String {
        let names = Set(comparison.runs.map(\.experiment).filter { !$0.isEmpty }).sorted()
        return names.isEmpty ? "Runs" : names.joined(separator: ", ")
    }

    private var introduction: String {
        let finished = comparison.runs.filter(\.counts).count
        let presets = Set(comparison.runs.map(\.preset).filter { !$0.isEmpty }).sorted()
        let machines = Set(comparison.runs.map(\.machine).filter { !$0.isEmpty }).sorted()
        let seeds = Set(comparison.runs.map(\.seed)).sorted().map(String.init)
        let count = comparison.runs.count
        return (count == 1 ? "1 run, \(finished == 1 ? "finished" : "not finished")" : "\(count) runs, \(finished) of them finished")
            + (presets.isEmpty ? "" : "; preset \(presets.joined(separator: ", "))") + "; \(seeds.count == 1 ? "seed" : "seeds") \(seeds.joined(separator: ", "))."
            + (machines.isEmpty ? "" : "\n\nRun on " + machines.joined(separator: "; and on ") + ".")
    }

    // MARK: Final returns

    private var finalTable: String {
        var rows = [[
            "family", "agent", "policy", "tasks", "final return", "interquartile mean [95% interval]", "seeds", "steps",
            "wall time a run", "steps/s",
        ]]
        for group in comparison.groups {
            let filters = MarkdownReport.filters(group)
            if filters.isEmpty { rows.append([group.family, group.label, "–", "–", "–", "–"] + cost(group)) }
            for filter in filters {
                rows.append([
                    group.family, group.label, LearningCurveFigure.policyName(filter.policy), filter.set.rawValue,
                ] + finalReturn(group, filter) + cost(group))
            }
        }
        return MarkdownReport.table(rows, rightFrom: 4)
    }

    private var finalNotes: String {
        """
        Final return: mean over tasks and evaluation episodes at the last evaluation, then mean ± standard deviation over \
        the finished seeds. Interquartile mean: over tasks and seeds together, with a 95% stratified bootstrap interval \
        (2,000 resamples, seeds drawn task by task). Steps/s: environment steps a second of wall clock, evaluation included.
        """
    }

    /// Mean ± deviation over seeds, and the interquartile mean with its interval.
    private func finalReturn(_ group: RunGroup, _ filter: EvaluationFilter) -> [String] {
        let finals = group.counted.compactMap { $0.marks(filter).last?.taskReturns }
        guard !finals.isEmpty else { return ["–", "–"] }
        let tasks = finals.map(\.count).min() ?? 0
        let strata = (0..<tasks).map { task in finals.map { $0[task] } }
        let iqm = Statistics.interquartileMean(strata.flatMap { $0 })
        let ends = Statistics.bootstrapInterval(strata: strata, statistic: Statistics.interquartileMean)
        let digits = Format.decimals(for: abs(iqm), beside: ends.map { ($0.upperBound - $0.lowerBound) / 2 } ?? .nan)
        var interval = Format.number(iqm, decimals: digits)
        if let ends {
            interval += " [\(Format.number(ends.lowerBound, decimals: digits)), \(Format.number(ends.upperBound, decimals: digits))]"
        }
        return [MarkdownReport.spread(finals.map(Statistics.mean)), interval]
    }

    /// Seeds, steps, wall time and speed of a group.
    private func cost(_ group: RunGroup) -> [String] {
        let counted = group.counted, shown = counted.isEmpty ? group.runs : counted
        let seeds = counted.count == group.runs.count ? "\(counted.count)" : "\(counted.count) of \(group.runs.count)"
        let steps = Set(shown.map(\.steps)).sorted()
        let range = steps.count == 1 ? Format.count(steps[0]) : steps.isEmpty ? "–"
            : "\(Format.count(steps[0])) to \(Format.count(steps[steps.count - 1]))"
        let rate = Statistics.mean(shown.compactMap(\.stepsPerSecond))
        return [
            seeds, range, Format.duration(Statistics.mean(shown.map(\.wallSeconds))),
            Format.number(rate, decimals: Format.decimals(for: rate)),
        ]
    }

    // MARK: Learning

    private var learningTable: String {
        var rows = [[
            "family", "agent", "policy", "tasks", "first evaluation", "last quarter of the curve", "rise / standard error",
            "before adapting", "seeds",
        ]]
        for group in comparison.groups {
            for filter in MarkdownReport.filters(group) {
                let evidence = LearningEvidence(group, filter)
                guard !evidence.first.isEmpty else { continue }
                rows.append([
                    group.family, group.label, LearningCurveFigure.policyName(filter.policy), filter.set.rawValue,
                    MarkdownReport.spread(evidence.first), MarkdownReport.spread(evidence.lastQuarter),
                    Format.number(evidence.riseInStandardErrors, decimals: 1),
                    evidence.beforeAdapting.isEmpty ? "–" : MarkdownReport.spread(evidence.beforeAdapting), "\(evidence.first.count)",
                ])
            }
        }
        return rows.count == 1 ? "No finished run yet." : MarkdownReport.table(rows, rightFrom: 4)
    }

    private var learningNotes: String {
        """
        Mean ± standard deviation over seeds. Last quarter: all evaluations in the last quarter of the steps. Rise: each seed's last \
        quarter less its first evaluation, mean over seeds, in standard errors of that mean. Before adapting: return of the first \
        adaptation episode in the last quarter, played as the agent explores; the columns before are of adapted, deterministic policies.
        """
    }

    // MARK: Task by task

    private var taskTable: String {
        var rows = [["family", "set", "task", "agent", "policy", "final return", "seeds"]]
        for group in comparison.groups {
            for filter in MarkdownReport.filters(group) {
                for task in LearningCurveFigure.tasks([group], set: filter.set) {
                    let one = EvaluationFilter(policy: filter.policy, set: filter.set, task: task)
                    let finals = group.counted.compactMap { $0.marks(one).last?.mean }
                    guard !finals.isEmpty else { continue }
                    rows.append([
                        group.family, filter.set.rawValue, task, group.label, LearningCurveFigure.policyName(filter.policy),
                        MarkdownReport.spread(finals), "\(finals.count)",
                    ])
                }
            }
        }
        return rows.count == 1 ? "No finished run yet." : MarkdownReport.table(rows, rightFrom: 5)
    }

    /// Policy and task set of every evaluation in a group, meta before personal, train before test.
    private static func filters(_ group: RunGroup) -> [EvaluationFilter] {
        let used = Set(group.runs.flatMap { $0.evaluations.map { EvaluationFilter(policy: $0.policy, set: $0.taskSet) } })
        let all = EvaluationRecord.Policy.allCases.flatMap { policy in
            TaskSet.allCases.map { EvaluationFilter(policy: policy, set: $0) }
        }
        return all.filter(used.contains)
    }

    private static func spread(_ values: [Double]) -> String {
        let mean = Statistics.mean(values), deviation = Statistics.standardDeviation(values)
        let digits = Format.decimals(for: abs(mean), beside: deviation)
        return Format.number(mean, decimals: digits) + (deviation.isNaN ? "" : " ± " + Format.number(deviation, decimals: digits))
    }

    static func table(_ rows: [[String]], rightFrom right: Int) -> String {
        guard let header = rows.first else { return "" }
        let line = header.indices.map { $0 >= right ? "---:" : "---" }
        return ([header, line] + rows.dropFirst()).map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }
}
