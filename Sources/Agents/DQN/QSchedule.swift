import Core

/// The rounds and iterations of a run of Q-learning, a block of iterations at a time: as many as go between two pauses.
package struct QSchedule: Sendable {
    /// Some iterations of one round.
    package struct Block: Sendable {
        /// Epsilon in each of them.
        package let epsilons: [Float]
        package let beginsRound, endsRound: Bool
    }

    /// Rounds that are complete.
    package private(set) var rounds = 0
    /// Iterations of this round that are complete; 0 between two rounds.
    private var iterations = 0
    private let totalRounds, iterationsPerRound: Int
    private let epsilonStart, epsilonEnd: Float

    /// Iterations between two pauses at the most: a fraction of a second at the paper's sizes.
    private static let iterationsPerBlock = 20

    /// Of a run of so many rounds.
    package init(rounds: Int, settings: some DeepQSettings) {
        totalRounds = rounds
        iterationsPerRound = settings.iterationsPerRound
        (epsilonStart, epsilonEnd) = (settings.epsilonStart, settings.epsilonEnd)
    }

    /// What comes next; nil where the budget is spent.
    package func next() -> Block? {
        guard rounds < totalRounds else { return nil }
        let end = min(iterations + Self.iterationsPerBlock, iterationsPerRound)
        return Block(
            epsilons: (iterations..<end).map(epsilon), beginsRound: iterations == 0,
            endsRound: end == iterationsPerRound)
    }

    /// Linear in the iterations of the whole run. `iteration` is one of this round.
    private func epsilon(_ iteration: Int) -> Float {
        func inAll(_ rounds: Int) -> Double { Double(rounds) * Double(iterationsPerRound) }  // more than an integer may hold
        return epsilonStart + (epsilonEnd - epsilonStart) * Float((inAll(rounds) + Double(iteration)) / max(1, inAll(totalRounds) - 1))
    }

    /// The block that came next is done.
    package mutating func didRun(_ block: Block) {
        iterations += block.epsilons.count
        if block.endsRound { (rounds, iterations) = (rounds + 1, 0) }
    }
}

extension QSchedule: Stateful {
    package mutating func codeState(_ coder: StateCoder) throws {
        try coder.count("rounds", &rounds, most: totalRounds)
        try coder.count("iterations", &iterations, most: iterationsPerRound - 1)
    }
}
