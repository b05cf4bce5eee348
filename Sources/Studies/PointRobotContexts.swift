import Agents
import Core
import Environments
import Foundation
import Reports
import Runs

/// Figures 1b, 1c and 5 of pMeta-RL on Sparse-Point-Robot: the values of first actions for two goals, goals reached after 50,000 steps, and
/// trajectories after contexts of 5 and 15 episodes.
struct PointRobotContexts: Study {
    static let name = "point-robot"
    static let experiment = "fig5"
    static let family = "sparse-point-robot"

    func result(_ context: StudyContext) throws -> StudyResult {
        let pMeta = try context.agents("pmeta-rl", on: Self.family, of: Self.experiment)
        let pearl = try context.agents("pearl", on: Self.family, of: Self.experiment)
        guard !pMeta.isEmpty, !pearl.isEmpty else {
            throw StudyUnavailable(on: Self.family, [("pmeta-rl", !pMeta.isEmpty), ("pearl", !pearl.isEmpty)])
        }
        let pairs = pMeta.compactMap { own in pearl.first { $0.configuration.seed == own.configuration.seed }.map { (own, $0) } }
        guard let (own, other) = pairs.first else {
            throw StudyUnavailable("pmeta-rl and pearl have no finished runs on \(Self.family) with one seed, which it needs")
        }
        let values = try pMeta.map(FirstActionValues.init)
        let records = try ["pmeta-rl", "pearl", "sac-per-task"].map { ($0, try context.records($0, on: Self.family, of: Self.experiment)) }
        let comparison = PointRobotComparison(runs: Dictionary(uniqueKeysWithValues: records))
        return StudyResult(
            name: Self.name, title: "Figures 1b, 1c and 5",
            blocks: [.text("Pictures are of seed \(own.configuration.seed), the first that both agents finished; tables and claims are of all seeds.")]
                + [.maps(try FirstActionValues(own).plot), .table(FirstActionValues.table(values))]
                + comparison.tables.map { .table($0) } + [
                    .maps(try trajectories(own, "personal", "the personalized policies")),
                    .maps(try trajectories(other, "meta", "PEARL")),
                ],
            claims: FirstActionValues.claims(values) + comparison.claims)
    }

    /// Figure 5: a deterministic episode for each goal after 5 and after 15 episodes of context.
    private func trajectories(_ run: OpenedRun, _ stem: String, _ title: String) throws -> MapPlot {
        let goals = run.goals
        // From right to left.
        let tasks = goals.indices.sorted { goals[$0][0] > goals[$1][0] }
        let panels = try tasks.map { task -> MapPlot.Panel in
            let paths = try [5, 15].compactMap { count -> MapPlot.Path? in
                guard let trace = try run.evaluation.trace(
                    run.agent, "\(stem)-k\(count)", set: .train, task: task, step: run.progress.steps) else { return nil }
                return MapPlot.Path("after \(count) episodes", trace.final.map { $0.map(Double.init) })
            }
            return MapPlot.Panel(
                title: run.configuration.trainTasks[task].name, paths: paths, circles: goals.indices.map { goal in
                    MapPlot.Circle(x: goals[goal][0], y: goals[goal][1], radius: 0.2, isTarget: goal == task)
                })
        }
        return MapPlot(
            name: "point-robot-\(stem)", title: "Trajectories of \(title)",
            caption: "One panel for each goal (dark; the others grey). Lines: a deterministic episode after 5 and after 15 episodes of context.",
            kind: .choices([]), xTitle: "", yTitle: "y", x: [-1.3, 1.3], y: [-0.3, 1.3], isProportional: true, columns: 5, panels: panels)
    }
}

extension OpenedRun {
    /// The goals of the training tasks, [x, y].
    var goals: [[Double]] { configuration.trainTasks.map { $0.parameters["goal"] ?? [0, 0] } }
}
