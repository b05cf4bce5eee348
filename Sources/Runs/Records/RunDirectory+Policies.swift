import Formats
import Foundation

extension RunDirectory {
    private static let policyColumns = ["policy", "title"]

    /// Writes policies.csv where an agent has policies that other agents don't have. Throws `FileError`.
    func write(titles: [(name: String, title: String)]) throws {
        let own = titles.filter { !PolicyName.isShared($0.name) && $0.name != $0.title }
        guard !own.isEmpty else { return }
        try writeAtomically(CSV(header: Self.policyColumns, rows: own.map { [$0.name, $0.title] }).text, to: policiesFile)
    }

    /// Titles of the agent's own policies by name; empty where it has none. Throws `TableError` or `FileError`.
    package func policyTitles() throws -> [String: String] {
        guard FileManager.default.fileExists(atPath: policiesFile) else { return [:] }
        let table = try CSV.Reader(CSV(contentsOf: policiesFile, ignoringTornEnd: true), file: policiesFile, required: Self.policyColumns)
        return Dictionary(
            (0..<table.count).map { (table.string($0, "policy"), table.string($0, "title")) }, uniquingKeysWith: { first, _ in first })
    }
}
