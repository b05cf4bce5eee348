import Core

/// How often a run is evaluated: at multiples of a part of its budget, at the end of every round, or never.
///
/// In files and options it is a number, 0 for never, or the word `round`.
public enum EvaluationInterval: Sendable, Equatable {
    case never
    /// In the unit of the run's budget.
    case every(Int)
    case round

    /// 0 is never.
    public init(_ number: Int) { self = number == 0 ? .never : .every(number) }

    /// From the text of an option; nil if it is neither a number nor the word.
    public init?(_ text: String) {
        if text == "round" { self = .round } else if let number = Int(text) { self.init(number) } else { return nil }
    }

    /// The number, 0 where it is never; nil for every round.
    public var number: Int? {
        switch self {
        case .never: 0
        case .every(let number): number
        case .round: nil
        }
    }
}

extension EvaluationInterval: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int) { self.init(value) }
}

extension EvaluationInterval: CustomStringConvertible {
    public var description: String { number.map { "\($0)" } ?? "round" }
}

extension EvaluationInterval: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
            self.init(number)
        } else {
            let text = (try? container.decode(String.self)) ?? "something else"
            guard text == "round" else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "an integer or the word 'round' expected, found '\(text)'")
            }
            self = .round
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let number { try container.encode(number) } else { try container.encode("round") }
    }
}
