/// One line of `gait verify`: a file or case, the largest error found, and what is tolerated.
public struct VerificationResult: Sendable {
    public var name: String
    /// Largest error over everything compared, in the unit of `tolerance` (relative where the reference says so).
    public var largestError: Double
    /// Half of the numbers of each kind (positions, rewards) have an error of at most this.
    public var medianError: Double
    public var tolerance: Double
    /// Where the largest error is, or why the case could not be run.
    public var detail: String
    /// The version of MuJoCo that the reference was recorded with, where it is another than this program's.
    public var recordedWith: String?
    /// The largest median error with which a reference of another version of MuJoCo only differs. Between 2.2.2 and 4.0.0 single steps have up to
    /// 1.1e-5. Contacts that begin 1 cm too early have up to 3e-2 there, damping that is wrong by 1 % has 3e-4.
    public var medianTolerance: Double

    public init(
        name: String, largestError: Double, medianError: Double? = nil, tolerance: Double, detail: String, recordedWith: String? = nil,
        medianTolerance: Double = 1e-4
    ) {
        self.name = name
        self.largestError = largestError
        self.medianError = medianError ?? largestError
        self.tolerance = tolerance
        self.detail = detail
        self.recordedWith = recordedWith
        self.medianTolerance = medianTolerance
    }

    public enum Verdict: String, Sendable, Encodable {
        case agrees
        /// Another version of MuJoCo gave other numbers. That is no error, as long as they can be compared at all and half of each kind are
        /// close: a wrong task, unit or constant changes more than that.
        case differs
        case fails
    }

    public var verdict: Verdict {
        if largestError <= tolerance { return .agrees }  // false for NaN
        return recordedWith != nil && largestError.isFinite && medianError <= medianTolerance ? .differs : .fails
    }

    public var passed: Bool { verdict != .fails }
}
