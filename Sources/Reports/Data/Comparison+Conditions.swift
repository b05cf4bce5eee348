/// What must be equal so that the returns of two agents can be compared.
extension Comparison {
    /// Settings of the evaluation, which are the same for all agents.
    private static let protocolSettings = ["adaptationEpisodes", "evaluationEpisodes", "evaluationProtocol"]

    /// The differences of `runs`, one of each group, in what must be equal: `steps (400,000 / 800,000)`. Empty when they may be compared.
    static func differences(_ runs: [RunRecord]) -> [String] {
        func values<T: Hashable>(_ value: (RunRecord) -> T) -> [T] { runs.map(value).unique }
        func part(_ name: String, _ values: [String]) -> [String] {
            values.count > 1 ? ["\(name) (\(values.joined(separator: " / ")))"] : []
        }
        return (values(\.commonTasks).count > 1 ? ["tasks"] : [])
            + part("preset", values(\.preset)) + lengths(runs)
            + protocolSettings.flatMap { key in part(key, values { $0.settings[key] ?? "not set" }) }
    }

    /// What the lengths of `runs` differ in; empty where they are equal. Budgets in different units are compared by the environment steps that
    /// were taken, which may differ by 1%.
    static func lengths(_ runs: [RunRecord]) -> [String] {
        let units = Set(runs.map(\.budgetUnit))
        if units.count == 1 {
            let lengths = runs.map(\.totalSteps)
            return Set(lengths).count > 1 ? ["\(units.first ?? "") (\(lengths.unique.map(Format.count).joined(separator: " / ")))"] : []
        }
        let steps = runs.map(\.steps)
        let (least, most) = (Double(steps.min() ?? 0), Double(steps.max() ?? 0))
        return most - least > 0.01 * most ? ["steps (\(steps.unique.map(Format.count).joined(separator: " / ")))"] : []
    }

    /// The same for whole groups. Where each seed has tasks of its own, all groups must have the same ones at each seed.
    static func differences(_ groups: [RunGroup]) -> [String] {
        // Of a run that has not ended the steps say nothing.
        let parts = differences(groups.compactMap { $0.counted.first ?? $0.runs.first })
        guard groups.contains(where: \.hasTasksPerSeed), !parts.contains("tasks") else { return parts }
        var tasks: [UInt64: String] = [:]
        for run in groups.flatMap(\.runs) where tasks.updateValue(run.tasks, forKey: run.seed) ?? run.tasks != run.tasks { return ["tasks"] + parts }
        return parts
    }

    /// The same for final returns, which must be of the same tasks, too.
    static func differences(_ scores: [PolicyScores]) -> [String] {
        let parts = differences(scores.map(\.group))
        let tasks = scores.map(\.tasks)
        return parts + (tasks.contains { $0 != tasks.first } && !parts.contains("tasks") ? ["evaluated tasks"] : [])
    }

    /// The family's agents, where their returns can't be compared.
    static func differentConditions(_ groups: [RunGroup], family: String) -> [String] {
        guard Set(groups.map(\.agent)).count > 1 else { return [] }
        let parts = differences(groups)
        var cautions: [String] = []
        if parts.contains("tasks") { cautions.append("\(family): not all agents had the same tasks, so their returns can't be compared.") }
        let others = parts.filter { $0 != "tasks" }
        if !others.isEmpty {
            cautions.append("\(family): agents differ in \(others.joined(separator: ", ")). They are not ranked, and only those that agree in this are compared with each other.")
        }
        return cautions
    }
}
