import Agents
import Core
import Environments
import Foundation

/// What evaluations of policies on graphs remember of the ones before, so that numbers of trajectories can be counted through a run: a
/// part of the checkpoint.
package struct GraphMemory {
    /// What was drawn of one policy on one task.
    package struct Samples {
        /// Terminal states of the last trajectories, the newest last.
        package var recent: [Int] = []
        /// Terminal states of all trajectories.
        package var found: Set<Int> = []

        package init(recent: [Int] = [], found: Set<Int> = []) { (self.recent, self.found) = (recent, found) }

        package mutating func add(_ ends: [Int]) {
            recent = Array((recent + ends).suffix(GraphMemory.window))
            found.formUnion(ends)
        }
    }

    /// Trajectories that the empirical L1 error is over.
    package static let window = 2000

    /// The agent's trajectories at the last evaluation; nil before the first one, and where nothing is remembered.
    package var trajectories: Int?
    /// By set, task, policy and the number of the policy among several.
    package var samples: [String: Samples] = [:]

    package init(trajectories: Int? = nil) { self.trajectories = trajectories }
}

extension GraphMemory {
    private static let prefix = "evaluation/"

    /// Adds it to an agent's state.
    func save(in state: inout StateDictionary) {
        guard let trajectories, !samples.isEmpty else { return }
        state.store(trajectories, at: Self.prefix + "trajectories")
        for (key, samples) in samples {
            state.store(samples.recent, at: "\(Self.prefix)\(key)/recent")
            state.store(samples.found.sorted(), at: "\(Self.prefix)\(key)/found")
        }
    }

    /// From a state that it may have been added to. Throws `StateError`.
    init(from state: StateDictionary) throws {
        let key = Self.prefix + "trajectories"
        guard state[key] != nil else { return }
        trajectories = try state.integer(key)
        for key in state.entries.keys where key.hasPrefix(Self.prefix) && key.hasSuffix("/recent") {
            let name = String(key.dropFirst(Self.prefix.count).dropLast("/recent".count))
            samples[name] = Samples(
                recent: try state.integers(key), found: Set(try state.integers("\(Self.prefix)\(name)/found")))
        }
    }
}

/// Measures policies on one task's graph: exactly by one pass over it, where it is small enough, and by fresh trajectories.
package struct GraphEvaluation {
    package let graph: any AcyclicGraph
    /// Nil where the graph is too large for exact numbers.
    private let enumerated: EnumeratedGraph?
    /// Where each state is in `enumerated.inner`.
    private let places: [Int: Int]

    /// Largest `stateBound` that is enumerated in every evaluation.
    static let exactLimit = 1 << 18

    /// Throws `GraphError.faulty`.
    package init(_ graph: any AcyclicGraph) throws {
        self.graph = graph
        do { enumerated = try EnumeratedGraph(graph, limit: Self.exactLimit) } catch GraphError.tooLarge { enumerated = nil }
        places = Dictionary(uniqueKeysWithValues: (enumerated?.inner ?? []).enumerated().map { ($1, $0) })
    }

    /// Which metrics are left out on a graph, and why; nil where none is.
    static func omission(on graph: any AcyclicGraph) -> String? {
        guard graph.stateBound > exactLimit else { return nil }
        let metrics = [Metric.sampledReward, .l1, .empiricalL1, .bestFound].map(\.name).joined(separator: ", ")
        return "the exact metrics (\(metrics)) are left out: a graph has up to \(graph.stateBound) states, and evaluations enumerate at most "
            + "\(exactLimit); metrics of samples remain"
    }

    /// Metrics of a policy, by name, with `draws` fresh trajectories, which are added to `samples`. Throws `GraphError.policy` where the
    /// policy's numbers can't be a distribution.
    package func measure(
        _ policy: any GraphPolicy, draws: Int, into samples: inout GraphMemory.Samples, using random: inout RandomStream
    ) throws -> [String: Double] {
        var measures: [String: Double] = [:]
        let weights = try table(policy)
        func write(_ states: some Collection<Int>, _ result: inout [Double]) throws {
            guard let weights else { return try policy.writeWeights(at: ArraySlice(states), of: graph, into: &result) }
            for (row, state) in states.enumerated() {
                let place = (places[state] ?? 0) * graph.actionCount
                for action in 0..<graph.actionCount { result[row * graph.actionCount + action] = weights[place + action] }
            }
        }
        if let enumerated {
            let distribution = try enumerated.terminalDistribution { try write($0, &$1) }
            measures[Metric.sampledReward.name] = enumerated.meanReward(distribution)
            measures[Metric.l1.name] = enumerated.l1Error(distribution)
        }
        guard draws > 0 else { return measures }
        let trajectories = try graph.trajectories(draws, using: &random) { try write($0, &$1) }
        let ends = trajectories.map(\.end)
        samples.add(ends)
        measures[Metric.empiricalReward.name] = ends.reduce(0) { $0 + exp(graph.logReward(of: $1)) } / Double(draws)
        measures[Metric.modesFound.name] = Double(samples.found.count)
        measures[Metric.testLoss.name] = policy.loss(of: trajectories, on: graph)
        if let enumerated {
            measures[Metric.empiricalL1.name] = enumerated.l1Error(try enumerated.empiricalDistribution(of: samples.recent))
            let best = enumerated.logRewards.max() ?? 0
            measures[Metric.bestFound.name] = Double(samples.found.count { graph.logReward(of: $0) > best - 1e-9 })
        }
        return measures
    }

    /// A policy's weights at all states that are not terminal, [inner, actions].
    private func table(_ policy: any GraphPolicy) throws -> [Double]? {
        guard let enumerated else { return nil }
        var table: [Double] = []
        for first in stride(from: 0, to: enumerated.inner.count, by: 4096) {
            let states = enumerated.inner[first..<min(enumerated.inner.count, first + 4096)]
            var weights = Array(repeating: 0.0, count: states.count * graph.actionCount)
            try policy.writeWeights(at: states, of: graph, into: &weights)
            table += weights
        }
        return table
    }
}
