/// One line of `gait verify`: a file or case, the largest error found, and what is tolerated.
public struct VerificationResult: Sendable {
    public var name: String
    /// Largest error over everything compared, in the unit of `tolerance` (relative where the reference says so).
    public var largestError: Double
    public var tolerance: Double
    /// Where the largest error is, or why the case could not be run.
    public var detail: String
    public var passed: Bool { largestError <= tolerance }  // false for NaN

    public init(name: String, largestError: Double, tolerance: Double, detail: String) {
        self.name = name
        self.largestError = largestError
        self.tolerance = tolerance
        self.detail = detail
    }
}
