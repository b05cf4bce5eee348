import Core
import Formats
import Foundation

/// Files of the shared libraries that programs and libraries need, found by the system's `ldd`.
enum SharedLibraries {
    /// The file of a library by the name that programs load it by, `libEGL.so.1`: in `LD_LIBRARY_PATH`, or where the system's list of
    /// libraries says. Nil where this system has none.
    static func file(named name: String) throws -> String? {
        let folders = (ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? "").split(separator: ":")
        for folder in folders where access("\(folder)/\(name)", R_OK) == 0 { return "\(folder)/\(name)" }
        guard access("/sbin/ldconfig", X_OK) == 0 else { return nil }
        // `	libEGL.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libEGL.so.1`
        let lines: [String] = try outputOf(["/sbin/ldconfig", "-p"]).split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        return lines.first { $0.hasPrefix(name + " (") && $0.contains("x86-64") }?.components(separatedBy: " => ").last
    }

    /// All libraries that a program or library needs, the C library and the loader included: file by the name that they are loaded by.
    /// Throws `GaitError.failure` naming what is missing.
    static func needed(by file: String) throws -> [String: String] {
        guard let ldd = findProgram("ldd") else { throw MissingProgram("ldd", package: "libc-bin", to: "find a program's libraries") }
        var libraries: [String: String] = [:]
        for line in try outputOf([ldd, file]).split(separator: "\n") {
            // `libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007fd3)`, `/lib64/ld-linux-x86-64.so.2 (0x00007fd4)`, `linux-vdso.so.1 (0x...)`
            let text = line.trimmingCharacters(in: .whitespaces)
            let name = text.components(separatedBy: " => ")[0].components(separatedBy: " (")[0]
            let target = (text.components(separatedBy: " => ").last ?? "").components(separatedBy: " (0x")[0]
            if target == "not found" { throw GaitError.failure("\(file) needs \(name), which this system does not have") }
            if target.hasPrefix("/") { libraries[(name as NSString).lastPathComponent] = target }
        }
        return libraries
    }

    /// The highest N in the names of symbol versions `PREFIX` + N, such as `GLIBC_2.36`, that a library's file contains; 0 for none. Cost: one
    /// pass over the file.
    static func newestVersion(_ prefix: String, in file: String) throws -> Int {
        let data = try readFile(file), pattern = Array(prefix.utf8)
        var newest = 0
        data.withUnsafeBytes { bytes in
            guard var rest = bytes.baseAddress, let first = pattern.first else { return }
            let end = rest + bytes.count
            while let found = memchr(rest, Int32(first), end - rest).map({ UnsafeRawPointer($0) }), end - found > pattern.count {
                rest = found + 1
                guard memcmp(found, pattern, pattern.count) == 0 else { continue }
                let after = UnsafeRawBufferPointer(start: found + pattern.count, count: min(4, end - found - pattern.count))
                newest = max(newest, Int(String(decoding: after.prefix { (48...57).contains($0) }, as: UTF8.self)) ?? 0)
            }
        }
        return newest
    }

    /// The text that a program writes. Throws `GaitError.failure` with its messages where its exit status is not 0 and it may not fail.
    static func outputOf(_ command: [String], mayFail: Bool = false) throws -> String {
        let (status, text) = try programOutput(command)
        guard mayFail || status == 0 else {
            let lines = text.split(separator: "\n").suffix(3).joined(separator: "; ")
            throw GaitError.failure("\((command[0] as NSString).lastPathComponent) failed: \(lines)")
        }
        return text
    }
}
