import Agents
import Core
import Environments
import Foundation
import Reports
import Runs

/// Figures 1b and 5 of pMeta-RL on Sparse-Point-Robot: the values of first actions for two goals, and trajectories after contexts of 5 and 15 episodes.
struct PointRobotContexts: Study {
    static let name = "point-robot"
    static let experiment = "fig5"
    private static let family = "sparse-point-robot"
    private static let points = 41

    func result(_ context: StudyContext) throws -> StudyResult {
        let pMeta = try context.agents("pmeta-rl", on: Self.family, of: Self.experiment)
        let pearl = try context.agents("pearl", on: Self.family, of: Self.experiment)
        guard let own = pMeta.first, let other = pearl.first else {
            throw StudyUnavailable("pmeta-rl and pearl have no finished runs on \(Self.family), which it needs")
        }
        return StudyResult(
            name: Self.name, title: "Figures 1b and 5",
            blocks: [.text("Networks of the first finished seed, \(own.configuration.seed).")] + [
                .maps(try values(own)),
                .maps(try trajectories(own, "personal", "the personalized policies")),
                .maps(try trajectories(other, "meta", "PEARL")),
            ])
    }

    /// The goals of the training tasks, [x, y].
    private func goals(_ run: OpenedRun) -> [[Double]] { run.configuration.trainTasks.map { $0.parameters["goal"] ?? [0, 0] } }

    /// Figure 1b: Q at the first state over all actions, for the leftmost and the rightmost goal.
    private func values(_ run: OpenedRun) throws -> MapPlot {
        guard let source = run.agent as? any ActionValueSource else { throw StudyUnavailable("pmeta-rl does not say what its critics value") }
        let goals = goals(run)
        let left = goals.indices.min { goals[$0][0] < goals[$1][0] } ?? 0, right = goals.indices.max { goals[$0][0] < goals[$1][0] } ?? 0
        var panels: [MapPlot.Panel] = []
        for (title, policy, task) in [
            ("PP of the leftmost goal", "personal", left), ("PP of the rightmost goal", "personal", right), ("MP, z at the prior's mean", "meta", left),
        ] {
            let grid = try ActionValueGrid(of: source, observation: [0, 0], policy: policy, trainingTask: task, points: Self.points)
            panels.append(MapPlot.Panel(
                title: title, cells: .init(columns: Self.points, rows: Self.points, values: grid.values.map(Double.init))))
        }
        return MapPlot(
            name: "point-robot-values", title: "Values of the first action", caption: """
                Q at the start over both parts of the action, darker is higher; each panel has its own scale. The paper: personalized critics tell left \
                from right, those of a policy that is shared do not.
                """,
            kind: .quantity("Q", sharesScale: false), xTitle: "action, x", yTitle: "action, y", x: [-1, 1], y: [-1, 1], isProportional: true,
            panels: panels)
    }

    /// Figure 5: a deterministic episode for each goal after 5 and after 15 episodes of context.
    private func trajectories(_ run: OpenedRun, _ stem: String, _ title: String) throws -> MapPlot {
        let goals = goals(run)
        // From right to left.
        let tasks = goals.indices.sorted { goals[$0][0] > goals[$1][0] }
        let panels = try tasks.map { task -> MapPlot.Panel in
            let paths = try [5, 15].compactMap { count -> MapPlot.Path? in
                guard let trace = try run.evaluation.trace(run.agent, "\(stem)-k\(count)", set: .train, task: task, step: run.progress.steps) else { return nil }
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
