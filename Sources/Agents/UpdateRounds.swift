import Core

/// How far an agent is that trains in rounds of so many updates of each task, a block of updates at a time: as many as go between two pauses.
public struct UpdateRounds: Sendable {
    /// Rounds that are complete.
    public private(set) var rounds = 0
    /// Updates of this round that are complete; 0 between two rounds.
    private var updates = 0
    private let updatesPerRound, updatesPerPause: Int

    /// - Parameter updatesPerPause: updates between two pauses at the most.
    public init(updatesPerRound: Int, updatesPerPause: Int) {
        self.updatesPerRound = updatesPerRound
        self.updatesPerPause = updatesPerPause
    }

    /// Between two rounds.
    public var beginsRound: Bool { updates == 0 }

    /// Updates that come next.
    public var block: Int { min(updatesPerPause, updatesPerRound - updates) }

    /// Counts updates that were made, at most `block`. True where the round ends with them: it is complete, or `isLast` says that training is.
    public mutating func didRun(_ count: Int, isLast: Bool) -> Bool {
        updates += count
        guard updates == updatesPerRound || isLast else { return false }
        (updates, rounds) = (0, rounds + 1)
        return true
    }
}

extension UpdateRounds: Stateful {
    public mutating func codeState(_ coder: StateCoder) throws {
        try coder.count("updatesInRound", &updates, most: updatesPerRound - 1)
        try coder.count("rounds", &rounds)
    }
}
