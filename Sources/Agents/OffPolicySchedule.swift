import Core

/// The alternation of off-policy meta-training: first initial steps of every task, then iterations of collecting from some tasks
/// and gradient steps, handed out slice by slice.
public struct OffPolicySchedule {
    /// What to do next: collect from one task, or so many gradient steps.
    public enum Slice: Equatable, Sendable {
        case collect(task: Int)
        case update(count: Int)
    }

    /// Iterations begun; 0 while the initial steps are collected.
    public private(set) var iteration = 0
    private var collecting: [Int]
    private var updatesLeft = 0
    private var random: RandomStream
    private let tasks: Int
    private let tasksPerIteration: Int
    private let updatesPerIteration: Int
    private let updatesPerSlice: Int

    /// Of `tasks` tasks, `tasksPerIteration` are collected from in each iteration, evenly drawn.
    public init(tasks: Int, tasksPerIteration: Int, updatesPerIteration: Int, updatesPerSlice: Int, random: RandomStream) {
        self.tasks = tasks
        self.tasksPerIteration = tasksPerIteration
        self.updatesPerIteration = updatesPerIteration
        self.updatesPerSlice = updatesPerSlice
        self.random = random
        collecting = Array(0..<tasks)
    }

    /// Where evaluating is fair: before the first slice too.
    public var isBetweenIterations: Bool { isIterationDone || (iteration == 0 && collecting.count == tasks) }
    private var isIterationDone: Bool { collecting.isEmpty && updatesLeft == 0 }

    /// The next slice; nil when no environment steps remain and the last iteration's gradient steps are done.
    public mutating func next(remainingSteps: Int) -> Slice? {
        if isIterationDone && remainingSteps > 0 {
            iteration += 1
            collecting = drawEvenly(tasksPerIteration, of: tasks, using: &random)
        }
        if !collecting.isEmpty {
            let task = collecting.removeFirst()
            if remainingSteps == 0 { collecting = [] }
            if collecting.isEmpty && iteration > 0 { updatesLeft = updatesPerIteration }
            if remainingSteps > 0 { return .collect(task: task) }
        }
        guard updatesLeft > 0 else { return nil }
        let count = min(updatesLeft, updatesPerSlice)
        updatesLeft -= count
        return .update(count: count)
    }

    public func store(in state: inout StateDictionary, at key: String) {
        state.store([iteration, updatesLeft], at: "\(key).counters")
        state.store(collecting, at: "\(key).collecting")
        state.store(random, at: "\(key).random")
    }

    /// Throws `StateError` where an entry is missing or does not fit; then nothing is changed.
    public mutating func restore(from state: StateDictionary, at key: String) throws {
        let counters = try state.integers("\(key).counters", count: 2), waiting = try state.integers("\(key).collecting")
        guard counters[0] >= 0, (0...updatesPerIteration).contains(counters[1]) else {
            throw StateError.invalid(
                "\(key).counters", "iterations and at most \(updatesPerIteration) updates left expected, found \(counters)")
        }
        guard waiting.allSatisfy((0..<tasks).contains), waiting.isEmpty || counters[1] == 0 else {
            throw StateError.invalid(
                "\(key).collecting", "numbers of tasks below \(tasks), none while updates are left, expected, found \(waiting)")
        }
        random = try state.stream("\(key).random")
        (iteration, updatesLeft, collecting) = (counters[0], counters[1], waiting)
    }
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
