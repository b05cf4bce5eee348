import Environments
import Foundation

/// Compares the graphs recorded in `graphs/*.json` with those of environments that walk on a graph: terminal states, rewards, parents, the
/// target distribution, and exact numbers of the uniform policy over the actions that exist.
public enum GraphVerification {
    /// Relative; numbers smaller than 1 are compared as if they were 1.
    public static let tolerance = 1e-12

    /// One result for every JSON file in `reference`/graphs.
    public static func run(reference: URL, families: [any TaskFamily]) -> [VerificationResult] {
        .ofFiles(in: reference.appendingPathComponent("graphs"), tolerance: tolerance) { try compare($0, families) }
    }

    private static func compare(_ file: ReferenceFile, _ families: [any TaskFamily]) throws -> Comparison {
        let family = try file.family(among: families)
        guard let environment = try family.makeEnvironment(file.task("parameters"), copies: 1) as? any GraphEnvironment else {
            throw ReferenceError("\(file.url.path): environments of family '\(family.name)' walk on no graph")
        }
        let graph = try EnumeratedGraph(environment.graph), target = graph.target
        let uniform = try graph.terminalDistribution { _, weights in for i in weights.indices { weights[i] = 1 } }
        var comparison = Comparison()
        func compare(_ found: Double, _ key: String) throws { comparison.compare([found], try file.numbers(key), key) }
        try compare(Double(graph.inner.count), "cells")
        let ends = try file.objects("ends")
        comparison.compare([Double(graph.terminals.count)], [Double(ends.count)], "the number of ends")
        /// The cell of a state, as its observation tells it.
        func cell(_ state: Int) -> [Double] { graph.graph.observations(of: [state]).map { Double($0) } }
        let places = Dictionary(graph.terminals.enumerated().map { (cell($1), $0) }, uniquingKeysWith: { first, _ in first })
        var met: Set<Int> = []
        for (index, end) in ends.enumerated() {
            func recorded(_ key: String) throws -> [Double] { try ReferenceFile.numbers(end, key, in: file.url) }
            guard let place = places[try recorded("cell")] else {
                comparison.fail("end \(index): the graph has no terminal state at \(try recorded("cell"))")
                continue
            }
            if !met.insert(place).inserted { comparison.fail("end \(index): its cell is that of an end before it") }
            let state = graph.terminals[place], label = "end \(index)"
            comparison.compare([exp(graph.graph.logReward(of: state))], try recorded("reward"), "\(label) reward")
            comparison.compare([target[place]], try recorded("target"), "\(label) target")
            comparison.compare([uniform[place]], try recorded("uniform"), "\(label) uniform")
            guard let parents = end["parents"] as? [[NSNumber]] else {
                throw ReferenceError("\(file.url.path): 'parents' must be an array of arrays of numbers, in end \(index)")
            }
            let found = graph.graph.parents(of: state).map { cell($0.state) + [Double($0.action)] }
            comparison.compare(ordered(found), ordered(parents.map { $0.map(\.doubleValue) }), "\(label) parents")
        }
        try compare(graph.meanReward(target), "bestSampledReward")
        try compare(graph.logRewards.map { exp($0) }.max() ?? .nan, "bestReward")
        try compare(graph.meanReward(uniform), "uniformReward")
        try compare(graph.l1Error(uniform), "uniformL1")
        return comparison
    }

    /// Parents have no order; this one makes equal sets equal.
    private static func ordered(_ parents: [[Double]]) -> [Double] {
        parents.sorted { $0.lexicographicallyPrecedes($1) }.flatMap { $0 }
    }
}
