/// What a message asks for. PROTOCOL.md describes each; a reply has the number of its request and `MessageKind.reply` added.
package enum MessageKind: UInt32, Sendable {
    /// The reply to a request that can't be done: UTF-8 text. `argument` is an `Refusal`.
    case refusal = 0
    case hello = 1
    /// Never answered: the sender is still at work.
    case alive = 2

    // To the side that has environments.
    case family = 16
    case make = 17
    case reset = 18
    case step = 19
    case close = 20
    case picture = 21
    case state = 22

    // To the side that is an agent.
    case start = 32
    case train = 33
    case save = 34
    case restore = 35
    case policy = 36
    case act = 37
    case release = 38

    // From an agent in training.
    case pause = 48
    case warn = 49

    /// No request has a larger number.
    static let largest: UInt32 = 63
    /// Added to a request's number it is that of its reply.
    package static let reply: UInt32 = 0x100
}

/// Why a request was refused.
package enum Refusal: UInt32, Sendable {
    /// It was wrong, or what it asked for failed.
    case failed = 0
    /// The budget of environment steps, or of adaptation episodes, is spent.
    case budgetSpent = 1
    /// The training is to stop here; it is not an error.
    case stop = 2
}

/// The head of every message: four little-endian unsigned 32-bit integers.
package struct MessageHeader: Sendable, Equatable {
    /// Bytes that follow the head.
    package var size: UInt32
    package var kind: UInt32
    /// An environment or a policy.
    package var handle: UInt32
    /// What it means depends on the kind.
    package var argument: UInt32

    package static let bytes = 16

    /// Whether it is the reply to a request of this kind.
    func isReply(to kind: MessageKind) -> Bool { self.kind == kind.rawValue + MessageKind.reply }
}

/// The other side broke the protocol, or is gone.
package enum ChannelError: Error, CustomStringConvertible, Equatable {
    case ended
    case silent(seconds: Int)
    case failed(String)
    /// A message that can't be meant: which one, what was expected, what came.
    case wrongMessage(String)
    /// The other side refused a request.
    case refused(Refusal, String)

    /// Whether nothing came in time.
    var isSilence: Bool { if case .silent = self { true } else { false } }

    package var description: String {
        switch self {
        case .ended: "the channel was closed"
        case .silent(let seconds): "no message for \(seconds) seconds"
        case .failed(let reason): "the channel failed: \(reason)"
        case .wrongMessage(let reason): reason
        case .refused(_, let reason): reason
        }
    }
}
