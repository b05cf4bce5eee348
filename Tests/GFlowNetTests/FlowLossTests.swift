import Agents
import Core
import Environments
import Foundation
import Grids
import Learning
import Testing

/// The graph of a hyper-grid's first task.
func hyperGrid(_ change: (inout HyperGridSettings) -> Void = { _ in }) throws -> any AcyclicGraph {
    var settings = HyperGridSettings()
    change(&settings)
    let family = try HyperGrid(settings: settings, assets: FamilyAssets())
    return try #require(family.makeEnvironment(family.tasks(.train, seed: 1)[0], copies: 1) as? any GraphEnvironment).graph
}

func flowNetwork(_ graph: any AcyclicGraph, hidden: [Int] = [16], seed: UInt64 = 3) -> FlowNetwork {
    var stream = RandomStream(seed: seed)
    return FlowNetwork(
        inputs: SpaceEncoder(graph.observation).columns, hidden: hidden, actions: graph.actionCount, using: &stream)
}

@Suite struct FlowLossTests {
    /// Small graphs are computed whole, large ones state by state; both have the gradient of the loss that is computed in each.
    @Test(arguments: FlowLoss.allCases, [8, 40]) func theGradientIsThatOfTheLoss(loss: FlowLoss, size: Int) throws {
        let graph = try hyperGrid { ($0.size, $0.ends) = (size, .full) }, flows = FlowGraph(graph), network = flowNetwork(graph)
        var random = RandomStream(seed: 5)
        let trajectories = try flows.sample(6, from: network, using: &random).trajectories
        let objective = FlowObjective(loss, subTrajectoryDecay: 0.7)
        func value() -> Double {
            objective.value(
                trajectories, on: graph, flows: flows.flows(of: network, for: trajectories), logPartition: network.logPartition.scalar).loss
        }
        var batch = FlowBatch(trajectories: trajectories)
        let gradient = objective.gradient(of: network, on: &batch, flows)
        #expect(abs(gradient.loss - value()) < 1e-9)
        // Along the gradient itself, in steps of both directions.
        let parameters = network.network.parameters, norm = Double(euclideanNorm(gradient.network)), step = Float(0.002 / norm)
        func move(_ factor: Float) {
            for (parameter, slope) in zip(parameters, gradient.network) {
                parameter.copy(from: zip(parameter.array, slope.array).map { $0 + factor * $1 })
            }
        }
        move(step)
        let above = value()
        move(-2 * step)
        let slope = (above - value()) / (2 * Double(step))
        #expect(abs(slope - norm * norm) < 0.01 * norm * norm, "\(slope) is not \(norm * norm)")
        guard loss == .trajectoryBalance else { return }
        let before = network.logPartition.scalar
        network.logPartition.copy(from: [before + 0.01])
        let higher = value()
        network.logPartition.copy(from: [before - 0.01])
        #expect(abs((higher - value()) / 0.02 - Double(gradient.logPartition)) < 0.01 * abs(Double(gradient.logPartition)) + 1e-3)
    }

    /// From the definitions: states count as often as they are entered, parts of trajectories by a power of their lengths.
    @Test func lossesAreTheirDefinitions() throws {
        let graph = try hyperGrid { ($0.size, $0.ends) = (4, .full) }, states = try EnumeratedGraph(graph).inner
        let values = (0..<states.count * graph.actionCount).map { Float(sin(Double(7 * $0 + 2))) }
        let flows = StateFlows(Tensor(values, shape: [states.count, graph.actionCount]), at: states, of: graph)
        func logFlow(_ state: Int, _ action: Int) -> Double { Double(values[states.firstIndex(of: state)! * graph.actionCount + action]) }
        func logThrough(_ state: Int) -> Double {
            guard !graph.isTerminal(state) else { return graph.logReward(of: state) }
            return log((0..<graph.actionCount).filter { graph.hasAction($0, at: state) }.reduce(0) { $0 + exp(logFlow(state, $1)) })
        }
        let trajectories = [[0, 1, 2], [0, 1, 1, 2], [0, 0, 0, 1, 2]].map { actions in
            actions.reduce(into: GraphTrajectory(from: graph.start)) { $0.append($1, to: graph.child(of: $0.end, by: $1)) }
        }
        func value(_ loss: FlowLoss) -> Double {
            FlowObjective(loss, subTrajectoryDecay: 0.6).value(trajectories, on: graph, flows: flows, logPartition: 0.25).loss
        }
        let entered = trajectories.flatMap { $0.states.dropFirst() }
        let matching = entered.reduce(0) { sum, state in
            let incoming = log(graph.parents(of: state).reduce(0) { $0 + exp(logFlow($1.state, $1.action)) })
            return sum + pow(incoming - logThrough(state), 2) / Double(entered.count)
        }
        #expect(abs(value(.flowMatching) - matching) < 1e-9 && Set(entered).count < entered.count)
        var parts = 0.0, whole = 0.0
        for trajectory in trajectories {
            /// log P forward - log P backward of each move.
            let ratios = trajectory.actions.enumerated().map { t, action in
                logFlow(trajectory.states[t], action) - logThrough(trajectory.states[t])
                    + log(Double(graph.parents(of: trajectory.states[t + 1]).count))
            }
            whole += pow(0.25 + ratios.reduce(0, +) - logThrough(trajectory.end), 2) / 3
            var sum = 0.0, total = 0.0
            for i in ratios.indices {
                for j in i + 1...ratios.count {
                    let weight = pow(0.6, Double(j - i)), part = logThrough(trajectory.states[i]) + ratios[i..<j].reduce(0, +)
                    sum += weight * pow(part - logThrough(trajectory.states[j]), 2)
                    total += weight
                }
            }
            parts += sum / total / 3
        }
        #expect(abs(value(.trajectoryBalance) - whole) < 1e-9 && abs(value(.subTrajectoryBalance) - parts) < 1e-9)
    }

    @Test func actionsThatDoNotExistAreNeverChosen() {
        var random = RandomStream(seed: 1)
        let logits: [Float] = [3, 1, 2]
        #expect(chooseAction(logits: logits, mask: [false, true, true], mode: .deterministic, using: &random) == 2)
        #expect(chooseAction(logits: logits, mask: [], mode: .deterministic, using: &random) == 0)
        let drawn = (0..<1000).map { _ in chooseAction(logits: logits, mask: [false, true, true], mode: .stochastic, using: &random) }
        #expect(abs(Double(drawn.count { $0 == 1 }) - 1000 / (1 + exp(1.0))) < 60 && !drawn.contains(0))
    }

    @Test func gradientsOfTasksAreAveraged() {
        func gradient(_ loss: Double, _ a: Float, _ b: Float) -> FlowGradient {
            FlowGradient(loss: loss, network: [Tensor([a], shape: [1]), Tensor([b, b], shape: [2])], logPartition: a)
        }
        let mean = FlowGradient(meanOf: [gradient(1, 1, 2), gradient(2, 4, 5), gradient(6, 1, -1)])
        #expect(mean.loss == 3 && mean.logPartition == 2 && mean.network[0].array == [2] && mean.network[1].array == [2, 2])
    }

    /// Flows that fulfil all conditions have no loss of any kind: each edge's flow is the reward that it leads to, coming back to every parent
    /// with the same probability.
    @Test(arguments: FlowLoss.allCases) func exactFlowsHaveNoLoss(loss: FlowLoss) throws {
        let graph = try hyperGrid { $0.size = 4 }, enumerated = try EnumeratedGraph(graph)
        var through: [Int: Double] = [:]
        for (state, reward) in zip(enumerated.terminals, enumerated.logRewards) { through[state] = exp(reward) }
        for state in enumerated.inner.reversed() {
            through[state] = (0..<graph.actionCount).filter { graph.hasAction($0, at: state) }.map { graph.child(of: state, by: $0) }
                .reduce(0) { $0 + through[$1]! / Double(graph.parents(of: $1).count) }
        }
        // One layer whose rows are the log flows of each coordinate pair can't be written; a table in place of a network can.
        let network = TableNetwork(graph, enumerated, through)
        var random = RandomStream(seed: 1)
        let trajectories = try graph.trajectories(20, using: &random) { _, weights in for i in weights.indices { weights[i] = 1 } }
        let value = FlowObjective(loss).value(
            trajectories, on: graph, flows: network.flows, logPartition: Float(log(through[graph.start]!)))
        #expect(value.loss < 1e-10 && value.flowGradient.allSatisfy { abs($0) < 1e-5 }, "\(value.loss)")
        #expect(abs(enumerated.logPartition - log(through[graph.start]!)) < 1e-12)
    }

    /// Flows of given numbers: a network of one layer whose input tells all states apart.
    private struct TableNetwork {
        let flows: StateFlows

        init(_ graph: any AcyclicGraph, _ enumerated: EnumeratedGraph, _ through: [Int: Double]) {
            var values: [Float] = []
            for state in enumerated.inner {
                for action in 0..<graph.actionCount {
                    guard graph.hasAction(action, at: state) else {
                        values.append(5)  // must not count
                        continue
                    }
                    let child = graph.child(of: state, by: action)
                    values.append(Float(log(through[child]! / Double(graph.parents(of: child).count))))
                }
            }
            flows = StateFlows(Tensor(values, shape: [enumerated.inner.count, graph.actionCount]), at: enumerated.inner, of: graph)
        }
    }
}
