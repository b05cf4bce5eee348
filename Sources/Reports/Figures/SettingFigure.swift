import Environments
import Runs

/// Final performance against a setting that an experiment varies, such as lambda: a panel for each family, a line for each policy.
struct SettingFigure {
    /// Runs of one agent that differ in nothing but the setting.
    private struct Line: Hashable {
        var agent: String
        /// Other settings in which the agent's runs differ, and their preset, length and tasks: `personalStart keep`.
        var others: String
    }

    /// Fewer values of a setting are no sweep.
    private static let fewest = 3

    /// One figure for every setting that some agent's runs have three or more values of.
    static func all(_ comparison: Comparison, _ metric: Metric) -> [Figure] {
        var panels: [String: [LinePlot.Panel]] = [:], keys: [String] = []
        for family in comparison.families {
            for (key, series) in sweeps(comparison.groups.filter { $0.family == family }, metric) {
                if panels[key] == nil { keys.append(key) }
                panels[key, default: []].append(LinePlot.Panel(title: family, series: series))
            }
        }
        return keys.map { key in
            let panels = panels[key] ?? []
            let values = panels.flatMap(\.series).flatMap { $0.points.map(\.x) + $0.diverged }
            let isWide = (values.min() ?? 0) > 0 && (values.max() ?? 0) >= 10 * (values.min() ?? 1)
            let hasDiverged = panels.contains { $0.series.contains { !$0.diverged.isEmpty } }
            return LinePlot(
                name: "\(metric.fileName("settings"))-\(key)", title: "\(metric.finalTitle.sentence) against \(key)",
                caption: "Mean over tasks and seeds at the last evaluation; band: 95% interval of the mean (Student's)."
                    + (hasDiverged ? " A cross at the top: runs diverged; a point below it is of the values where they were stopped." : ""),
                xTitle: key, yTitle: metric.finalTitle, xScale: isWide ? .logarithmic : .linear, panels: panels).figure
        }
    }

    private static func sweeps(_ groups: [RunGroup], _ metric: Metric) -> [(key: String, series: [LinePlot.Series])] {
        var found: [(key: String, series: [LinePlot.Series])] = []
        for agent in groups.compactMap({ $0.runs.first?.baseAgent }).unique {
            let own = groups.filter { $0.runs.first?.baseAgent == agent }
            let settings = own.map { $0.runs.first?.settings ?? [:] }
            /// By condition in which the runs differ: the words of each group.
            let conditions = [
                own.map { $0.runs.first.map { "preset \($0.preset)" } }, own.map { $0.runs.first.map { "\(Format.count($0.totalSteps)) \($0.budgetUnit)" } },
                numbered(own.map { $0.runs.first?.commonTasks }),
            ].filter { Set($0).count > 1 }
            let differing = Set(settings.flatMap(\.keys)).filter { key in Set(settings.map { $0[key] }).count > 1 }.sorted()
            for key in differing {
                let others = differing.filter { $0 != key }
                let lines = Dictionary(grouping: own.indices) { index in
                    let words = others.map { "\($0) \(settings[index][$0] ?? "not set")" } + conditions.compactMap { $0[index] }
                    return Line(agent: agent, others: words.joined(separator: ", "))
                }
                for (line, members) in lines.sorted(by: { $0.value[0] < $1.value[0] }) {
                    let points = members.compactMap { index in settings[index][key].flatMap { Double($0) }.map { (x: $0, group: own[index]) } }
                    guard Set(points.map(\.x)).count >= fewest else { continue }
                    let series = series(line, points.sorted { $0.x < $1.x }, metric)
                    if let place = found.firstIndex(where: { $0.key == key }) { found[place].series += series } else { found.append((key, series)) }
                }
            }
        }
        return found
    }

    /// `tasks 1`, `tasks 2`: the texts are too long to show.
    private static func numbered(_ tasks: [String?]) -> [String?] {
        let all = tasks.unique
        return tasks.map { own in all.firstIndex(of: own).map { "tasks \($0 + 1)" } }
    }

    private static func series(_ line: Line, _ points: [(x: Double, group: RunGroup)], _ metric: Metric) -> [LinePlot.Series] {
        let policies = points.flatMap { $0.group.filters(metric).filter { $0.set == .train }.map(\.policy) }.unique.sorted(by: PolicyName.precedes)
        return policies.map { policy in
            var series = LinePlot.Series(
                "\(line.agent)\(line.others.isEmpty ? "" : " with \(line.others)"), \(points[0].group.title(policy))", [])
            for (x, group) in points where !group.runs.isEmpty {
                if let scores = PolicyScores(group, EvaluationFilter(policy: policy, set: .train, metric: metric)), scores.mean.isFinite {
                    let interval = Statistics.meanInterval(scores.seedMeans)
                    series.points.append(.init(x, scores.mean, low: interval?.lowerBound, high: interval?.upperBound))
                    if group.divergedRuns(policy) > 0 { series.diverged.append(x) }
                } else if group.runs.contains(where: { $0.nonFinite != nil }) {
                    series.diverged.append(x)
                }
            }
            return series
        }.filter { !$0.points.isEmpty || !$0.diverged.isEmpty }
    }
}
