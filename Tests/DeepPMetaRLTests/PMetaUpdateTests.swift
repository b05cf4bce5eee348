import Core
import DeepPMetaRL
import Foundation
import TestEnvironments
import Testing

/// One update of deep pMeta-RL against equations (12), (13) and (14) written out in double, from an agent's states before
/// and after it.
@Suite struct PMetaUpdateTests {
    private static let networks: [(part: String, optimizer: String)] = [
        ("actor.network", "actorOptimizer"), ("critics.first", "criticOptimizer"), ("critics.second", "criticOptimizer"),
        ("encoder.network", "encoderOptimizer"),
    ]
    private static let layers = ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]

    private func settings(updatesPerRound: Int) -> PMetaRLSettings {
        var settings = smallSettings()
        settings.updatesPerRound = updatesPerRound
        settings.actorLearningRate = 1e-3
        settings.criticLearningRate = 2e-3
        settings.encoderLearningRate = 5e-4
        settings.proximalWeight = 12
        settings.auxiliaryLearningRate = 0.02
        settings.metaRate = 0.7
        return settings
    }

    /// An agent after some rounds, its networks then moved apart at random as if it were `updatesInRound` into a round.
    private func scattered(_ settings: PMetaRLSettings, updatesInRound: Int) throws -> StateDictionary {
        let problem = PointEnvironment.problem(steps: 2000)
        let agent = try PMetaRL(problem: problem, settings: settings, random: RandomStreams(seed: 1))
        try agent.train(pauses: 5)
        var state = StateCoder.save(agent), random = RandomStream(seed: 3)
        for key in state.entries.keys.sorted() where key.hasPrefix("networks/") || key.contains("/auxiliary") {
            let values = try state.floats(key).map { $0 + 0.2 * random.uniform() - 0.1 }
            state.store(values, shape: state[key]?.shape, at: key)
        }
        state.store(updatesInRound, at: "updatesInRound")
        return state
    }

    private func afterOneSlice(_ settings: PMetaRLSettings, from state: StateDictionary) throws -> StateDictionary {
        let problem = PointEnvironment.problem(steps: 2000)
        let agent = try PMetaRL(problem: problem, settings: settings, random: RandomStreams(seed: 2))
        try StateCoder.restore(state, agent)
        try agent.train(pauses: 1)
        return StateCoder.save(agent)
    }

    private func numbers(_ state: StateDictionary, _ key: String) throws -> [Double] { try state.floats(key).map(Double.init) }

    /// Adam's step from the moments that the update left behind.
    private func direction(_ state: StateDictionary, _ optimizer: String, _ index: Int, rate: Float) throws -> [Double] {
        let t = Double(try state.integer("\(optimizer)/steps"))
        let first = try numbers(state, "\(optimizer)/\(index).first"), second = try numbers(state, "\(optimizer)/\(index).second")
        return zip(first, second).map { m, v in
            Double(rate) * (m / (1 - pow(0.9, t))) / ((v / (1 - pow(0.999, t))).squareRoot() + 1e-8)
        }
    }

    private func expectClose(_ found: [Double], _ expected: [Double], _ what: String) {
        let error = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(found.count == expected.count && error < 1e-6, "\(what) differs by \(error)")
    }

    /// In the middle of a round phi and omega are what they are; at its start both are the meta networks (line 7).
    @Test(arguments: [true, false])
    func oneUpdateIsEquations12To14(inMidRound: Bool) throws {
        let settings = settings(updatesPerRound: inMidRound ? 2 : 1)
        let before = try scattered(settings, updatesInRound: inMidRound ? 1 : 0)
        let after = try afterOneSlice(settings, from: before)
        let lambda = Double(settings.proximalWeight), eta = Double(settings.auxiliaryLearningRate), beta = Double(settings.metaRate)
        let rates = ["actorOptimizer": settings.actorLearningRate, "criticOptimizer": settings.criticLearningRate,
                     "encoderOptimizer": settings.encoderLearningRate]
        for (place, (part, optimizer)) in Self.networks.enumerated() {
            let rate = rates[optimizer]!
            for (i, layer) in Self.layers.enumerated() {
                let name = "\(part).\(layer)", meta = try numbers(before, "networks/meta.\(name)")
                var mean = meta.map { _ in 0.0 }
                for task in 0..<2 {
                    let start = inMidRound ? try numbers(before, "networks/personalized-\(task).\(name)") : meta
                    let omega = inMidRound ? try numbers(before, "task-\(task)/auxiliary.\(name)") : meta
                    let index = part == "critics.second" ? 4 + i : i
                    let step = try direction(after, "task-\(task)/\(optimizer)", index, rate: rate)
                    #expect(step.contains { $0 != 0 }, "network \(place) does not learn")
                    let phi = start.indices.map { start[$0] - step[$0] - Double(rate) * lambda * (start[$0] - omega[$0]) }
                    let next = phi.indices.map { omega[$0] - eta * lambda * (omega[$0] - phi[$0]) }
                    expectClose(try numbers(after, "networks/personalized-\(task).\(name)"), phi, "personalized \(name)")
                    expectClose(try numbers(after, "task-\(task)/auxiliary.\(name)"), next, "auxiliary \(name)")
                    mean = mean.indices.map { mean[$0] + next[$0] / 2 }
                }
                let expected = meta.indices.map { (1 - beta) * meta[$0] + beta * mean[$0] }
                expectClose(try numbers(after, "networks/meta.\(name)"), expected, "meta \(name)")
            }
        }
    }

    /// The same update in both forms: the coupled one adds lambda (phi - omega) to the gradient that Adam sees, and nothing
    /// beside its step.
    @Test func theCoupledFormPullsInsideTheGradient() throws {
        var settings = settings(updatesPerRound: 2)
        let before = try scattered(settings, updatesInRound: 1)
        let decoupled = try afterOneSlice(settings, from: before)
        settings.proximalForm = .coupled
        let coupled = try afterOneSlice(settings, from: before)
        for (i, layer) in Self.layers.enumerated() {
            let name = "critics.first.\(layer)", optimizer = "task-0/criticOptimizer"
            let phi = try numbers(before, "networks/personalized-0.\(name)"), omega = try numbers(before, "task-0/auxiliary.\(name)")
            let plain = try numbers(decoupled, "\(optimizer)/\(i).first"), pulled = try numbers(coupled, "\(optimizer)/\(i).first")
            for j in phi.indices { #expect(abs(pulled[j] - plain[j] - 0.1 * 12 * (phi[j] - omega[j])) < 1e-5) }
            let step = try direction(coupled, optimizer, i, rate: settings.criticLearningRate)
            expectClose(try numbers(coupled, "networks/personalized-0.\(name)"), phi.indices.map { phi[$0] - step[$0] }, name)
        }
    }
}
