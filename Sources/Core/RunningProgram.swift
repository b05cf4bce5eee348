import Foundation

/// Where the running program is, and what starts it again.
public enum RunningProgram {
    /// Its file, links followed. Nil where /proc is not mounted.
    public static let file: String? = {
        guard let executed = linkTarget("/proc/self/exe") else { return nil }
        return isLoader(executed) ? mappedFile(at: ownText.utf8Start) : executed
    }()

    /// Text that the compiler puts into the program's file.
    private static let ownText: StaticString = "gait"

    /// What starts this program again, for child processes and job scripts: its file, or in a bundle the script `gait` above it, which
    /// knows how to load the libraries there.
    public static let starter: String? = {
        guard isBundled, let file, let folder = bundleFolder(of: file) else { return file }
        return folder + "/gait"
    }()

    /// It was started by a loader that was called with its name, as a bundle's script does.
    public static let isBundled: Bool = linkTarget("/proc/self/exe").map(isLoader) ?? false

    /// The commit that it was built from, as the wrapper script `gait` wrote it down: `110a049c1234`, or `110a049c1234 + 3f2a1c9b` where files were
    /// changed since, with the first digits of a hash of the changes. Nil where something else built it, or Git did not know.
    public static let commit: String? = file.flatMap { commit(of: $0) }

    /// That of the program in a file. A record that is older than the file is of an earlier build.
    package static func commit(of file: String) -> String? {
        var program = stat(), record = stat()
        guard stat(file, &program) == 0, stat(commitFile(of: file), &record) == 0 else { return nil }
        let built = (program.st_mtim.tv_sec, program.st_mtim.tv_nsec), written = (record.st_mtim.tv_sec, record.st_mtim.tv_nsec)
        guard built <= written, let text = try? String(contentsOfFile: commitFile(of: file), encoding: .utf8) else { return nil }
        let line = text.prefix { $0 != "\n" }
        return line.isEmpty ? nil : String(line)
    }

    /// Where the wrapper script writes it.
    package static func commitFile(of file: String) -> String { file + "-commit" }

    /// `folder/bin/gait` is the program of the bundle in `folder`.
    private static func bundleFolder(of file: String) -> String? {
        let parts = file.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count > 2 ? parts.dropLast(2).joined(separator: "/") : nil
    }

    /// `ld-linux-x86-64.so.2`, `ld-2.31.so`.
    private static func isLoader(_ path: String) -> Bool {
        let name = (path as NSString).lastPathComponent
        return name.hasPrefix("ld-") && name.contains(".so")
    }

    private static func linkTarget(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(path, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }

    /// The file that this process has mapped at an address.
    private static func mappedFile(at address: UnsafeRawPointer) -> String? {
        mappings().first { $0.addresses.contains(UInt(bitPattern: address)) }?.file
    }

    /// A library that this process has loaded, by a part of its file's name.
    public static func library(containing name: String) -> String? {
        mappings().first { ($0.file as NSString).lastPathComponent.contains(name) }?.file
    }

    /// The files mapped into this process. A line of /proc/self/maps: `7f00-7f20 r-xp 00000000 fe:00 1234    /usr/lib/a b.so`.
    private static func mappings() -> [(addresses: Range<UInt>, file: String)] {
        text(of: "/proc/self/maps").split(separator: "\n").compactMap { line in
            let columns = line.split(separator: " ", maxSplits: 5)
            guard columns.count == 6 else { return nil }
            let path = columns[5].drop { $0 == " " }
            let ends = columns[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard path.hasPrefix("/"), ends.count == 2, ends[0] < ends[1] else { return nil }
            return (ends[0]..<ends[1], String(path))
        }
    }

    /// A file of /proc: it has no size, and comes in parts. Empty where it can't be read.
    private static func text(of path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = [], part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file, &part, part.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += part[..<count]
        }
    }
}
