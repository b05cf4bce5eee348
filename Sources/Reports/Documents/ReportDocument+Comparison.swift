import Foundation

extension ReportDocument {
    /// Everything that `comparison` has to say.
    public init(_ comparison: Comparison) {
        let figures = Figures(comparison)
        self.init(
            title: ReportDocument.title(comparison), introduction: ReportDocument.introduction(comparison), cautions: comparison.cautions,
            sections: [
                Section(title: "Final returns", blocks: [.table(.finalReturns(comparison))]),
                Section(title: "Learning curves", blocks: figures.curves),
                Section(title: "Unseen tasks", blocks: figures.unseen),
                Section(title: "Performance profiles", blocks: figures.profiles),
                Section(title: "Return by adaptation episode", blocks: figures.adaptation),
                Section(title: "Does it learn, does adapting help", blocks: [.table(.learning(comparison))]),
                Section(title: "Task by task", blocks: figures.tasks + [.table(.tasks(comparison))]),
            ].filter { !$0.blocks.isEmpty })
    }

    private static func title(_ comparison: Comparison) -> String {
        let names = Set(comparison.runs.map(\.experiment).filter { !$0.isEmpty }).sorted()
        return names.isEmpty ? "Runs" : names.joined(separator: ", ")
    }

    private static func introduction(_ comparison: Comparison) -> [String] {
        let finished = comparison.runs.filter(\.counts).count
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
