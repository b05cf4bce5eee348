import Formats
import Foundation
import Reports
import TestEnvironments
import Testing

/// What a report writes besides its page: tables for programs and for papers, and the list of its files.
@Suite struct TableFileTests {
    @Test func everyTableIsCSVAndLaTeX() {
        let report = Report(SyntheticRuns.example)
        for table in report.document.tables {
            #expect(report.files["tables/\(table.name).csv"] != nil && report.files["tables/\(table.name).tex"] != nil)
        }
        #expect(Set(report.document.tables.map(\.name)).count == report.document.tables.count)
    }

    @Test func filesForProgramsHaveNumbersAndNothingElse() throws {
        let report = Report(FinalRuns.runs("one", meta: [100, 110.5, 121], personal: [1, 2, 3]))
        let csv = try CSV(#require(report.files["tables/comparison.csv"]), file: "comparison.csv")
        #expect(csv.header == ["agent", "policy", "adaptation episodes", "half-cheetah-dir", "half-cheetah-dir sd"])
        #expect(csv.rows == [["one", "personalized policies", "0", "2", "1"], ["one", "meta-policy", "1", "110.5", "10.5"]])
        // Numbers with words: the texts of cells that have no number are in a column of their own.
        var table = Table(name: "mixed", title: "", columns: [.init("what"), .init("ours", numeric: true)], notes: "")
        table.rows = [["a", .spread([1, 2])], ["b", "−16 ± 1, −25 ± 2"], ["c", "–"]]
        #expect(table.csv.header == ["what", "ours", "ours sd", "ours text"])
        #expect(table.csv.rows.map(\.last) == ["", "−16 ± 1, −25 ± 2", ""] && table.csv.rows.map { $0[1] } == ["1.5", "", ""])
        let pairs = try CSV(#require(Report(SyntheticRuns.example).files["tables/pairs.csv"]), file: "pairs.csv")
        #expect(pairs.rows.allSatisfy { Int($0[1]) != nil }, "\(pairs.rows)")
        let final = try CSV(#require(report.files["tables/final-returns.csv"]), file: "final-returns.csv")
        #expect(final.header.contains("final return sd") && final.header.contains("interquartile mean low"))
        for (name, text) in Report(SyntheticRuns.example).files where name.hasSuffix(".csv") && name.hasPrefix("tables/") {
            let read = try CSV(text, file: name)
            #expect(!read.rows.isEmpty && !text.contains("±") && !text.contains("−"))
            for (column, title) in read.header.enumerated() where title.hasSuffix(" sd") || title.hasSuffix(" low") || title.hasSuffix(" high") {
                for row in read.rows { #expect(row[column].isEmpty || Double(row[column]) != nil) }
            }
        }
    }

    @Test func latexEscapesWhatWouldNotCompile() throws {
        var runs = FinalRuns.runs("a_b&c%d#e$f{g}h~i^j\\k<l>m|n\"o", on: "[family] −±", meta: [100, 110, 120])
        runs += FinalRuns.runs("two", on: "[family] −±", meta: [-1, -2, -3])
        let text = try #require(Report(runs).files["tables/comparison.tex"])
        #expect(text.contains(
            "a\\_b\\&c\\%d\\#e\\$f\\{g\\}h\\textasciitilde{}i\\textasciicircum{}j\\textbackslash{}k$<$l$>$m$|$n''o & meta-policy & "
                + "\\textbf{110 $\\pm$ 10} \\\\\n"))
        #expect(text.contains("{}[family] $-$$\\pm$") && text.contains("$-$2.00 $\\pm$ 1.00"))
        #expect(text.contains("\\toprule") && text.contains("\\bottomrule") && text.contains("\\label{tab:comparison}"))
        #expect(text.allSatisfy { $0.isASCII })
        #expect(text.components(separatedBy: "\\begin{").count == text.components(separatedBy: "\\end{").count)
    }

    @Test func longTablesBreakOverPages() throws {
        let tasks = Dictionary(uniqueKeysWithValues: (0..<60).map { ("t\($0)", Double($0)) })
        let text = try #require(Report([FinalRuns.run("one", seed: 0, .init(meta: tasks))]).files["tables/tasks.tex"])
        #expect(text.contains("\\begin{longtable}") && text.contains("\\endfirsthead") && !text.contains("\\begin{table}"))
    }

    @Test func aBarInANameDoesNotEndItsCell() throws {
        let text = try #require(Report(FinalRuns.runs("a|b", meta: [1])).files["report.md"])
        #expect(text.contains("| a\\|b | meta-policy | 1.00 |"))
    }

    /// Few seeds, no evaluation, mixed signs, zeros: nothing that is not a number may be shown as one.
    @Test func noTableEverShowsWhatIsNotANumber() {
        var odd: [[RunRecord]] = [FinalRuns.runs("one", meta: [0, 0, 0], personal: [0, 0, 0]), FinalRuns.runs("one", meta: [5])]
        odd.append(FinalRuns.runs("one", meta: [1e12, -1e12], personal: [1, -1]))
        odd.append([FinalRuns.run("one", seed: 0, .init())])
        odd.append(FinalRuns.runs("pmeta-rl", meta: [0, 0, 0], personal: [-3, 0, 3]) + FinalRuns.runs("pearl", meta: [0, 0, 0]))
        odd.append(FinalRuns.runs(String(repeating: "long-name-", count: 40), meta: [1, 2, 3]))
        odd.append([])
        for runs in odd {
            for (name, text) in Report(runs).files where name.hasPrefix("tables/") || name == "report.md" {
                let words = text.lowercased().split { !$0.isLetter }
                #expect(!words.contains("nan") && !words.contains("inf"), "\(name)")
            }
        }
    }

    @Test func onlyWhatAnEarlierReportWroteIsRemoved() throws {
        let folder = try TemporaryFolder(), files = FileManager.default
        func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }
        try Report(SyntheticRuns.example).write(to: folder.url)
        for name in ["curves-mine.svg", "tables/mine.csv", "notes.txt"] { try "mine".write(toFile: path(name), atomically: true, encoding: .utf8) }
        try "edited".write(toFile: path("tables/unseen-tasks.tex"), atomically: true, encoding: .utf8)
        #expect(files.fileExists(atPath: path("tables/pairs.csv")) && files.fileExists(atPath: path("tables/unseen-tasks.csv")))

        try Report(FinalRuns.runs("one", meta: [1, 2, 3])).write(to: folder.url)
        for gone in ["tables/pairs.csv", "tables/pairs.tex", "tables/unseen-tasks.csv", "curves-half-cheetah-vel.svg"] {
            #expect(!files.fileExists(atPath: path(gone)), "\(gone)")
        }
        for kept in ["curves-mine.svg", "tables/mine.csv", "notes.txt", "tables/unseen-tasks.tex", "tables/comparison.csv"] {
            #expect(files.fileExists(atPath: path(kept)), "\(kept)")
        }
    }

    @Test func aListThatLeadsOutOfTheFolderRemovesNothing() throws {
        let outer = try TemporaryFolder(), inner = outer.url.appendingPathComponent("report")
        try Report(FinalRuns.runs("one", meta: [1])).write(to: inner)
        let victim = outer.url.appendingPathComponent("victim.csv")
        try #require(Report(FinalRuns.runs("one", meta: [1])).files["runs.csv"]).write(to: victim, atomically: true, encoding: .utf8)
        let list = inner.appendingPathComponent("files.csv")
        let text = try String(contentsOf: list, encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("runs.csv,") })
        for way in ["../victim.csv", victim.path, "tables/../../victim.csv"] {
            try (text + line.replacingOccurrences(of: "runs.csv", with: way) + "\n").write(to: list, atomically: true, encoding: .utf8)
            try Report(FinalRuns.runs("one", meta: [1])).write(to: inner)
            #expect(FileManager.default.fileExists(atPath: victim.path), "\(way)")
        }
        try "not a list".write(to: list, atomically: true, encoding: .utf8)
        try Report(FinalRuns.runs("one", meta: [1])).write(to: inner)
        #expect(try String(contentsOf: list, encoding: .utf8) == text)
    }
}
