/// The Castagnoli checksum (RFC 3720, appendix B.4), eight bytes at a time by tables.
public struct CRC32C: Sendable {
    private var register: UInt32 = 0xFFFF_FFFF
    public var value: UInt32 { ~register }

    public init() {}

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var crc = register
        var index = 0
        Self.tables.withUnsafeBufferPointer { t in
            while index + 8 <= bytes.count {
                let low = bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self).littleEndian ^ crc
                let high = bytes.loadUnaligned(fromByteOffset: index + 4, as: UInt32.self).littleEndian
                crc = t[7 * 256 + Int(low & 255)] ^ t[6 * 256 + Int(low >> 8 & 255)] ^ t[5 * 256 + Int(low >> 16 & 255)]
                    ^ t[4 * 256 + Int(low >> 24)] ^ t[3 * 256 + Int(high & 255)] ^ t[2 * 256 + Int(high >> 8 & 255)]
                    ^ t[256 + Int(high >> 16 & 255)] ^ t[Int(high >> 24)]
                index += 8
            }
            while index < bytes.count {
                crc = t[Int((crc ^ UInt32(bytes[index])) & 255)] ^ (crc >> 8)
                index += 1
            }
        }
        register = crc
    }

    public static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc = CRC32C()
        bytes.withUnsafeBytes { crc.update($0) }
        return crc.value
    }

    /// Table k gives the remainder of a byte followed by k zero bytes.
    private static let tables: [UInt32] = {
        var t = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
            t[byte] = crc
        }
        for k in 1..<8 {
            for byte in 0..<256 { t[k * 256 + byte] = t[Int(t[(k - 1) * 256 + byte] & 255)] ^ (t[(k - 1) * 256 + byte] >> 8) }
        }
        return t
    }()
}
