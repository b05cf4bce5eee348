import Core
import Environments
import Foundation

/// Steps and unstable episodes of all environments made for a problem, on any thread.
final class StepCounter: @unchecked Sendable {
    private let lock = NSLock()
    private var counts = (steps: 0, unstableEpisodes: 0)
    var steps: Int { lock.withLock { counts.steps } }
    var unstableEpisodes: Int { lock.withLock { counts.unstableEpisodes } }
    func reset() { lock.withLock { counts = (0, 0) } }
    func add(steps: Int, unstableEpisodes: Int) {
        lock.withLock { counts = (counts.steps + steps, counts.unstableEpisodes + unstableEpisodes) }
    }
}

/// The same environment, whose steps are counted; of one that walks on a graph, the moves on that graph as well.
func counted(_ environment: any Environment, _ counter: StepCounter, _ rewards: AddedRewards) -> any Environment {
    if let environment = environment as? any GraphEnvironment { return CountedGraphEnvironment(environment, counter, rewards) }
    return CountedEnvironment(environment, counter, rewards)
}

/// What is added to an environment's rewards: multiples of the first observation column, which no baseline takes away.
struct AddedRewards: Sendable {
    var own: Float = 0
    var learning: Float = 0
}

/// Another environment whose steps are counted.
class CountedEnvironment: Environment {
    private let inner: any Environment
    private let counter: StepCounter
    private let added: AddedRewards

    init(_ inner: any Environment, _ counter: StepCounter, _ added: AddedRewards) {
        self.inner = inner
        self.counter = counter
        self.added = added
    }

    var description: EnvironmentDescription { inner.description }
    var copies: Int { inner.copies }
    var unstableEpisodes: Int { inner.unstableEpisodes }
    var random: RandomStream {
        get { inner.random }
        set { inner.random = newValue }
    }
    func reset(_ copy: Int, into batch: inout StepBatch) throws { try inner.reset(copy, into: &batch) }
    func step(_ actions: [Float], into batch: inout StepBatch) throws {
        try inner.step(actions, into: &batch)
        counter.add(steps: copies, unstableEpisodes: batch.unstable.filter { $0 }.count)
        let columns = description.observation.columns
        for copy in 0..<copies {
            let x = batch.observations[copy * columns]
            if added.own != 0 { batch.rewards[copy] += added.own * x }
            if added.learning != 0 { batch.learningRewards[copy] += added.learning * x }
        }
    }
    func codeState(_ coder: StateCoder) throws { try inner.codeState(coder) }
}

private final class CountedGraphEnvironment: CountedEnvironment, GraphEnvironment {
    let graph: any AcyclicGraph
    private let walk: any GraphEnvironment

    init(_ inner: any GraphEnvironment, _ counter: StepCounter, _ rewards: AddedRewards) {
        walk = inner
        graph = CountedGraph(inner: inner.graph, counter: counter)
        super.init(inner, counter, rewards)
    }

    func graphState(_ copy: Int) -> Int { walk.graphState(copy) }
}

private struct CountedGraph: AcyclicGraph {
    let inner: any AcyclicGraph
    let counter: StepCounter

    var stateBound: Int { inner.stateBound }
    var actionCount: Int { inner.actionCount }
    var start: Int { inner.start }
    var observation: Space { inner.observation }
    func isState(_ number: Int) -> Bool { inner.isState(number) }
    func isTerminal(_ state: Int) -> Bool { inner.isTerminal(state) }
    func hasAction(_ action: Int, at state: Int) -> Bool { inner.hasAction(action, at: state) }
    func child(of state: Int, by action: Int) -> Int {
        counter.add(steps: 1, unstableEpisodes: 0)
        return inner.child(of: state, by: action)
    }
    func parents(of state: Int) -> [GraphEdge] { inner.parents(of: state) }
    func logReward(of terminal: Int) -> Double { inner.logReward(of: terminal) }
    func observe(_ state: Int, into row: UnsafeMutableBufferPointer<Float>) { inner.observe(state, into: row) }
}
