import Agents
import ClassicControl
import Core
import Environments
import Foundation
import Reports
import Runs

/// Figure 3 of pMeta-RL: what the meta-policy (MP), the personalized policy of the first task (PP) and a network trained on that task alone (DQN*)
/// do on MountainCar, over positions and velocities, and their trajectories on the first two tasks. MP and PP are shown of both readings of a
/// round's start.
struct MountainCarMaps: Study {
    static let name = "mountain-car-maps"
    static let experiment = "table5"
    private static let family = "mountain-car"
    private static let columns = 90, rows = 56
    private static let positions = [-1.2, 0.6], velocities = [-0.07, 0.07], start = -0.5
    private static let kept = "pmeta-dqn", fromMeta = "pmeta-dqn from meta", alone = "dqn-per-task"

    /// A policy of the figure, on the networks of task 1.
    private struct Shown {
        var title: String
        var seeds: [UInt64] = []
        /// One for each seed.
        var policies: [any ActionValuePolicy] = []
        /// [seed][task]
        var ways: [[MountainCar.Way]] = []

        func steps(_ task: Int) -> [Double] { ways.map { Double($0[task].steps) } }
        func reaches(_ task: Int) -> [Bool] { ways.map { $0[task].reachesGoal } }
        /// `MP reaches`, `MP, from meta, reaches`
        var subject: String { title.contains(",") ? title + "," : title }
    }

    func result(_ context: StudyContext) throws -> StudyResult {
        let agents = try [Self.kept, Self.fromMeta, Self.alone].map { try context.agents($0, on: Self.family, of: Self.experiment) }
        guard let first = (agents[0] + agents[1]).first, !agents[2].isEmpty else {
            throw StudyUnavailable(
                on: Self.family, [(Self.kept, !agents[0].isEmpty || !agents[1].isEmpty), (Self.alone, !agents[2].isEmpty)])
        }
        guard first.configuration.trainTasks.count > 1 else { throw StudyUnavailable("the runs on \(Self.family) have one task; it needs two") }
        let tasks = Array(first.configuration.trainTasks.prefix(2)), limit = first.family.description.episodeLimit
        func shown(_ title: String, _ agents: [OpenedRun], _ name: String) throws -> Shown? {
            var shown = Shown(title: title)
            for agent in agents {
                guard let policy = try agent.policy(name, task: 0) as? any ActionValuePolicy else { continue }
                shown.seeds.append(agent.configuration.seed)
                shown.policies.append(policy)
                shown.ways.append(try tasks.map { task in
                    try MountainCar.way(on: task, from: Self.start, limit: limit) { Self.greedyAction(of: policy, at: $0) }
                })
            }
            return shown.policies.isEmpty ? nil : shown
        }
        let kept = try Pair(shown("MP", agents[0], PolicyName.meta), shown("PP of task 1", agents[0], PolicyName.personal))
        let returned = try Pair(
            shown("MP, from meta", agents[1], PolicyName.meta), shown("PP of task 1, from meta", agents[1], PolicyName.personal))
        let star = try shown("DQN* of task 1", agents[2], PolicyName.personal)
        let all = [kept?.meta, kept?.personal, star, returned?.meta, returned?.personal].compactMap { $0 }
        let seed = all.map { Set($0.seeds) }.reduce(Set(all.first?.seeds ?? [])) { $0.intersection($1) }.min()
        let place = seed.map { "seed \($0)" } ?? "the first finished seed of each"
        let maps = [
            map(
                name: "mountain-car-actions", title: "Greedy actions", kind: .choices(["left", "none", "right"]),
                caption: "Colour: the greedy action. Lines: one episode from position −0.5 at rest, on the first two tasks (\(place)).",
                all, seed) { Double(Self.greedyAction(of: $0, at: $1)) },
            map(
                name: "mountain-car-values", title: "Largest action value", kind: .quantity("max Q", sharesScale: false),
                caption: "Colour: the largest action value, darker is higher; each panel has its own scale. Lines as above (\(place)).",
                all, seed) { Double($0.values($1).max() ?? 0) },
        ]
        let words = """
            The policies act greedily, on the networks after the last round. Task 1 has the inclination \
            \(tasks.map { $0.name }.joined(separator: ", task 2 ")). MP and PP are policies of `\(Self.kept)`, whose personalized networks are \
            kept from round to round, or, where they are called "from meta", of `\(Self.fromMeta)`, whose personalized networks return to the meta \
            network before each round, as in the paper's Algorithm 1. DQN* is a network of `\(Self.alone)`.
            """
        return StudyResult(
            name: Self.name, title: "Figure 3", blocks: [.text(words)] + maps.map { .maps($0) } + [.table(table(all, limit))],
            claims: [kept, returned].compactMap { $0 }.flatMap { claims($0.meta, $0.personal) } + (star.map { [failure($0)] } ?? []))
    }

    /// The two policies of an agent.
    private struct Pair {
        var meta, personal: Shown

        init?(_ meta: Shown?, _ personal: Shown?) {
            guard let meta, let personal else { return nil }
            (self.meta, self.personal) = (meta, personal)
        }
    }

    private static func greedyAction(of policy: any ActionValuePolicy, at observation: [Float]) -> Int {
        let values = policy.values(observation)
        return values.indices.max { values[$0] < values[$1] || (values[$0] == values[$1] && $0 > $1) } ?? 0
    }

    private func map(
        name: String, title: String, kind: MapPlot.Kind, caption: String, _ shown: [Shown], _ seed: UInt64?,
        value: (any ActionValuePolicy, [Float]) -> Double
    ) -> MapPlot {
        func middle(_ range: [Double], _ index: Int, _ count: Int) -> Float {
            Float(range[0] + (Double(index) + 0.5) / Double(count) * (range[1] - range[0]))
        }
        let panels = shown.map { own -> MapPlot.Panel in
            let place = own.seeds.firstIndex { $0 == seed } ?? 0
            let cells = (0..<Self.rows * Self.columns).map { index in
                value(own.policies[place], [
                    middle(Self.positions, index % Self.columns, Self.columns), middle(Self.velocities, index / Self.columns, Self.rows),
                ])
            }
            return MapPlot.Panel(
                title: own.title, cells: .init(columns: Self.columns, rows: Self.rows, values: cells),
                paths: own.ways[place].enumerated().map { .init("task \($0 + 1)", $1.states) })
        }
        return MapPlot(
            name: name, title: title, caption: caption, kind: kind, xTitle: "position", yTitle: "velocity", x: Self.positions, y: Self.velocities,
            panels: panels)
    }

    private func table(_ shown: [Shown], _ limit: Int) -> Table {
        var table = Table(
            name: "mountain-car-steps", title: "Steps to the goal from position −0.5",
            columns: [.init("policy")] + (1...2).flatMap { task in
                [.init("task \(task)", numeric: true), .init("task \(task), goal reached", numeric: true)]
            },
            notes: """
                Mean ± standard deviation over seeds; an episode that does not reach the goal counts \(limit) steps. Goal reached: in how many \
                of the seeds.
                """)
        for own in shown {
            table.rows.append([.init(own.title)] + (0..<2).flatMap { task -> [Table.Cell] in
                let reached = own.reaches(task).count { $0 }
                return [.spread(own.steps(task)), .init("\(reached) of \(own.seeds.count)", number: .init(Double(reached)))]
            })
        }
        return table
    }

    /// What the paper's figure and text say of an agent's two policies.
    private func claims(_ meta: Shown, _ personal: Shown) -> [StudyResult.Claim] {
        // Both are policies of the same runs.
        func faster(_ own: Shown, _ task: Int, than other: Shown, _ otherTask: Int, _ words: String) -> StudyResult.Claim {
            claim(
                words, zip(own.steps(task), other.steps(otherTask)).map { $0 < $1 },
                "\(Table.Cell.spread(own.steps(task)).text) against \(Table.Cell.spread(other.steps(otherTask)).text) steps")
        }
        return [
            reaching(meta, 0), reaching(meta, 1), reaching(personal, 0), reaching(personal, 1),
            faster(personal, 0, than: meta, 0, "\(personal.subject) is faster on task 1 than \(meta.title)"),
            faster(personal, 0, than: personal, 1, "\(personal.subject) is faster on task 1 than on task 2"),
            faster(meta, 1, than: meta, 0, "\(meta.subject) is faster on task 2 than on task 1"),
        ]
    }

    private func reaching(_ shown: Shown, _ task: Int) -> StudyResult.Claim {
        claim(
            "\(shown.subject) reaches the goal of task \(task + 1)", shown.reaches(task), "\(Table.Cell.spread(shown.steps(task)).text) steps",
            reason: "The networks are those after the last round, which is seldom the best one; see Table V for the best.")
    }

    private func failure(_ star: Shown) -> StudyResult.Claim {
        claim(
            "\(star.subject) fails on task 2: it does not reach the goal", star.reaches(1).map { !$0 },
            "\(Table.Cell.spread(star.steps(1)).text) steps",
            reason: "A network that climbs the higher hill of task 1 climbs this one, too; see DQN in Table V.")
    }

    private func claim(_ text: String, _ holds: [Bool], _ ours: String, reason: String? = nil) -> StudyResult.Claim {
        StudyResult.Claim(source: "Figure 3 and its text", place: Self.family, claim: text, paper: "yes", holds: holds, ours: ours, reason: reason)
    }
}
