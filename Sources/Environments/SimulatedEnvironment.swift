import Core

/// The state of a small simulation, which can be written as numbers: what checkpoints and pictures keep.
public protocol SimulatedState: Sendable {
    /// Numbers in a state of this type; the same for every one of them.
    static var numberCount: Int { get }
    /// `numberCount` of them.
    var numbers: [Double] { get }
    /// The state that `numbers` came from; nil where they are of none.
    init?(numbers: [Double])
    /// Whether the simulation can continue from here; false ends the episode as unstable.
    var isFinite: Bool { get }
}

extension SimulatedState {
    public var isFinite: Bool { numbers.allSatisfy(\.isFinite) }
}

/// One task of a family that needs no engine: the start of its episodes, its steps, and what is observed. `SimulatedEnvironment` does the
/// rest: copies, limits, checks, counting, saving.
///
/// A family's file then reads from top to bottom: state, dynamics, reward, end. `Families/ClassicControl/CartPole.swift` is an example.
public protocol SimulatedTask: Sendable {
    associatedtype State: SimulatedState

    /// The first state of an episode.
    func begin(using random: inout RandomStream) -> State
    /// One step from `state` under an action ([action columns], within the action space and not masked). Returns the reward, and whether the
    /// new state is terminal.
    func advance(
        _ state: inout State, action: UnsafeBufferPointer<Float>, using random: inout RandomStream
    ) -> (reward: Double, isTerminal: Bool)
    /// The same under an action in float64, as recorded transitions have it; by default the action rounded to float32.
    func advance(_ state: inout State, exactAction: [Double], using random: inout RandomStream) -> (reward: Double, isTerminal: Bool)
    /// Writes the observation of a state into `row`, [observation columns].
    func observe(_ state: State, into row: UnsafeMutableBufferPointer<Float>)
    /// The reward that training learns from, for the step that led to `next`; asked only where the description says that there is one.
    func learningReward(reaching next: State) -> Double
    /// What can be said of an episode that ended in this state, besides its return; nothing by default.
    func measures(endingIn state: State) -> [EpisodeMeasure]
    /// Whether an action exists in a state that is not terminal; asked only where the description says that actions are masked.
    func hasAction(_ action: Int, in state: State) -> Bool
    /// Whether an episode can be in this state; checked when a saved state is restored.
    func isState(_ state: State) -> Bool
}

extension SimulatedTask {
    public func isState(_ state: State) -> Bool { true }
    public func hasAction(_ action: Int, in state: State) -> Bool { true }
    public func advance(
        _ state: inout State, exactAction: [Double], using random: inout RandomStream
    ) -> (reward: Double, isTerminal: Bool) {
        exactAction.map { Float($0) }.withUnsafeBufferPointer { advance(&state, action: $0, using: &random) }
    }
    public func learningReward(reaching next: State) -> Double { 0 }
    public func measures(endingIn state: State) -> [EpisodeMeasure] { [] }
}

/// Copies of one task that is written in Swift, without an engine. Where the task allocates nothing, a step does not either.
///
/// An action that is not in the action space, or masked, is an `EnvironmentError` (numbers of a box are passed on as they are).
public final class SimulatedEnvironment<Task: SimulatedTask>: PicturedEnvironment, MeasuredEnvironment {
    public let description: EnvironmentDescription
    public let copies: Int
    public private(set) var unstableEpisodes = 0
    public var random = RandomStream(seed: 0)
    public let task: Task
    /// Identifies the task, so that states of other tasks are refused.
    private let fingerprint: UInt64
    private let choices: Int?
    private var states: [Task.State]
    /// Steps since the reset, [copies].
    private var elapsed: [Int]
    /// [copies]: the state is terminal, and the copy must be reset.
    private var isOver: [Bool]
    /// [copies]: of the last step, before they are rounded to float32.
    private var rewards: [Double]
    private var learningRewards: [Double]

    /// `fingerprint` stands for the family and the task's parameters (`TaskDescription.fingerprint`). Every copy begins an episode.
    public init(_ task: Task, description: EnvironmentDescription, copies: Int, fingerprint: UInt64) {
        precondition(copies > 0, "an environment has at least one copy")
        self.task = task
        self.description = description
        self.copies = copies
        self.fingerprint = fingerprint
        choices = if case .discrete(let count) = description.action { count } else { nil }
        precondition(!description.masksActions || choices != nil, "only discrete actions can be masked")
        var random = RandomStream(seed: 0)
        states = (0..<copies).map { _ in task.begin(using: &random) }
        elapsed = Array(repeating: 0, count: copies)
        isOver = Array(repeating: false, count: copies)
        rewards = Array(repeating: 0, count: copies)
        learningRewards = rewards
    }

    /// The state of one copy after its last step or reset.
    public func state(_ copy: Int) -> Task.State { states[copy] }

    public func pictureState(_ copy: Int) -> [Double] { states[copy].numbers }

    public func measures(ofEpisodeIn copy: Int) -> [EpisodeMeasure] { task.measures(endingIn: states[copy]) }
}

// MARK: Episodes

extension SimulatedEnvironment {
    public func reset(_ copy: Int, into batch: inout StepBatch) throws {
        states[copy] = task.begin(using: &random)
        elapsed[copy] = 0
        isOver[copy] = false
        batch.rewards[copy] = 0
        if !batch.learningRewards.isEmpty { batch.learningRewards[copy] = 0 }
        (batch.terminated[copy], batch.truncated[copy], batch.unstable[copy]) = (false, false, false)
        publish(copy, &batch)
    }

    public func step(_ actions: [Float], into batch: inout StepBatch) throws {
        let columns = description.action.columns
        precondition(actions.count == copies * columns, "actions must be [copies, action columns]")
        if let choices {
            for copy in 0..<copies { try check(actions[copy], choices, copy) }
        }
        for copy in 0..<copies {
            var next = states[copy]
            let (reward, isTerminal) = actions.withUnsafeBufferPointer { actions in
                task.advance(&next, action: .init(rebasing: actions[copy * columns..<(copy + 1) * columns]), using: &random)
            }
            finishStep(of: copy, reaching: next, reward: reward, isTerminal: isTerminal, &batch)
        }
    }

    /// What one copy's step led to.
    private func finishStep(of copy: Int, reaching next: Task.State, reward: Double, isTerminal: Bool, _ batch: inout StepBatch) {
        elapsed[copy] += 1
        let learningReward = description.hasLearningReward ? task.learningReward(reaching: next) : 0
        let isStable = next.isFinite && Float(reward).isFinite && Float(learningReward).isFinite
        // An unstable episode ends with its last finite observation and no reward.
        if isStable { states[copy] = next } else { unstableEpisodes += 1 }
        isOver[copy] = isTerminal || !isStable
        rewards[copy] = isStable ? reward : 0
        learningRewards[copy] = isStable ? learningReward : 0
        batch.rewards[copy] = Float(rewards[copy])
        if !batch.learningRewards.isEmpty { batch.learningRewards[copy] = Float(learningRewards[copy]) }
        batch.terminated[copy] = isOver[copy]
        batch.unstable[copy] = !isStable
        batch.truncated[copy] = !isOver[copy] && elapsed[copy] >= description.episodeLimit
        publish(copy, &batch)
    }

    private func check(_ action: Float, _ choices: Int, _ copy: Int) throws {
        func exists(_ action: Int) -> Bool {
            !description.masksActions || (!isOver[copy] && task.hasAction(action, in: states[copy]))
        }
        guard let index = Int(exactly: action), (0..<choices).contains(index), exists(index) else {
            throw EnvironmentError.wrongAction(action, known: (0..<choices).filter(exists))
        }
    }

    /// Writes one copy's observation and mask.
    private func publish(_ copy: Int, _ batch: inout StepBatch) {
        let columns = description.observation.columns
        batch.observations.withUnsafeMutableBufferPointer { rows in
            task.observe(states[copy], into: .init(rebasing: rows[copy * columns..<(copy + 1) * columns]))
        }
        guard description.masksActions, let choices, !batch.actionMasks.isEmpty else { return }
        for action in 0..<choices {
            batch.actionMasks[copy * choices + action] = !isOver[copy] && task.hasAction(action, in: states[copy])
        }
    }
}

extension SimulatedEnvironment: ExactEnvironment {
    public func step(exactly actions: [Double], into batch: inout StepBatch) throws {
        let columns = description.action.columns
        precondition(actions.count == copies * columns, "actions must be [copies, action columns]")
        if let choices {
            for copy in 0..<copies { try check(Float(actions[copy]), choices, copy) }
        }
        for copy in 0..<copies {
            var next = states[copy]
            let (reward, isTerminal) = task.advance(
                &next, exactAction: Array(actions[copy * columns..<(copy + 1) * columns]), using: &random)
            finishStep(of: copy, reaching: next, reward: reward, isTerminal: isTerminal, &batch)
        }
    }

    public func exactReward(_ copy: Int) -> Double { rewards[copy] }
    public func exactLearningReward(_ copy: Int) -> Double { learningRewards[copy] }
}

// MARK: Saving

extension SimulatedEnvironment {
    public func codeState(_ coder: StateCoder) throws {
        try coder.fact("task", fingerprint, mismatch: "it is of another task")
        try coder.fact("copies", UInt64(copies), mismatch: "it is of another number of copies than \(copies)")
        try coder.count("unstableEpisodes", &unstableEpisodes)
        try coder.stream("random", &random)
        try coder.integers("elapsed", &elapsed, count: copies, in: 0 ... .max)
        try coder.flags("isOver", &isOver, count: copies)
        let each = Task.State.numberCount
        var numbers = states.flatMap(\.numbers)
        try coder.doubles("states", &numbers, count: copies * each, areFinite: true)
        guard coder.isRestoring else { return }
        states = try (0..<copies).map { copy in
            guard let state = Task.State(numbers: Array(numbers[copy * each..<(copy + 1) * each])), task.isState(state) else {
                throw coder.invalid("states", "the numbers of copy \(copy) are not a state of this family")
            }
            return state
        }
    }
}
