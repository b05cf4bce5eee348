import Foundation
import Reports
import Runs

/// Figure 1c of pMeta-RL, and the numbers beside its Figure 5: goals reached on Sparse-Point-Robot after 50,000 environment steps, after as
/// many updates, and at the end.
package struct PointRobotComparison {
    /// Policies on like terms: what pmeta-rl and pearl have each, by what they know of the task.
    private static let terms = [
        (title: "context stored in training", own: "personal", other: "meta-stored"), (title: "15 episodes", own: "personal-k15", other: "meta-k15"),
        (title: "5 episodes", own: "personal-k5", other: "meta-k5"),
    ]
    private static let policies = [
        ("pmeta-rl", ["personal", "personal-k15", "personal-k5", "meta-stored"]), ("pearl", ["meta-stored", "meta", "meta-k15", "meta-k5"]),
        ("sac-per-task", ["personal"]),
    ]
    private static let amount = 50_000
    private static let metrics = [(Metric.goalReached, "share of goals"), (.episodeReturn, "return"), (.finalDistance, "final distance")]

    /// By agent.
    private let runs: [String: [StudyRun]]

    package init(runs: [String: [StudyRun]]) { self.runs = runs }

    package var tables: [Table] {
        [
            table("steps", "After \(Format.count(Self.amount)) environment steps (Figure 1c)") { $0.step(nearest: Self.amount) },
            table("updates", "After \(Format.count(Self.amount)) updates, all tasks together") { $0.step(nearestToUpdates: Self.amount) },
            table("end", "At the end of training (Figure 5)") { $0.steps.last },
        ].filter { !$0.rows.isEmpty }
    }

    /// - Parameter step: which evaluation of a run; nil where it never came so far.
    private func table(_ name: String, _ title: String, _ step: (StudyRun) -> Int?) -> Table {
        var table = Table(
            name: "point-robot-\(name)", title: title,
            columns: [.init("agent"), .init("policy")] + Self.metrics.map { .init($0.1, numeric: true) } + [.init("steps", numeric: true)],
            notes: """
                Mean ± standard deviation over seeds, of the training tasks; returns are sparse. The evaluation nearest to the given number; an \
                agent that never came so far is missing.
                """)
        for (agent, policies) in Self.policies {
            let reached = (runs[agent] ?? []).compactMap { run in step(run).map { (run, $0) } }
            guard !reached.isEmpty, reached.count == runs[agent]?.count else {
                if name == "updates", let least = runs[agent]?.map(\.updates).min() { table.notes += " \(agent) made \(Format.count(least)) updates in all." }
                continue
            }
            for policy in policies {
                let values = Self.metrics.map { metric, _ in reached.compactMap { $0.0.mean(policy, metric, at: $0.1) } }
                guard values.allSatisfy({ $0.count == reached.count }) else { continue }
                table.rows.append([.init(agent), .init(PolicyName.title(policy))] + values.map { .spread($0) } + [.counts(reached.map(\.1))])
            }
        }
        return table
    }

    package var claims: [StudyResult.Claim] {
        Self.terms.compactMap { term in
            let own = shares(of: "pmeta-rl", term.own), other = shares(of: "pearl", term.other)
            let seeds = Set(own.keys).intersection(other.keys).sorted()
            let pairs = seeds.compactMap { seed in own[seed].flatMap { a in other[seed].map { (own: a, other: $0) } } }
            guard !pairs.isEmpty else { return nil }
            return StudyResult.Claim(
                source: "Figure 1c", place: PointRobotContexts.family,
                claim: "After \(Format.count(Self.amount)) steps the personalized policies reach more goals than PEARL; \(term.title)", paper: "yes",
                holds: pairs.map { $0.own > $0.other },
                ours: "\(Table.Cell.spread(pairs.map(\.own)).text) against \(Table.Cell.spread(pairs.map(\.other)).text) of the goals")
        }
    }

    /// By seed, after `amount` steps.
    private func shares(of agent: String, _ policy: String) -> [UInt64: Double] {
        var shares: [UInt64: Double] = [:]
        for run in runs[agent] ?? [] {
            guard let step = run.step(nearest: Self.amount) else { continue }
            shares[run.seed] = run.mean(policy, Metric.goalReached, at: step)
        }
        return shares
    }
}
