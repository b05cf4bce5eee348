import CKernels

/// The library behind matrix products.
public enum BLAS {
    /// Finds and starts OpenBLAS with the kernels that fit this processor. Programs call it once at the start, so that a machine
    /// without the library gives an error message. Later calls cost nothing.
    public static func open() throws {
        var message = [CChar](repeating: 0, count: 512)
        if gk_blas_open(&message, message.count) != 0 {
            throw BLASError(description: String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        }
    }
    /// The kernels in use, "Haswell" or "SkylakeX"; empty before `open`.
    public static var coreName: String { String(cString: gk_blas_core_name()) }
    /// Whether products run in Gait's own kernels instead (on Zen 4, unless OPENBLAS_CORETYPE is set).
    public static var usesOwnProducts: Bool { gk_uses_own_products() != 0 }
    /// What computes matrix products, for a run's records: the same name means the same bits. `OpenBLAS 0.3.21 Haswell`,
    /// `Gait's own for Zen 4, OpenBLAS 0.3.21 Haswell`. Call `open` first.
    public static var name: String {
        let words = configuration.split(separator: " "), version = words.first == "OpenBLAS" && words.count > 1 ? "\(words[1]) " : ""
        return (usesOwnProducts ? "Gait's own for Zen 4, " : "") + "OpenBLAS \(version)\(coreName)"
    }
    /// The library's version and configuration; empty before `open`.
    public static var configuration: String { String(cString: gk_blas_config()) }
}

public struct BLASError: Error, CustomStringConvertible {
    public var description: String
}

/// Buffers of the calling thread: a training loop in its steady state has no misses.
public struct BufferPool: Sendable {
    /// Requests served from freed buffers, and those that went to the system.
    public var hits: Int
    public var misses: Int
    /// In freed buffers now.
    public var heldBytes: Int

    public static var ofThisThread: BufferPool {
        let counters = gk_pool_read_counters()
        return BufferPool(hits: Int(counters.hits), misses: Int(counters.misses), heldBytes: Int(counters.held_bytes))
    }
    /// Gives this thread's freed buffers back to the system.
    public static func empty() { gk_pool_empty() }
}
