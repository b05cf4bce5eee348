import Core
import Environments
import Foundation
import Reports
import Runs

/// Theorems 1 and 2 of pGFlowMeta, with flows as tables and exact gradients.
struct FlowTheorems: Study {
    static let name = "flow-theorems"

    /// R0 of the five tasks, as multiples of their spread around this mean.
    private static let meanReward = 0.05
    private static let offsets = [-0.8, -0.4, 0, 0.4, 0.8]
    /// Of gradient descent on the meta objective.
    private static let mostRounds = 20_000

    func result(_ context: StudyContext) throws -> StudyResult {
        let isQuick = context.preset == .quick
        let tables = try tables(spread: 1, context.runContext.registry)
        let start = Array(repeating: 0.0, count: tables[0].count)
        let curvature = tables.map { $0.curvature(at: start) }.max() ?? 1
        let first = try theorem1(tables, curvature, batches: isQuick ? 5 : 40, context)
        let second = try theorem2(tables, curvature, rounds: isQuick ? 300 : 3000, context)
        let introduction = StudyResult.Block.text("""
            Five hyper-grids with R0 of 0.01, 0.03, 0.05, 0.07 and 0.09. The logarithm of the flow through each of their \(start.count) edges \
            is a number of its own; the loss is flow matching in logarithms over the states that the uniform policy enters, which it is an exact sum over. The \
            largest curvature found, at flows of 1, is L = \(String(format: "%.2f", curvature)).
            """)
        return StudyResult(
            name: Self.name, title: "Theorems 1 and 2", blocks: [introduction] + first.blocks + second.blocks,
            claims: first.claims + second.claims)
    }

    /// Grids whose R0 lie around the mean.
    private func tables(spread: Double, _ registry: Registry) throws -> [FlowTable] {
        let family = try registry.family(named: "hyper-grid")
        return try Self.offsets.map { offset in
            let task = TaskDescription(name: "grid", parameters: ["R0": [Self.meanReward * (1 + spread * offset)]])
            guard let graph = (try family.makeEnvironment(task, copies: 1) as? any GraphEnvironment)?.graph else {
                throw StudyUnavailable("hyper-grid is no graph")
            }
            return FlowTable(try EnumeratedGraph(graph))
        }
    }

    private typealias Found = (blocks: [StudyResult.Block], claims: [StudyResult.Claim])

    // MARK: Theorem 1

    /// The squared distance between the inexact solution on sampled trajectories and the exact one, beside its bound.
    private func theorem1(_ tables: [FlowTable], _ curvature: Double, batches: Int, _ context: StudyContext) throws -> Found {
        let w = Array(repeating: 0.0, count: tables[0].count), table = tables[2]
        var random = RandomStreams(seed: 1)["theorem-1"]
        /// Mean over batches of the squared error, and the bound 2 (kappa_1^2 + delta^2) / (lambda - L)^2.
        func errors(lambda: Double, delta: Double, trajectories: Int) throws -> (error: Double, bound: Double) {
            let exact = table.proximalPoint(of: w, lambda: lambda, curvature: curvature, visits: table.visits, from: w, tolerance: 1e-9).theta
            var error = 0.0, variance = 0.0
            for _ in 0..<batches {
                try context.checkInterruption()
                let visits = try table.sampledVisits(trajectories, using: &random)
                let found = table.proximalPoint(of: w, lambda: lambda, curvature: 2 * curvature, visits: visits, from: w, tolerance: delta).theta
                error += squaredDistance(found, exact) / Double(batches)
                // The variance of the gradient where the solution is.
                var sampled = Array(repeating: 0.0, count: table.count), whole = sampled
                table.addGradient(of: found, visits: visits, to: &sampled)
                table.addGradient(of: found, visits: table.visits, to: &whole)
                variance += squaredDistance(sampled, whole) / Double(batches)
            }
            return (error, 2 * (variance + delta * delta) / pow(lambda - curvature, 2))
        }
        let factors = [1.5, 2, 4, 8, 16, 32], deltas = [3, 1, 0.3, 0.1, 0.03, 0.01], sizes = [1, 4, 16, 64, 256]
        let byLambda = try factors.map { (x: $0 * curvature, y: try errors(lambda: $0 * curvature, delta: 0.1, trajectories: 16)) }
        let byDelta = try deltas.map { (x: $0, y: try errors(lambda: 4 * curvature, delta: $0, trajectories: 256)) }
        let bySize = try sizes.map { (x: Double($0), y: try errors(lambda: 4 * curvature, delta: 0.01, trajectories: $0)) }
        func panel(_ title: String, _ found: [(x: Double, y: (error: Double, bound: Double))]) -> LinePlot.Panel {
            LinePlot.Panel(title: title, series: [
                .init("measured", found.map { .init($0.x, $0.y.error) }),
                .init("bound of Theorem 1", found.map { .init($0.x, $0.y.bound) }, isReference: true),
            ])
        }
        let plot = LinePlot(
            name: "flow-theorem-1", title: "Error of the inexact solution",
            caption: """
                Squared distance between the solution of the personalized problem on sampled trajectories, stopped where the gradient's norm is \
                at most delta, and the exact one; mean over \(batches) batches. Left: against lambda, with delta 0.1 and 16 trajectories. \
                Middle: against delta, with 256 trajectories. Right: against the number of trajectories, with delta 0.01. Dashed: the bound, \
                with the gradient's measured variance.
                """,
            xTitle: "lambda, delta, trajectories", yTitle: "squared error", xScale: .logarithmic, yScale: .logarithmic,
            panels: [panel("lambda", byLambda), panel("delta", byDelta), panel("trajectories", bySize)])
        let all = (byLambda + byDelta + bySize).map(\.y), held = all.count { $0.error <= $0.bound }
        let far = LogarithmicFit(byLambda.suffix(3).map { ($0.x, $0.y.error) })
        let size = LogarithmicFit(bySize.map { ($0.x, $0.y.error) })
        return (
            [.plot(plot)],
            [
                .init(
                    source: "Theorem 1", place: "hyper-grid, table", claim: "error at most 2 (kappa_1^2 + delta^2) / (lambda - L)^2", paper: "always",
                    ours: "\(held) of \(all.count) settings", agreement: held == all.count ? "agrees" : "does not agree",
                    certainty: "means over \(batches) batches"),
                slope("Theorem 1", "error against lambda", "-2 for large lambda", far, far.slope < -1.5),
                slope("Theorem 1", "error against trajectories, delta 0.01", "-1, as the variance", size, size.slope < -0.7),
            ]
        )
    }

    private func slope(
        _ source: String, _ claim: String, _ paper: String, _ found: LogarithmicFit, _ agrees: Bool
    ) -> StudyResult.Claim {
        .init(
            source: source, place: "hyper-grid, table", claim: "\(claim): slope in logarithms", paper: paper,
            ours: String(format: "%.2f", found.slope), agreement: agrees ? "agrees" : "does not agree",
            certainty: String(format: "standard error of the fit %.2f", found.error))
    }

    // MARK: Theorem 2

    /// Algorithm 2 with solutions to 1e-6: |gradient of the meta objective|^2 averaged over rounds, for each round.
    private func run(
        _ tables: [FlowTable], lambda: Double, eta: Double, updates: Int, curvature: Double, rounds: Int, _ context: StudyContext
    ) throws -> [Double] {
        var w = Array(repeating: 0.0, count: tables[0].count), personalized = tables.map { _ in w }
        var means: [Double] = [], sum = 0.0
        func solve(_ index: Int, _ point: [Double]) {
            personalized[index] = tables[index].proximalPoint(
                of: point, lambda: lambda, curvature: curvature, visits: tables[index].visits, from: personalized[index], tolerance: 1e-6).theta
        }
        for round in 1...rounds {
            try context.checkInterruption()
            var next = Array(repeating: 0.0, count: w.count), gradient = next
            for index in tables.indices {
                var auxiliary = w
                for update in 0..<updates {
                    solve(index, auxiliary)
                    if update == 0 { for i in w.indices { gradient[i] += lambda * (w[i] - personalized[index][i]) / Double(tables.count) } }
                    for i in w.indices { auxiliary[i] -= eta * lambda * (auxiliary[i] - personalized[index][i]) }
                }
                for i in w.indices { next[i] += auxiliary[i] / Double(tables.count) }
            }
            sum += gradient.reduce(0) { $0 + $1 * $1 }
            means.append(sum / Double(round))
            w = next
        }
        return means
    }

    /// Mean squared distance between personalized and meta flows where Algorithm 2 comes to rest, a stationary point of the meta objective. Algorithm 2 needs a
    /// number of rounds in proportion to lambda to get there; gradient descent on the meta objective with steps as long as its curvature allows,
    /// accelerated (Nesterov) and begun again where it would climb, needs a few hundred. It is there when the mean of the personalized flows is a hundredth
    /// as far from the meta flows as they are. Throws `StudyUnavailable` where it does not get there.
    private func distanceAtRest(_ tables: [FlowTable], lambda: Double, curvature: Double, _ context: StudyContext) throws -> Double {
        // The curvature of a Moreau envelope is at most lambda L / (lambda - L).
        let rate = (lambda - curvature) / (lambda * curvature)
        var w = Array(repeating: 0.0, count: tables[0].count), ahead = w, personalized = tables.map { _ in w }, momentum = 0.0
        for _ in 0..<Self.mostRounds {
            try context.checkInterruption()
            var mean = Array(repeating: 0.0, count: w.count), distance = 0.0
            for index in tables.indices {
                let table = tables[index]
                personalized[index] = table.proximalPoint(
                    of: ahead, lambda: lambda, curvature: curvature, visits: table.visits, from: personalized[index], tolerance: 1e-7).theta
                distance += squaredDistance(personalized[index], ahead) / Double(tables.count)
                for i in mean.indices { mean[i] += personalized[index][i] / Double(tables.count) }
            }
            if squaredDistance(mean, ahead) <= 1e-4 * distance { return distance }
            let next = ahead.indices.map { ahead[$0] - rate * lambda * (ahead[$0] - mean[$0]) }
            let climbs = ahead.indices.reduce(0) { $0 + (ahead[$1] - mean[$1]) * (next[$1] - w[$1]) } > 0
            momentum = climbs ? 0 : momentum + 1
            ahead = next.indices.map { next[$0] + momentum / (momentum + 3) * (next[$0] - w[$0]) }
            w = next
        }
        throw StudyUnavailable("the meta flows did not come to rest in \(Self.mostRounds) rounds with lambda \(lambda)")
    }

    private func theorem2(_ tables: [FlowTable], _ curvature: Double, rounds: Int, _ context: StudyContext) throws -> Found {
        let lambda = 3.5 * curvature  // the theorem needs lambda^2 - 8 L^2 >= 1
        func means(eta: Double, updates: Int = 1, rounds: Int) throws -> [Double] {
            try run(tables, lambda: lambda, eta: eta, updates: updates, curvature: curvature, rounds: rounds, context)
        }
        let useful = try means(eta: 1 / lambda, rounds: rounds)
        let several = try means(eta: 0.2 / lambda, updates: 5, rounds: rounds)
        let bound = try means(eta: 1 / (70 * pow(lambda, 3)), rounds: min(rounds, 300))
        func points(_ means: [Double]) -> [LinePlot.Point] {
            var marks: [Int] = [], mark = 10.0
            while Int(mark) <= means.count {
                marks.append(Int(mark))
                mark *= 1.25
            }
            return marks.map { LinePlot.Point(Double($0), means[$0 - 1]) }
        }
        let curve = points(useful)
        let reference = curve.first.map { first in curve.map { LinePlot.Point($0.x, first.y * (first.x / $0.x).squareRoot()) } } ?? []
        let rates = LinePlot(
            name: "flow-theorem-2", title: "Convergence of the meta flows",
            caption: """
                Mean over the first T rounds of the squared norm of lambda (w - mean of the personalized flows), which is the gradient of the meta \
                objective; lambda is 3.5 L. With the step bound of the theorem, 1 / (70 lambda^3), nothing moves in so many rounds.
                """,
            xTitle: "rounds T", yTitle: "mean squared gradient", xScale: .logarithmic, yScale: .logarithmic,
            panels: [.init(title: "", series: [
                .init("eta = 1 / lambda, R = 1", curve), .init("eta = 0.2 / lambda, R = 5", points(several)),
                .init("eta = 1 / (70 lambda^3), R = 1", points(bound)), .init("slope -1/2", reference, isReference: true),
            ])])
        let factors = [3.5, 5, 10, 20, 40, 80], spreads = [0.1, 0.2, 0.4, 0.7, 1]
        func atRest(_ tables: [FlowTable], lambda: Double) throws -> Double {
            try distanceAtRest(tables, lambda: lambda, curvature: curvature, context)
        }
        let byLambda = try factors.map { (x: $0 * curvature, y: try atRest(tables, lambda: $0 * curvature)) }
        let bySpread = try spreads.map { (x: $0, y: try atRest(self.tables(spread: $0, context.runContext.registry), lambda: lambda)) }
        let distances = LinePlot(
            name: "flow-theorem-2-distance", title: "Distance between personalized and meta flows",
            caption: """
                Mean squared distance at a stationary point of the meta objective, where the algorithm comes to rest. Left: against lambda. Right: against how \
                far the tasks' R0 lie apart, 1 being those above; lambda is 3.5 L.
                """,
            xTitle: "lambda, spread", yTitle: "mean squared distance", xScale: .logarithmic, yScale: .logarithmic,
            panels: [
                .init(title: "lambda", series: [.init("measured", byLambda.map { .init($0.x, $0.y) })]),
                .init(title: "spread of the tasks", series: [.init("measured", bySpread.map { .init($0.x, $0.y) })]),
            ])
        let rate = LogarithmicFit(curve.map { ($0.x, $0.y) }), far = LogarithmicFit(byLambda.suffix(4).map { ($0.x, $0.y) })
        let diversity = LogarithmicFit(bySpread.map { ($0.x, $0.y) })
        return (
            [.plot(rates), .plot(distances)],
            [
                slope("Theorem 2 (26)", "mean squared gradient against T", "at most -0.5", rate, rate.slope <= -0.5 + 2 * rate.error),
                slope("Theorem 2 (27)", "squared distance against lambda", "-2", far, abs(far.slope + 2) < 0.3),
                slope(
                    "Theorem 2 (27)", "squared distance against the spread of tasks", "2, as the variance of gradients", diversity,
                    abs(diversity.slope - 2) < 0.3),
            ]
        )
    }
}
