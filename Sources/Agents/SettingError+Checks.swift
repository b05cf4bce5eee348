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

    public static func checkPositive(_ settings: [(String, Float)]) throws {
        for (key, value) in settings where !(value > 0 && value.isFinite) {
            throw SettingError(key, "a positive number expected, found \(value)")
        }
    }

    public static func checkNotNegative(_ settings: [(String, Float)]) throws {
        for (key, value) in settings where !(value >= 0 && value.isFinite) {
            throw SettingError(key, "a number of at least 0 expected, found \(value)")
        }
    }

    public static func checkFinite(_ settings: [(String, Float)]) throws {
        for (key, value) in settings where !value.isFinite {
            throw SettingError(key, "a finite number expected, found \(value)")
        }
    }

    /// gamma in [0, 1).
    public static func checkDiscount(_ discount: Float) throws {
        guard (0..<1).contains(discount) else { throw SettingError("discount", "a number in [0, 1) expected, found \(discount)") }
    }

    /// A rate in (0, 1].
    public static func checkRates(_ settings: [(String, Float)]) throws {
        for (key, value) in settings where !(value > 0 && value <= 1) {
            throw SettingError(key, "a number in (0, 1] expected, found \(value)")
        }
    }
}
