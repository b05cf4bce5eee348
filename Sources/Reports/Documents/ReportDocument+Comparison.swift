import Foundation
import Runs

extension ReportDocument {
    /// Everything that `comparison` has to say.
    public init(_ comparison: Comparison) {
        let figures = Figures(comparison)
        self.init(
            title: ReportDocument.title(comparison), introduction: ReportDocument.introduction(comparison), cautions: comparison.cautions,
            sections: (ReportDocument.summary(comparison).map { [$0] } ?? []) + [
                Section(title: "Comparison", blocks: [.table(.comparison(comparison, .train))]),
                Section(title: "Gain of the personalized policies", blocks: ReportDocument.blocks(.gain(comparison))),
                Section(title: "Learning curves", blocks: figures.curves),
                Section(title: "Unseen tasks", blocks: ReportDocument.blocks(.comparison(comparison, .test)) + figures.unseen),
                Section(title: "Gain of the meta-policy", blocks: ReportDocument.blocks(.metaGain(comparison))),
                Section(title: "Cost and gain of adapting", blocks: ReportDocument.blocks(.adaptation(comparison)) + figures.adaptation),
                Section(title: "Performance profiles", blocks: figures.profiles),
                Section(title: "Did the agents learn", blocks: ReportDocument.blocks(.learning(comparison))),
                Section(title: "Final returns in detail", blocks: [.table(.finalReturns(comparison))]),
                Section(title: "Returns by task", blocks: figures.tasks + ReportDocument.blocks(.tasks(comparison))),
                Section(title: "Time and steps of the runs", blocks: ReportDocument.blocks(.cost(comparison))),
            ].filter { !$0.blocks.isEmpty })
    }

    /// A table that has something to say.
    private static func blocks(_ table: Table) -> [Block] { table.rows.isEmpty ? [] : [.table(table)] }

    private static func title(_ comparison: Comparison) -> String {
        let names = Set(comparison.runs.map(\.experiment).filter { !$0.isEmpty }).sorted()
        return names.isEmpty ? "Runs" : names.joined(separator: ", ")
    }

    private static func introduction(_ comparison: Comparison) -> [String] {
        let finished = comparison.runs.filter { $0.state == .finished }.count
        let presets = Set(comparison.runs.map(\.preset).filter { !$0.isEmpty }).sorted()
        let machines = Set(comparison.runs.map(\.machine).filter { !$0.isEmpty }).sorted()
        let seeds = Set(comparison.runs.map(\.seed)).sorted().map(String.init)
        let count = comparison.runs.count
        let finishedRuns = count == 1 ? "1 run, \(finished == 1 ? "finished" : "not finished")" : "\(count) runs, \(finished) of them finished"
        return [
            finishedRuns + (presets.isEmpty ? "" : "; preset \(presets.joined(separator: ", "))")
                + "; \(seeds.count == 1 ? "seed" : "seeds") \(seeds.joined(separator: ", ")).",
        ] + (machines.isEmpty ? [] : ["Run on " + machines.joined(separator: "; and on ") + "."])
    }
}
