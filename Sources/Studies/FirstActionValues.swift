import Agents
import Environments
import Reports
import Runs

/// Figure 1b of pMeta-RL: what a run's critics expect of each action in the first state, for the leftmost and for the rightmost goal.
struct FirstActionValues {
    private struct Kind {
        let title, policy: String
        let isLeft: Bool
    }

    private static let points = 41
    private static let kinds = [
        Kind(title: "PP of the leftmost goal", policy: "personal", isLeft: true),
        Kind(title: "PP of the rightmost goal", policy: "personal", isLeft: false),
        Kind(title: "MP, z at the prior's mean", policy: "meta", isLeft: true),
    ]
    /// A difference between right and left below this share of the personalized critics' own is called similar.
    private static let similar = 0.25

    /// One for each of `kinds`: [points, points], Q less its mean over all actions.
    private let grids: [[Double]]
    /// Q's mean over actions to the right less its mean over actions to the left.
    private let preferences: [Double]

    /// Throws `StudyUnavailable` where the agent has no such critics.
    init(_ run: OpenedRun) throws {
        guard let source = run.agent as? any ActionValueSource else {
            throw StudyUnavailable("\(run.configuration.agent) does not say what its critics value")
        }
        let goals = run.goals
        let left = goals.indices.min { goals[$0][0] < goals[$1][0] } ?? 0, right = goals.indices.max { goals[$0][0] < goals[$1][0] } ?? 0
        grids = try Self.kinds.map { kind in
            let values = try ActionValueGrid(
                of: source, observation: [0, 0], policy: kind.policy, trainingTask: kind.isLeft ? left : right, points: Self.points
            ).values.map(Double.init)
            let mean = values.reduce(0, +) / Double(values.count)
            return values.map { $0 - mean }
        }
        preferences = grids.map { grid in
            func mean(_ columns: Range<Int>) -> Double {
                let chosen = grid.indices.filter { columns.contains($0 % Self.points) }
                return chosen.reduce(0) { $0 + grid[$1] } / Double(chosen.count)
            }
            return mean(Self.points / 2 + 1..<Self.points) - mean(0..<Self.points / 2)
        }
    }

    var plot: MapPlot {
        MapPlot(
            name: "point-robot-values", title: "Values of the first action", caption: """
                Q at the start over both parts of the action, less its mean over all actions; darker is higher, on one scale. The paper: \
                personalized critics tell left from right, those of a policy that is shared do not.
                """,
            kind: .quantity("Q less its mean", sharesScale: true), xTitle: "action, x", yTitle: "action, y", x: [-1, 1], y: [-1, 1],
            isProportional: true,
            panels: zip(Self.kinds, grids).map { kind, grid in
                MapPlot.Panel(title: kind.title, cells: .init(columns: Self.points, rows: Self.points, values: grid))
            })
    }

    static func table(_ seeds: [FirstActionValues]) -> Table {
        var table = Table(
            name: "point-robot-preferences", title: "How much more the critics expect of a first action to the right",
            columns: [.init("critics"), .init("right less left", numeric: true)],
            notes: """
                Q's mean over all actions with a positive x less its mean over those with a negative x, in the first state; mean ± standard \
                deviation over seeds.
                """)
        for (index, kind) in kinds.enumerated() { table.rows.append([.init(kind.title), .spread(seeds.map { $0.preferences[index] })]) }
        return table
    }

    static func claims(_ seeds: [FirstActionValues]) -> [StudyResult.Claim] {
        func claim(_ text: String, ours: String, _ holds: (FirstActionValues) -> Bool) -> StudyResult.Claim {
            StudyResult.Claim(
                source: "Figure 1b", place: PointRobotContexts.family, claim: text, paper: "yes", holds: seeds.map(holds), ours: ours)
        }
        func spread(_ index: Int) -> String { Table.Cell.spread(seeds.map { $0.preferences[index] }).text }
        return [
            claim(
                "Personalized critics prefer the side of their goal",
                ours: "right less left: \(spread(0)) for the leftmost goal, \(spread(1)) for the rightmost"
            ) { $0.preferences[0] < 0 && $0.preferences[1] > 0 },
            claim(
                "The meta-policy's critics have similar values left and right",
                ours: "\(Table.Cell.spread(seeds.map(\.share)).text) of the personalized critics' difference; similar: below \(similar)"
            ) { $0.share < similar },
        ]
    }

    /// The size of the meta-policy's preference relative to that of the personalized critics.
    private var share: Double { abs(preferences[2]) / max((abs(preferences[0]) + abs(preferences[1])) / 2, .leastNormalMagnitude) }
}
