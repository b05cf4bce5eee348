import Environments
import Foundation
import Reports
import Runs

/// What policies of flow-table3 do on one task of each family: their flows on the board, and where they end beside where they should end.
struct FlowPictures: Study {
    static let name = "flow-pictures"
    private static let experiment = "flow-table3"
    private static let families = ["hyper-grid", "frozen-lake", "cliff-walking"]
    /// Agent, policy, and the paper's name of it.
    private static let shown = [
        ("pgflow-meta", PolicyName.personal, "PP"), ("pgflow-meta", PolicyName.meta, "MP"), ("gflow-meta", PolicyName.meta, "GFlowMeta"),
    ]

    func result(_ context: StudyContext) throws -> StudyResult {
        var blocks: [StudyResult.Block] = []
        var table = Table(
            name: "flow-pictures-l1", title: "L1 error on the tasks of the pictures",
            columns: [.init("family"), .init("task")] + Self.shown.map { .init($0.2, numeric: true) },
            notes: "Exact: the mean over terminal states of the difference between the policy's probability and the reward's share.")
        for family in Self.families {
            let drawn = try Self.shown.compactMap { agent, policy, _ in try flows(agent, policy, family, context) }
            guard drawn.count == Self.shown.count else { continue }
            blocks.append(.pictures(PicturePlot(
                name: "flow-pictures-\(family)", title: "Flows on \(family), task \(drawn[0].task.name)",
                caption: """
                    From above: the personalized policy (PP) and the meta-policy (MP) of pgflow-meta, and the meta-policy of gflow-meta, on the first training task \
                    of the first seed. Left or above: the probability of each move (width of the arrows) and of ending in each cell (red squares, their area \
                    in proportion). Then the probability of ending in each cell beside the target, the reward over its sum.
                    """,
                pictures: drawn.map(\.picture))))
            table.rows.append([.init(family), .init(drawn[0].task.name)] + drawn.map { .init(String(format: "%.2g", $0.l1), number: .init($0.l1)) })
        }
        guard !blocks.isEmpty else {
            throw StudyUnavailable("pgflow-meta and gflow-meta have no finished runs of \(Self.experiment) with one seed, which it needs")
        }
        return StudyResult(name: Self.name, title: "Flows of the policies", blocks: blocks + [.table(table)])
    }

    /// On the first training task of the first seed that is finished for all agents; nil where there is none.
    private func flows(_ agent: String, _ policy: String, _ family: String, _ context: StudyContext) throws -> DrawnFlows? {
        let finished = try context.finishedRuns(of: Self.experiment).map { try $0.configuration() }.filter { $0.family == family }
        let seeds = Set(Self.shown.map(\.0)).map { name in Set(finished.filter { $0.agent == name }.map(\.seed)) }
        guard let seed = seeds.dropFirst().reduce(seeds[0], { $0.intersection($1) }).min(),
            let run = try context.agents(agent, on: family, of: Self.experiment).first(where: { $0.configuration.seed == seed })
        else { return nil }
        return try run.evaluation.flows(run.agent, policy, set: .train, task: 0, step: run.progress.steps)
    }
}
