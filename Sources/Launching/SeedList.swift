import Core

/// Seeds of an experiment's runs, in the order in which they are run: `10-14`, `3`, `0-2,7`.
///
/// On the command line a number is a seed: `3` is seed 3. In an experiment's YAML a whole number is a count, as it always was: 3 is seeds 0
/// to 2, while `3-3` and `[3]` are seed 3 and `10-14` is five seeds.
public struct SeedList: Sendable, Equatable {
    public var seeds: [UInt64]

    /// More than anybody runs; a mistyped range is an error rather than a plan of a million runs.
    static let most = 10_000

    public init(_ seeds: [UInt64]) { self.seeds = seeds }
    /// Seeds 0 to `count` - 1.
    public init(count: Int) { seeds = (0..<max(0, count)).map(UInt64.init) }

    /// `0,1,2` of `0 1 2`.
    private static func withCommas(_ text: String) -> String {
        text.split { $0.isWhitespace || $0 == "," }.joined(separator: ",").replacing(",-", with: "-").replacing("-,", with: "-")
    }

    /// Reads `10-14`, `3`, or several of them with commas between. Throws `GaitError.usage` saying what was expected.
    public init(_ text: String) throws {
        func number(_ part: some StringProtocol) throws -> UInt64 {
            let words = String(part).split(whereSeparator: \.isWhitespace)
            guard let digits = words.first, words.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } }), let value = UInt64(digits) else {
                throw GaitError.usage("seeds such as 3, 10-14 or 0-2,7 expected, found '\(text)'")
            }
            guard words.count == 1 else {
                throw GaitError.usage("seeds with commas between them expected, such as '\(Self.withCommas(text))', found '\(text)'")
            }
            return value
        }
        seeds = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = try part.split(separator: "-", omittingEmptySubsequences: false).map { try number($0) }
            guard let first = ends.first, let last = ends.last, ends.count <= 2 else { _ = try number(part); continue }
            guard first <= last else { throw GaitError.usage("seeds \(part): the first must not be larger than the last") }
            guard last - first < Self.most, seeds.count + Int(last - first) < Self.most else {
                throw GaitError.usage("at most \(Self.most) seeds expected, found '\(text)'")
            }
            for offset in 0...(last - first) {
                let seed = first + offset
                if seeds.contains(seed) { throw GaitError.usage("seed \(seed) is named twice in '\(text)'") }
                seeds.append(seed)
            }
        }
    }

    /// The shortest text for them, which reads back to the same: `0-2,7`.
    public var text: String {
        var parts: [(first: UInt64, last: UInt64)] = []
        for seed in seeds {
            if let last = parts.last, last.last != .max, seed == last.last + 1 {
                parts[parts.count - 1].last = seed
            } else {
                parts.append((seed, seed))
            }
        }
        return parts.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }.joined(separator: ",")
    }

    /// `seed 3`, `seeds 0-2,7`
    public var title: String { "\(seeds.count == 1 ? "seed" : "seeds") \(text)" }
}

extension SeedList: Codable {
    /// A whole number is a count; a range, or a list of seeds and ranges, names them.
    public init(from decoder: any Decoder) throws {
        func problem(_ reason: String) -> DecodingError {
            .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: reason))
        }
        var parts: [String] = []
        if var list = try? decoder.unkeyedContainer() {
            while !list.isAtEnd { parts.append(try list.decode(String.self)) }
            if parts.isEmpty { throw problem("at least one seed expected") }
        } else {
            let text = try decoder.singleValueContainer().decode(String.self)
            if let count = Int(text) {
                guard count >= 1 else { throw problem("at least 1 expected, found \(count)") }
                guard count <= Self.most else { throw problem("at most \(Self.most) expected, found \(count)") }
                self.init(count: count)
                return
            }
            parts = [text]
        }
        do { try self.init(parts.joined(separator: ",")) } catch { throw problem("a count of seeds, or \(error)") }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if self == SeedList(count: seeds.count) {
            try container.encode(seeds.count)
        } else {
            try container.encode(seeds.count == 1 ? "\(text)-\(text)" : text)
        }
    }
}
