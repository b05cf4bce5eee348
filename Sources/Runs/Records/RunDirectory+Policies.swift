import Agents
import Formats
import Foundation

extension RunDirectory {
    private static let policyColumns = ["policy", "title"]

    /// Writes policies.csv where the title of a policy says more than its name. It then has the other titles, too, because
    /// that of `meta-k2` would otherwise be made from that of `meta`. Throws `FileError`.
    package func write(titles: [(name: String, title: String)]) throws {
        let own = titles.filter { $0.name != $0.title && ($0.name, $0.title) != (AgentPolicy.personalName, AgentPolicy.personalTitle) }
        guard own.contains(where: { PolicyName.title($0.name, declared: [$0.name: $0.title]) != PolicyName.title($0.name) }) else { return }
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
