import Agents
import ClassicControl
import Core
import Environments
import Foundation
import Reports
import Runs

/// Figure 3 of pMeta-RL: what the meta-policy (MP), the personalized policy of the first task (PP) and a network trained on that task alone (DQN*) do on
/// MountainCar, over positions and velocities, and their trajectories on the first two tasks.
struct MountainCarMaps: Study {
    static let name = "mountain-car-maps"
    static let experiment = "table5"
    private static let family = "mountain-car"
    private static let columns = 90, rows = 56
    private static let positions = [-1.2, 0.6], velocities = [-0.07, 0.07]

    /// A policy of the figure.
    private struct Shown {
        var title: String
        /// One for each seed, on the networks of task 1.
        var policies: [any ActionValuePolicy]
    }

    func result(_ context: StudyContext) throws -> StudyResult {
        let pMeta = try context.agents("pmeta-dqn", on: Self.family, of: Self.experiment)
        let alone = try context.agents("dqn-per-task", on: Self.family, of: Self.experiment)
        guard let first = pMeta.first, first.configuration.trainTasks.count > 1, !alone.isEmpty else {
            throw StudyUnavailable("pmeta-dqn and dqn-per-task have no finished runs on \(Self.family), which it needs")
        }
        let tasks = Array(first.configuration.trainTasks.prefix(2))
        func policies(_ agents: [OpenedRun], _ name: String) throws -> [any ActionValuePolicy] {
            try agents.compactMap { try $0.policy(name, task: 0) as? any ActionValuePolicy }
        }
        let shown = [
            Shown(title: "MP", policies: try policies(pMeta, PolicyName.meta)),
            Shown(title: "PP of task 1", policies: try policies(pMeta, PolicyName.personal)),
            Shown(title: "DQN* of task 1", policies: try policies(alone, PolicyName.personal)),
        ]
        let seed = first.configuration.seed
        let paths = try shown.map { own in
            try own.policies.map { policy in try tasks.map { try MountainCar.path(on: $0, from: -0.5) { Self.greedyAction(of: policy, at: $0) } } }
        }
        let maps = [
            map(
                name: "mountain-car-actions", title: "Greedy actions", kind: .choices(["left", "none", "right"]),
                caption: "Colour: the greedy action. Lines: one episode from position −0.5 at rest, on the first two tasks (seed \(seed)).",
                shown, paths) { Double(Self.greedyAction(of: $0, at: $1)) },
            map(
                name: "mountain-car-values", title: "Largest action value", kind: .quantity("max Q", sharesScale: false),
                caption: "Colour: the largest action value, darker is higher; each panel has its own scale. Lines as above (seed \(seed)).",
                shown, paths) { Double($0.values($1).max() ?? 0) },
        ]
        let steps = paths.map { own in tasks.indices.map { task in own.map { Double($0[task].count - 1) } } }
        return StudyResult(
            name: Self.name, title: "Figure 3", blocks: [
                .text("The policies act greedily, on the networks after the last round. Task 1 has the inclination "
                    + "\(tasks.map { $0.name }.joined(separator: ", task 2 "))."),
            ] + maps.map { .maps($0) } + [.table(table(shown, steps, first.family.description.episodeLimit))],
            claims: claims(steps, limit: Double(first.family.description.episodeLimit)))
    }

    private static func greedyAction(of policy: any ActionValuePolicy, at observation: [Float]) -> Int {
        let values = policy.values(observation)
        return values.indices.max { values[$0] < values[$1] || (values[$0] == values[$1] && $0 > $1) } ?? 0
    }

    private func map(
        name: String, title: String, kind: MapPlot.Kind, caption: String, _ shown: [Shown], _ paths: [[[[[Double]]]]],
        value: (any ActionValuePolicy, [Float]) -> Double
    ) -> MapPlot {
        func middle(_ range: [Double], _ index: Int, _ count: Int) -> Float {
            Float(range[0] + (Double(index) + 0.5) / Double(count) * (range[1] - range[0]))
        }
        let panels = zip(shown, paths).map { own, paths -> MapPlot.Panel in
            let cells = own.policies.first.map { policy in
                (0..<Self.rows * Self.columns).map { index in
                    value(policy, [
                        middle(Self.positions, index % Self.columns, Self.columns), middle(Self.velocities, index / Self.columns, Self.rows),
                    ])
                }
            }
            return MapPlot.Panel(
                title: own.title, cells: cells.map { .init(columns: Self.columns, rows: Self.rows, values: $0) },
                paths: (paths.first ?? []).enumerated().map { .init("task \($0 + 1)", $1) })
        }
        return MapPlot(
            name: name, title: title, caption: caption, kind: kind, xTitle: "position", yTitle: "velocity", x: Self.positions, y: Self.velocities,
            panels: panels)
    }

    /// - Parameter steps: [policy][task][seed]
    private func table(_ shown: [Shown], _ steps: [[[Double]]], _ limit: Int) -> Table {
        var table = Table(
            name: "mountain-car-steps", title: "Steps to the goal from position −0.5",
            columns: [.init("policy"), .init("task 1", numeric: true), .init("task 2", numeric: true)],
            notes: "Mean ± standard deviation over seeds; an episode that does not reach the goal counts \(limit) steps.")
        for (own, steps) in zip(shown, steps) { table.rows.append([.init(own.title)] + steps.map { .spread($0) }) }
        return table
    }

    private func claims(_ steps: [[[Double]]], limit: Double) -> [StudyResult.Claim] {
        func claim(_ text: String, _ a: [Double], isBelow b: [Double]) -> StudyResult.Claim {
            let pairs = zip(a, b).map { $1 - $0 }, holds = pairs.count { $0 > 0 }
            return StudyResult.Claim(
                source: "Figure 3 and its text", place: Self.family, claim: text, paper: "yes",
                ours: "\(Table.Cell.spread(a).text) against \(Table.Cell.spread(b).text) steps",
                agreement: holds == pairs.count ? "agrees" : holds == 0 ? "does not agree" : "no significant difference",
                certainty: "\(holds) of \(pairs.count) seeds")
        }
        let never = Array(repeating: limit, count: steps[0][0].count)
        return [
            claim("MP reaches the goal of task 1", steps[0][0], isBelow: never),
            claim("MP reaches the goal of task 2", steps[0][1], isBelow: never),
            claim("PP is faster than MP on task 1", steps[1][0], isBelow: steps[0][0]),
            claim("DQN* of task 1 fails on task 2: PP needs fewer steps there", steps[1][1], isBelow: steps[2][1]),
        ]
    }
}
