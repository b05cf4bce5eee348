import Core
import Formats
import Foundation

/// A report's folder, which knows what was written into it: `files.csv` has a line a file, with the checksum of its bytes. Only a
/// file that is listed there and is as it was written is ever removed.
struct ReportFolder {
    static let listName = "files.csv"
    private static let columns = ["file", "checksum"]

    let url: URL

    /// Writes `files`, text by name, each of them whole or not at all, then removes what an earlier report wrote and this one doesn't
    /// have. A name may begin with folders, which are made where they are missing; what has a name that ends in .gz is compressed. Returns
    /// the paths written, `report.md` first. Throws `FileError`, what `Gzip` throws, and `GaitError.input` for a name that leads out of the
    /// folder, as an edited report may have it.
    func write(_ files: [String: String]) throws -> [URL] {
        if let outside = files.keys.sorted().first(where: { !ReportFolder.isInside($0) }) {
            throw GaitError.input("\(url.path): a file '\(outside)' would not lie in the report's folder; the name of a table, figure or part is damaged")
        }
        let earlier = list()
        var checksums: [String: String] = [:]
        for (name, text) in files.sorted(by: { $0.key < $1.key }) {
            let path = url.appendingPathComponent(name)
            let bytes = name.hasSuffix(".gz") ? try Gzip.compressed(text) : Data(text.utf8)
            try makeFolder(path.deletingLastPathComponent().path)
            try bytes.withUnsafeBytes { try writeAtomically($0, to: path.path) }
            checksums[name] = ReportFolder.checksum(bytes)
        }
        for (name, checksum) in earlier.sorted(by: { $0.key < $1.key }) where files[name] == nil && ReportFolder.isInside(name) {
            try remove(name, checksum)
        }
        try write(list: checksums)
        return (["report.md"] + files.keys.filter { $0 != "report.md" }.sorted()).map(url.appendingPathComponent)
    }

    /// Checksums by name; empty where there is no list that can be read, so that nothing is removed.
    private func list() -> [String: String] {
        let path = url.appendingPathComponent(ReportFolder.listName)
        guard let text = try? String(contentsOf: path, encoding: .utf8), let csv = try? CSV(text, file: path.path),
            let rows = try? CSV.Reader(csv, file: path.path, required: ReportFolder.columns)
        else { return [:] }
        return Dictionary((0..<rows.count).map { (rows.string($0, "file"), rows.string($0, "checksum")) }, uniquingKeysWith: { $1 })
    }

    /// Adds files that another program wrote beside the others to the list, so that the next report removes them.
    func list(further names: [String]) throws {
        var checksums = list()
        for name in names { checksums[name] = ReportFolder.checksum(try readFile(url.appendingPathComponent(name).path)) }
        try write(list: checksums)
    }

    private func write(list checksums: [String: String]) throws {
        let rows = checksums.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
        try writeAtomically(CSV(header: ReportFolder.columns, rows: rows).text, to: url.appendingPathComponent(ReportFolder.listName).path)
    }

    /// The file, if it is as it was written, and the folder that it leaves empty.
    private func remove(_ name: String, _ checksum: String) throws {
        let path = url.appendingPathComponent(name)
        guard let data = FileManager.default.contents(atPath: path.path), ReportFolder.checksum(data) == checksum else { return }
        if unlink(path.path) != 0 { throw FileError(.writing, path.path) }
        let above = path.deletingLastPathComponent()
        if above.standardizedFileURL != url.standardizedFileURL { rmdir(above.path) }
    }

    /// False for names that lead out of the folder.
    private static func isInside(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return !parts.contains { $0.isEmpty || $0 == "." || $0 == ".." }
    }

    /// Core's stable hash (FNV-1a, 64 bits) in hexadecimal digits.
    private static func checksum(_ bytes: some Sequence<UInt8>) -> String {
        let digits = String(stableHash(bytes), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
