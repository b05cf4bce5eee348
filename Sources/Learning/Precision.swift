import CKernels
import Core
import Foundation

/// What the operands of large matrix products are rounded to. Sums, small products, parameters, moments and losses are float32 always.
///
/// A product is large where its rows, columns and inner size are all at least 32: narrow heads, and networks with few inputs, are computed
/// in float32. Results do not depend on the number of threads; those in bfloat16 depend on the processor in the last bits.
public enum Precision: String, Sendable, Codable, CaseIterable {
    case float32
    /// 8 bits of exponent and 8 of precision. Products are nearly twice as fast as in float32 with AVX512-BF16 on AMD's processors, and four times with
    /// AMX on Intel's.
    case bfloat16

    var kernel: gk_precision {
        switch self {
        case .float32: GK_FLOAT32
        case .bfloat16: GK_BFLOAT16
        }
    }

    /// Whether products can be computed so: always in float32; in bfloat16 where the processor has AVX512-BF16, or where it is emulated.
    public var isAvailable: Bool {
        switch self {
        case .float32: true
        case .bfloat16: Self.bfloat16Unit != nil
        }
    }

    /// What multiplies in bfloat16. Each sums in an order of its own. Raw values are for the reader.
    public enum Unit: String, Sendable {
        case amx = "AMX"
        case avx512 = "AVX512-BF16"
        /// Operands are rounded first and multiplied in float32, which is slower than float32 alone.
        case emulated = "float32, emulated"
    }

    /// What multiplies in bfloat16 on this machine; nil where nothing does. The environment variable GAIT_BFLOAT16 chooses: with `emulate` it is
    /// emulated, with `off` the processor counts as one without bfloat16, with `avx512` as one without AMX.
    public static var bfloat16Unit: Unit? {
        switch gk_bfloat16_support() {
        case GK_BFLOAT16_AMX: .amx
        case GK_BFLOAT16_NATIVE: .avx512
        case GK_BFLOAT16_EMULATED: .emulated
        default: nil
        }
    }

    /// Why products in bfloat16 are slower than those in float32 with `unit` on a processor of this name; nil where they are not, and where they are
    /// emulated, which nobody gets without asking.
    public static func caution(_ unit: Unit?, processor: String) -> String? {
        guard unit == .avx512, processor.contains("Intel") else { return nil }
        return "without AMX, products in bfloat16 are slower than in float32 on Intel's processors (0.6 times as fast on one with Emerald Rapids)"
    }

    private static let variable = "GAIT_BFLOAT16"
    /// What that environment variable asks for; nil where it is not set.
    package static var wish: String? { ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 } }

    /// Why products can't be computed so on this machine; nil where they can.
    public var obstacle: String? {
        guard self == .bfloat16 else { return nil }
        if let wish = Self.wish, !["emulate", "avx512", "off"].contains(wish) {
            return "the environment variable \(Self.variable) is '\(wish)'; it can be 'emulate', 'avx512' (instead of AMX) or 'off'"
        }
        if isAvailable { return nil }
        let reason = Self.wish == "off" ? "which the environment variable \(Self.variable) says not to use" : "which this machine doesn't have"
        return "'\(rawValue)' needs a processor with AVX512-BF16 (AMD Zen 4 and newer, Intel Xeon from Sapphire Rapids on), \(reason). "
            + "A new run can use float32; \(Self.variable)=emulate gives the same roundings, slowly"
    }

    /// Throws `SettingError` for the key `precision` where products can't be computed so on this machine.
    public func requireAvailable() throws {
        if let obstacle { throw SettingError("precision", obstacle) }
    }
}

/// How many large products (`Precision`) a thread has computed in either precision.
package struct LargeProducts: Equatable {
    package var float32: Int
    package var bfloat16: Int

    package init(float32: Int, bfloat16: Int) {
        self.float32 = float32
        self.bfloat16 = bfloat16
    }

    /// Since the calling thread began.
    package static var ofThisThread: LargeProducts {
        let counters = gk_large_products()
        return LargeProducts(float32: Int(counters.float32), bfloat16: Int(counters.bfloat16))
    }
}
