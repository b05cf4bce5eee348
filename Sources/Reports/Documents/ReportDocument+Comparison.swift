import Foundation
import Runs

extension ReportDocument {
    /// Everything that `comparison` has to say, with what the paper claims of it.
    ///
    /// - Parameter plan: the runs of an experiment, of which some may be missing.
    public init(_ comparison: Comparison, claims: [PaperClaims] = [], plan: [RunPlan] = []) {
        self.init(comparison, judged: claims.flatMap { JudgedClaim.all($0, comparison) }, papers: claims, titles: [:], plan: plan, lengths: [])
    }

    /// - Parameters:
    ///   - titles: of experiments, by name.
    ///   - lengths: of runs that are longer or shorter than their preset's.
    init(
        _ comparison: Comparison, judged: [JudgedClaim], papers: [PaperClaims], titles: [String: String], plan: [RunPlan], lengths: [OtherLength]
    ) {
        let main = comparison.metrics.first ?? .episodeReturn
        let sections = (ReportDocument.summary(comparison, judged, presets: papers.compactMap(\.preset), lengths).map { [$0] } ?? [])
            + ReportDocument.sections(comparison, main, judged, papers)
            + comparison.metrics.dropFirst().map { metric in
                Section(
                    title: metric.title.sentence,
                    blocks: (metric.explanation(comparison).map { [.paragraph($0)] } ?? [])
                        + ReportDocument.sections(comparison, metric, judged, []).flatMap(\.blocks))
            }
            + [Section(title: "Time and steps of the runs", blocks: ReportDocument.data(.cost(comparison)))]
        let experiments = Set(comparison.runs.map(\.experiment).filter { !$0.isEmpty }).sorted()
        let known = experiments.count == 1 ? comparison.runs.flatMap(\.experimentNames).lazy.compactMap { titles[$0] }.first : nil
        self.init(
            title: known ?? (experiments.isEmpty ? "Runs" : experiments.joined(separator: ", ")),
            introduction: ReportDocument.introduction(comparison, plan, experiment: known == nil ? nil : experiments[0]),
            cautions: lengths.map(\.sentence)
                + (plan.isEmpty ? comparison.cautions : comparison.cautions.filter { !comparison.seedGaps.contains($0) }),
            sections: sections.filter { !$0.blocks.isEmpty })
    }

    /// Tables and figures of one metric, section by section.
    ///
    /// - Parameter papers: those whose claims follow the comparison.
    private static func sections(_ comparison: Comparison, _ metric: Metric, _ claims: [JudgedClaim], _ papers: [PaperClaims]) -> [Section] {
        let figures = Figures(comparison, metric)
        let adaptation = metric.isReturn ? data(.adaptation(comparison)) : []
        return [
            Section(
                title: "Comparison", blocks: [.table(.comparison(comparison, metric, .train))] + statistics(comparison, metric, claims),
                isMain: true),
            Section(
                title: papers.isEmpty ? "Policies compared" : "Policies compared, and what the paper claims",
                blocks: compared(comparison, metric, claims, papers)),
            Section(title: "Learning curves", blocks: figures.curves, isMain: true),
            Section(
                title: "Effect of a setting", blocks: metric.hasOrder ? SettingFigure.all(comparison, metric).map { .figure($0) } : [],
                isMain: true),
            Section(title: "Unseen tasks", blocks: blocks(.comparison(comparison, metric, .test)) + figures.unseen),
            Section(title: "Cost and gain of adapting", blocks: adaptation + figures.adaptation),
            Section(title: "Performance profiles", blocks: figures.profiles),
            Section(title: "Did the agents learn", blocks: data(.learning(comparison, metric))),
            Section(title: metric.finalTitles.sentence + " in detail", blocks: data(.finals(comparison, metric))),
            Section(title: metric.isReturn ? "Returns by task" : "By task", blocks: figures.tasks + data(.tasks(comparison, metric))),
        ]
    }

    /// Policies two by two; with the papers, what else these claim.
    private static func compared(_ comparison: Comparison, _ metric: Metric, _ claims: [JudgedClaim], _ papers: [PaperClaims]) -> [Block] {
        let pairs = comparison.pairs(metric, claims.flatMap(\.leads))
        let found = blocks(.pairs(pairs, metric, families: comparison.families, claims)) + data(.comparisons(pairs, metric))
        guard !papers.isEmpty else { return found }
        guard claims.flatMap(\.tableRows).contains(where: \.isPair) else { return found + blocks(.claims(claims)) + readings(papers, comparison) }
        var all = Table.claims(claims)
        all.remarks = nil  // They stand above.
        return found + blocks(.otherClaims(claims)) + data(all) + readings(papers, comparison)
    }

    /// Other evaluations than the last, where a paper's claims are about them.
    private static func statistics(_ comparison: Comparison, _ metric: Metric, _ claims: [JudgedClaim]) -> [Block] {
        let table = blocks(.statistics(comparison, metric, claims))
        return table.isEmpty ? [] : [.paragraph("The paper's claims are about other evaluations, too:")] + table
    }

    /// A table that has something to say.
    private static func blocks(_ table: Table) -> [Block] { table.rows.isEmpty ? [] : [.table(table)] }

    private static func data(_ table: Table) -> [Block] { table.rows.isEmpty ? [] : [.data(table)] }

    /// How long the runs are, what an evaluation is, and what the policies' names mean.
    private static func evaluated(_ comparison: Comparison) -> [String] {
        func byFamily(_ value: ([RunRecord]) -> String?) -> String? {
            let known = comparison.families.compactMap { family in
                value(comparison.runs.filter { $0.family == family }).map { (family: family, value: $0) }
            }
            let values = known.map(\.value).unique
            if values.count < 2 { return values.first }
            return Format.list(values.map { value in "\(value) on \(Format.list(known.filter { $0.value == value }.map(\.family)))" })
        }
        var sentences: [String] = []
        /// `400,000 steps`; where runs of a family differ `400,000 steps or 10 rounds`.
        func either(_ values: [String]) -> String? { values.isEmpty ? nil : values.unique.joined(separator: " or ") }
        if let length = byFamily({ either($0.filter { $0.totalSteps > 0 }.map { "\(Format.count($0.totalSteps)) \($0.budgetUnit)" }) }) {
            sentences.append("A run has \(length).")
        }
        if comparison.runs.contains(where: { $0.budgetUnit == "steps" }) { sentences.append("Steps are those of all tasks together.") }
        if let longest = byFamily({ $0.compactMap(\.longestEpisode).max().map { "\(Format.count($0)) steps" } }) {
            sentences.append("Evaluation episodes had at most \(longest).")
        }
        if let episodes = byFamily({ either($0.compactMap { $0.settings["evaluationEpisodes"] }) }) {
            sentences.append("Episodes of an evaluation on each task: \(episodes). Results are those of a run's last evaluation.")
        }
        let terms = Set(comparison.scores(.episodeReturn).map { AdaptationTerms($0).episodes > 0 })
        if terms.count > 1 {
            sentences.append(
                "Without adaptation episodes a policy plays a task that it knows from training, or that it has no information about; others adapt to "
                    + "the task anew before each evaluation episode.")
        }
        let names = comparison.groups.flatMap(\.policies)
        if names.contains(where: { $0.hasSuffix("-stored") || $0.hasSuffix("-fresh") }) {
            sentences.append(
                "z is the vector by which an agent describes a task: from stored context it is inferred from episodes of training, from fresh "
                    + "context from the adaptation episodes.")
        }
        return sentences.isEmpty ? [] : [sentences.joined(separator: " ")]
    }

    /// - Parameter experiment: its name, where the title does not say it.
    private static func introduction(_ comparison: Comparison, _ plan: [RunPlan], experiment: String?) -> [String] {
        let finished = comparison.runs.filter { $0.state == .finished }.count
        let presets = Set(comparison.runs.map(\.preset).filter { !$0.isEmpty }).sorted()
        let machines = Set(comparison.runs.map(\.machine).filter { !$0.isEmpty }).sorted()
        let seeds = Set(comparison.runs.map(\.seed))
        let count = comparison.runs.count
        let finishedRuns = count == 1 ? "1 run, \(finished == 1 ? "finished" : "not finished")" : "\(count) runs, \(finished) of them finished"
        return [
            (experiment.map { "Experiment \($0): " } ?? "") + finishedRuns + (presets.isEmpty ? "" : "; preset \(presets.joined(separator: ", "))")
                + "; \(seeds.count == 1 ? "seed" : "seeds") \(Format.ranges(Array(seeds)).joined(separator: ", ")).",
        ] + evaluated(comparison) + (RunPlan.missing(plan, comparison.runs).map { [$0] } ?? [])
            + (machines.isEmpty ? [] : ["Run on " + machines.joined(separator: "; and on ") + "."])
    }
}
