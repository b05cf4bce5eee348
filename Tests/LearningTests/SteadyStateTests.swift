import Core
import Dispatch
import Foundation
import Learning
import Testing

/// A small actor-critic-like loop that uses most of the engine.
private final class Trainer {
    private var stream: RandomStream
    private let actor: MLP, critics: [MLP], targets: [MLP], unit: GRU
    private let optimizers: [Adam]

    init(seed: UInt64) {
        stream = RandomStream(seed: seed)
        actor = MLP(inputs: 6, hidden: [32, 32], outputs: 4, using: &stream)
        critics = [MLP(inputs: 8, hidden: [32, 32], outputs: 1, using: &stream), MLP(inputs: 8, hidden: [32, 32], outputs: 1, using: &stream)]
        targets = critics.map { $0.frozenCopy() }
        unit = GRU(inputs: 6, hidden: 8, using: &stream)
        optimizers = [actor.parameters, critics.parameters, unit.parameters].map { Adam($0, learningRate: 1e-3) }
    }

    func step() {
        let x = Tensor.normal([64, 6], using: &stream)
        let (action, logProbability) = TanhGaussian(parameters: actor(x)).sample(noise: .normal([64, 2], using: &stream))
        let y = concatenated([x, action])
        let actorLoss = (0.2 * logProbability - minimum(critics[0](y), critics[1](y))).mean()
        optimizers[0].step(gradients(of: actorLoss, withRespectTo: actor.parameters))
        let target = withoutGradients { minimum(targets[0](y), targets[1](y)) }
        let z = y.detached()
        let criticLoss = (critics[0](z) - target - 1).squared().mean() + (critics[1](z) - target + 1).squared().mean()
        let g = gradients(of: criticLoss, withRespectTo: critics.parameters)
        clipGradients(g, maxNorm: 1)
        optimizers[1].step(g)
        softUpdate(targets.parameters, toward: critics.parameters, rate: 0.01)
        let sequence = unit(Tensor.normal([5, 8, 6], using: &stream)).outputs
        optimizers[2].step(gradients(of: sequence.squared().mean(), withRespectTo: unit.parameters))
    }
    var numbers: [Float] { (actor.parameters + critics.parameters + targets.parameters + unit.parameters).flatMap(\.array) }
}

@Suite(.serialized) struct SteadyStateTests {
    @Test func aTrainingLoopAsksTheSystemForNoBuffers() {
        let (before, after) = onOwnThread { () -> (BufferPool, BufferPool) in
            let trainer = Trainer(seed: 1)
            for _ in 0..<3 { trainer.step() }
            let before = BufferPool.ofThisThread
            for _ in 0..<50 { trainer.step() }
            return (before, BufferPool.ofThisThread)
        }
        #expect(after.misses == before.misses)
        #expect(after.hits > before.hits + 1000)
        #expect(after.heldBytes == before.heldBytes)
    }

    @Test func twoThreadsAtOnceGiveTheBitsOfOne() {
        @Sendable func trained() -> [Float] {
            let trainer = Trainer(seed: 9)
            for _ in 0..<30 { trainer.step() }
            return trainer.numbers
        }
        let alone = trained()
        let results = mapInParallel(4, threads: 4) { _ in trained() }
        for numbers in results { #expect(numbers == alone) }
        #expect(alone.allSatisfy { $0.isFinite })
    }

    @Test func threadsShareParametersTheyOnlyRead() {
        var stream = RandomStream(seed: 3)
        let network = MLP(inputs: 4, hidden: [16, 16], outputs: 2, activation: .tanh, using: &stream)
        let x = Tensor.normal([32, 4], using: &stream)
        @Sendable func metaGradient() -> [[Float]] {
            let inner = gradients(of: network(x).squared().mean(), withRespectTo: network.parameters, createGraph: true)
            var adapted = network
            adapted.parameters = zip(network.parameters, inner).map { $0 - 0.1 * $1 }
            return gradients(of: adapted(x).squared().mean(), withRespectTo: network.parameters).map(\.array)
        }
        let expected = metaGradient()
        let results = mapInParallel(8, threads: 8) { _ in metaGradient() }
        #expect(results.allSatisfy { $0 == expected })
    }

    private final class Made: @unchecked Sendable { var tensors = (0..<10).map { _ in Tensor.zeros([1000]) } }

    @Test func buffersFreedOnAnotherThreadAreKeptThere() {
        let made = Made()
        let (before, freed, reused, emptied) = onOwnThread { () -> (BufferPool, BufferPool, BufferPool, BufferPool) in
            let before = BufferPool.ofThisThread
            made.tensors = []
            let freed = BufferPool.ofThisThread
            _ = Tensor.zeros([1000])
            let reused = BufferPool.ofThisThread
            BufferPool.empty()
            return (before, freed, reused, BufferPool.ofThisThread)
        }
        #expect(freed.heldBytes >= before.heldBytes + 40_000)
        #expect(reused.misses == before.misses && reused.hits == freed.hits + 1)
        #expect(emptied.heldBytes == 0)
    }

    /// Runs on a thread whose buffer counters nobody else moves.
    private func onOwnThread<R>(_ body: @escaping @Sendable () -> R) -> R {
        let result = Result<R>(), done = DispatchSemaphore(value: 0)
        let thread = Thread {
            result.value = body()
            done.signal()
        }
        thread.start()
        done.wait()
        return result.value!
    }
    private final class Result<R>: @unchecked Sendable { var value: R? }
}
