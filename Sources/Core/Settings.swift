/// Settings of an agent or a family: a flat Codable struct of camelCase keys, every property with a default and a doc comment.
/// Configuration files and `--set key=value` address its properties by name.
public protocol ValidatedSettings: Codable, Sendable, Equatable {
    /// Throws `SettingError` naming the key, its value and what would be right.
    func validate() throws
}

/// A setting that can't be right.
public struct SettingError: Error, CustomStringConvertible, ExitCodeProviding, Equatable {
    /// The setting's name, camelCase.
    public var key: String
    /// What it is and what would be right.
    public var reason: String
    public init(_ key: String, _ reason: String) {
        self.key = key
        self.reason = reason
    }
    public var description: String { "setting '\(key)': \(reason)" }
    public var exitCode: Int32 { 64 }
}

/// The checks that most settings need; each throws `SettingError` naming the first key that fails.
extension SettingError {
    /// Layer sizes of networks.
    public static func checkLayers(_ settings: [(String, [Int])]) throws {
        for (key, sizes) in settings where sizes.isEmpty || !sizes.allSatisfy({ (1...4096).contains($0) }) {
            throw SettingError(key, "one or more layer sizes in 1...4096 expected, found \(sizes)")
        }
    }

    /// Whole numbers. The default range keeps sums and products of several of them far from overflow.
    public static func checkCounts(_ settings: [(String, Int)], in range: ClosedRange<Int> = 1...1_000_000_000) throws {
        for (key, value) in settings where !range.contains(value) {
            throw SettingError(key, "a whole number in \(range.lowerBound)...\(range.upperBound) expected, found \(value)")
        }
    }

    /// Finite numbers above 0.
    public static func checkPositive<Number: BinaryFloatingPoint>(_ settings: [(String, Number)]) throws {
        for (key, value) in settings where !(value > 0 && value.isFinite) {
            throw SettingError(key, "a positive number expected, found \(value)")
        }
    }

    /// Finite numbers of at least 0.
    public static func checkNotNegative<Number: BinaryFloatingPoint>(_ settings: [(String, Number)]) throws {
        for (key, value) in settings where !(value >= 0 && value.isFinite) {
            throw SettingError(key, "a number of at least 0 expected, found \(value)")
        }
    }

    /// Learning rates of a pull of this weight, p <- p - rate * weight * (p - center): beyond 1 it goes past its center.
    public static func checkPull(_ rates: [(String, Float)], weight: Float) throws {
        for (key, rate) in rates where rate * weight > 1 {
            throw SettingError(key, "\(key) * proximalWeight must be at most 1, otherwise the pull overshoots; found \(rate * weight)")
        }
    }

    /// Numbers that are neither infinite nor NaN.
    public static func checkFinite<Number: BinaryFloatingPoint>(_ settings: [(String, Number)]) throws {
        for (key, value) in settings where !value.isFinite {
            throw SettingError(key, "a finite number expected, found \(value)")
        }
    }

    /// Numbers of a range, both ends included.
    public static func checkNumbers<Number: BinaryFloatingPoint>(_ settings: [(String, Number)], in range: ClosedRange<Number>) throws {
        for (key, value) in settings where !range.contains(value) {
            throw SettingError(key, "a number in \(short(range.lowerBound))...\(short(range.upperBound)) expected, found \(value)")
        }
    }

    /// A number without the `.0` of a whole one.
    private static func short<Number: BinaryFloatingPoint>(_ number: Number) -> String {
        let text = "\(number)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// Numbers between 0 and 1, both excluded.
    public static func checkFractions<Number: BinaryFloatingPoint>(_ settings: [(String, Number)]) throws {
        for (key, value) in settings where !(value > 0 && value < 1) {
            throw SettingError(key, "a number between 0 and 1 expected, found \(value)")
        }
    }

    /// gamma in [0, 1).
    public static func checkDiscount<Number: BinaryFloatingPoint>(_ discount: Number) throws {
        guard (0..<1).contains(discount) else { throw SettingError("discount", "a number in [0, 1) expected, found \(discount)") }
    }

    /// Rates in (0, 1].
    public static func checkRates<Number: BinaryFloatingPoint>(_ settings: [(String, Number)]) throws {
        for (key, value) in settings where !(value > 0 && value <= 1) {
            throw SettingError(key, "a number in (0, 1] expected, found \(value)")
        }
    }

    /// Ranges, each given as the list [low, high] of two finite numbers with low <= high, within `bounds`.
    public static func checkRanges(_ settings: [(String, [Double])], in bounds: ClosedRange<Double>) throws {
        for (key, range) in settings {
            guard range.count == 2, range[0] <= range[1], bounds.contains(range[0]), bounds.contains(range[1]) else {
                throw SettingError(
                    key,
                    "a range [low, high] with \(short(bounds.lowerBound)) <= low <= high <= \(short(bounds.upperBound)) expected, found \(range)")
            }
        }
    }

    /// How many tasks a family draws: the settings `trainTasks`, at least one, and `testTasks`.
    public static func checkTasks(train: Int, test: Int) throws {
        try checkCounts([("trainTasks", train)], in: 1...10_000)
        try checkCounts([("testTasks", test)], in: 0...10_000)
    }
}
