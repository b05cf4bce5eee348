import Foundation
import TestEnvironments
import gait
import Testing

/// The project's pages: their links lead to files, and their command lines are valid.
@Suite struct DocumentationTests {
    /// All pages, by their paths in the project; generated reports are left out.
    private static let pages: [String] = {
        let folders = ["assets", "baselines", "Sources", "Tests"]
        let nested = folders.flatMap { folder in
            (FileManager.default.enumerator(atPath: packageFolder.appendingPathComponent(folder).path)?.compactMap { $0 as? String } ?? [])
                .map { "\(folder)/\($0)" }
        }
        return (["README.md", "reports/README.md"] + nested.filter { $0.hasSuffix(".md") }).sorted()
    }()

    private func text(_ page: String) throws -> String {
        try String(contentsOf: packageFolder.appendingPathComponent(page), encoding: .utf8)
    }

    @Test func theREADMECanBeReadInFiveMinutes() throws {
        #expect(try text("README.md").split(whereSeparator: \.isWhitespace).count < 1500)
    }

    @Test(arguments: pages) func linksLeadToFiles(page: String) throws {
        let folder = packageFolder.appendingPathComponent(page).deletingLastPathComponent()
        for match in try text(page).matches(of: #/\]\(([^)]+)\)/#) {
            let target = String(match.1.prefix { $0 != "#" })
            if target.hasPrefix("http") || target.isEmpty { continue }
            #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent(target).path), "\(target)")
        }
    }

    /// The words of a page's command lines that the program can check.
    private func commandLines(_ page: String) throws -> [[String]] {
        let lines = try text(page).split(separator: "\n").filter { $0.hasPrefix("    ./gait") || $0.hasPrefix("       ./gait") }
            .map { String($0.split(separator: "#")[0]) }
        let quoted = try text(page).matches(of: #/`(\.\/gait [^`]*)`/#).map { String($0.1) }
        var found: [[String]] = []
        for line in lines + quoted {
            let words = line.split(whereSeparator: \.isWhitespace).dropFirst().map(String.init)
            if words.first == "test" || words.contains(where: { $0 == "COMMAND" || $0.hasSuffix("...") }) { continue }
            if words.count == 1 { continue }  // names a command only
            found.append(words)
        }
        return found
    }

    /// Every command line is one that the program accepts, as far as it can tell without running it.
    @Test(arguments: pages) func commandLinesAreValid(page: String) throws {
        for words in try commandLines(page) {
            #expect(throws: Never.self, "\(words.joined(separator: " "))") { try parseCommandLine(words) }
        }
    }

    /// Pages written in another way would leave nothing to check.
    @Test func manyCommandLinesAreChecked() throws {
        var count = 0
        for page in Self.pages { count += try commandLines(page).count }
        #expect(count > 100)
    }
}
