import Agents
import Core
import Environments

/// A policy that lives in an agent's program: each action is one message there and one back.
final class ProgramPolicy: MaskedPolicy {
    private let host: ProgramAgentHost
    private let handle: UInt32
    private let action: Space
    private var lastReward: Float = 0
    private var flags = Flags.begins
    private var answer: [Float]
    var actionMask: [Bool] = []

    /// Bits of the argument of `act`.
    private enum Flags {
        static let begins: UInt32 = 1
        static let stochastic: UInt32 = 2
        static let done: UInt32 = 4
    }

    init(host: ProgramAgentHost, handle: UInt32, action: Space) {
        self.host = host
        self.handle = handle
        self.action = action
        answer = Array(repeating: 0, count: action.columns)
    }

    deinit { host.release(handle) }

    /// The next message has the reward and the end of the episode before, too, unless it was stopped before its end or became unstable.
    func beginEpisode() {
        if flags & Flags.done == 0 { lastReward = 0 }
        flags |= Flags.begins
    }

    func observe(reward: Float, done: Bool) {
        lastReward = reward
        if done { flags |= Flags.done }
    }

    /// Throws `ProgramError` where the program fails, or answers what is no action.
    func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) throws {
        let argument = flags | (mode == .stochastic ? Flags.stochastic : 0)
        flags = 0
        try host.process.call(.act, handle: handle, argument: argument) { writer in
            writer.append([lastReward])
            writer.append(observation)
            writer.append(actionMask)
        }
        let columns = answer.count
        try host.process.withPayload { reader in
            guard reader.count == 4 * columns else {
                throw ChannelError.wrongMessage(
                    "act: an action of \(columns) number\(columns == 1 ? "" : "s") expected, \(4 * columns) bytes, found \(reader.count) bytes")
            }
            try reader.read(&answer, "act")
        }
        if let reason = answer.nonFinite("the action") ?? self.action.fault(answer, "the action") { throw host.process.wrong("act: \(reason)") }
        action = answer
    }
}

extension Collection<Float> {
    /// Which of the numbers is not finite, in a sentence about the row; nil where all are.
    func nonFinite(_ what: String) -> String? {
        enumerated().first { !$0.element.isFinite }.map { "\(what) is \($0.element) in column \($0.offset); a finite number expected" }
    }
}

extension Space {
    /// Why finite numbers are no value of a space of choices; nil where they are one. Numbers outside a box are left to the environment.
    func fault(_ row: some RandomAccessCollection<Float>, _ what: String) -> String? {
        func check(_ value: Float, _ count: Int) -> String? {
            Int(exactly: value).map { (0..<count).contains($0) } == true ? nil : "\(what) is \(value); a whole number in 0...\(count - 1) expected"
        }
        switch self {
        case .box: return nil
        case .discrete(let count): return row.first.flatMap { check($0, count) }
        case .multiDiscrete(let counts): return zip(row, counts).lazy.compactMap(check).first
        }
    }
}
