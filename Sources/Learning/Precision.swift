import CKernels
import Core

/// What the operands of large matrix products are rounded to. Sums, small products, parameters, moments and losses are float32 always.
///
/// A product is large where its rows, columns and inner size are all at least 32: narrow heads, and networks with few inputs, are computed
/// in float32. Results do not depend on the number of threads; those in bfloat16 depend on the processor in the last bits.
public enum Precision: String, Sendable, Codable, CaseIterable {
    case float32
    /// 8 bits of exponent and 8 of precision: on processors with AVX512-BF16 nearly twice as fast as float32.
    case bfloat16

    var kernel: gk_precision {
        switch self {
        case .float32: GK_FLOAT32
        case .bfloat16: GK_BFLOAT16
        }
    }

    /// Whether products can be computed so: always in float32; in bfloat16 where the processor has AVX512-BF16, or where the environment
    /// variable GAIT_BFLOAT16 is `emulate`: operands are then rounded first and multiplied in float32, which is slower than float32 alone.
    public var isAvailable: Bool {
        switch self {
        case .float32: true
        case .bfloat16: gk_bfloat16_support() != GK_BFLOAT16_NONE
        }
    }

    /// Throws `SettingError` for the key `precision` where products can't be computed so on this machine.
    public func requireAvailable() throws {
        guard !isAvailable else { return }
        throw SettingError(
            "precision", "'\(rawValue)' needs a processor with AVX512-BF16 (AMD Zen 4, Intel Cooper Lake or Sapphire Rapids, and newer), "
                + "which this machine doesn't have; use float32, or set GAIT_BFLOAT16=emulate to get the same roundings, slowly")
    }
}
