import Core

/// How an iteration's tasks are drawn from the training tasks.
public enum TaskSampling: String, Codable, CaseIterable, Sendable {
    /// Every task equally often, as far as the meta-batch allows; the rest is drawn at random without repetition.
    case balanced
    /// Each independently, as in the papers' code.
    case replacement
}

/// `count` of `0..<total`, each as often as any other up to one, in random order: meta-batches of tasks.
public func drawEvenly(_ count: Int, of total: Int, using random: inout RandomStream) -> [Int] {
    var drawn: [Int] = []
    while drawn.count < count {
        var round = Array(0..<total)
        for i in 0..<min(total, count - drawn.count) {
            round.swapAt(i, i + random.index(below: total - i))
            drawn.append(round[i])
        }
    }
    return drawn
}
