import Foundation
import Runs

/// The runs, their settings and tasks, and the commands that reproduce them.
extension HTMLPage {
    /// Titles and what comes below them.
    func made(_ comparison: Comparison) -> [(title: String, body: String)] {
        let agents = Set(comparison.groups.map(\.agent)).sorted(by: Comparison.precedes)
        return [
            ("Settings", agents.map { settings($0, comparison) }.joined(separator: "\n")), ("Runs", Table.runs(comparison).html(below: "Runs")),
            ("Tasks", comparison.families.map { tasks($0, comparison) }.joined(separator: "\n")), ("Commands", commands(comparison)),
            ("Files", links),
        ].filter { !$0.1.isEmpty }
    }

    /// An agent's settings: those that its families share once, the others in a table with a column a family.
    private func settings(_ agent: String, _ comparison: Comparison) -> String {
        let groups = comparison.groups.filter { $0.agent == agent && !$0.runs.isEmpty }
        let values = groups.map { group -> [String: String] in
            guard let run = group.runs.first else { return [:] }
            return run.settings.merging([CurveAxis([run]).title: Format.count(run.totalSteps), "preset": run.preset]) { own, _ in own }
        }
        let keys = Set(values.flatMap(\.keys)).sorted()
        let shared = keys.filter { key in Set(values.map { $0[key] }).count == 1 }
        let differing = keys.filter { !shared.contains($0) }
        let names = groups.map { $0.family + $0.label.dropFirst(agent.count) }

        var table = Table(
            name: "", title: names.count > 1 ? "Settings that differ between families" : "",
            columns: [.init("setting")] + names.map { .init($0) }, notes: "")
        table.rows = differing.map { key in [Table.Cell(key)] + values.map { Table.Cell($0[key] ?? "–") } }
        let items = shared.map { "<div><dt>\(HTML.escaped($0))</dt><dd>\(HTML.escaped(values.first?[$0] ?? ""))</dd></div>\n" }
        let place = names.count == 1 ? "On \(names[0])" : "The same on \(names.joined(separator: ", "))"
        let count = differing.isEmpty ? "\(keys.count) settings" : "\(keys.count) settings, \(differing.count) differ between families"
        return """
            <details>
            <summary><strong>\(HTML.escaped(agent))</strong> on \(HTML.escaped(names.joined(separator: ", "))): \(count)</summary>
            \(differing.isEmpty ? "" : table.html() + "\n")<p class="label">\(HTML.escaped(place)):</p>
            <dl>
            \(items.joined())</dl>
            </details>
            """
    }

    /// A family's tasks and their parameters, for each set of tasks that was used.
    private func tasks(_ family: String, _ comparison: Comparison) -> String {
        let runs = comparison.runs.filter { $0.family == family }
        let texts = Dictionary(grouping: runs, by: \.tasks).filter { !$0.key.isEmpty }.sorted { $0.key < $1.key }
        return texts.map { text, runs in
            let agents = texts.count > 1 ? " met by " + Set(runs.map(\.agent)).sorted().joined(separator: ", ") : ""
            let body = Table.tasks(text).map { $0.html() } ?? "<pre>\(HTML.escaped(text))</pre>"
            return "<details>\n<summary><strong>\(HTML.escaped(family))</strong>\(HTML.escaped(agents))</summary>\n\(body)\n</details>"
        }.joined(separator: "\n")
    }

    private var data: String {
        let names = (["runs.csv"] + RunRecord.evaluationsFiles + ["claims.yaml", RunPlan.fileName]).filter(files.contains)
        return Format.list(names.map { "<code>\($0)</code>" })
    }

    /// The commands that began the runs, and the one that makes the report.
    private func commands(_ comparison: Comparison) -> String {
        let known = Dictionary(grouping: comparison.runs.filter { !$0.command.isEmpty }, by: \.command).sorted { $0.key < $1.key }
        let unknown = comparison.runs.filter(\.command.isEmpty).count
        var parts: [String] = []
        for (command, runs) in known {
            let what = runs.count == 1 ? runs[0].title : "\(runs.count) runs"
            parts.append("<p class=\"label\">\(HTML.escaped(what)):</p>\n<pre><code>\(HTML.escaped(command))</code></pre>")
        }
        if known.count > 6 { parts = ["<details>\n<summary>\(known.count) commands made the runs</summary>"] + parts + ["</details>"] }
        if unknown > 0 { parts.append("<p>\(unknown == 1 ? "One run" : "\(unknown) runs") without a record of the command.</p>") }
        parts.append("""
            <p>This report is made of \(data) alone. With their folder as FOLDER, the same \
            again, to the byte with the same version of Gait; a committed report may lack the measured values because of their size:</p>
            <pre><code>gait report FOLDER</code></pre>
            """)
        return parts.joined(separator: "\n")
    }

    /// The raw data first; then the others, those that differ in their kind only on one line.
    var links: String {
        let first = [
            ("runs.csv", "raw data, one line for each run"), ("evaluations.csv", "raw data, one line for each measured value"),
            ("evaluations.csv.gz", "raw data, one line for each measured value, compressed"),
            ("claims.yaml", "titles and metrics of the experiments, and what the paper claims"),
            (RunPlan.fileName, "the runs that the experiment has, also those that are missing"),
            ("report.md", "this report as Markdown"),
        ].filter { files.contains($0.0) }
        let others = Dictionary(grouping: files.filter { file in !first.contains { $0.0 == file } }) { file in
            file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
        }
        return HTML.list(first.map { HTML.link($0) + ": " + $1 } + others.sorted { $0.key < $1.key }.map { stem, files in
            files.count == 1 ? HTML.link(files[0]) : HTML.escaped(stem) + ": " + files.sorted().map { file in
                HTML.link(file, String(file.dropFirst(stem.count + 1)))
            }.joined(separator: ", ")
        })
    }
}

extension Table {
    /// One row for each run. What is equal for all runs is below the title instead.
    static func runs(_ comparison: Comparison) -> Table {
        let runs = comparison.runs
        let machines = runs.map { [$0.machine, $0.software].filter { !$0.isEmpty }.joined(separator: ", ") }
        let optional: [(title: String, values: [String])] = [
            ("experiment", runs.map(\.experiment)), ("preset", runs.map(\.preset)), ("machine and versions", machines),
        ].filter { $0.1.contains { !$0.isEmpty } }
        let unstable = runs.contains { $0.unstableEpisodes > 0 }
        let same = optional.filter { Set($0.values).count == 1 }, other = optional.filter { Set($0.values).count > 1 }

        var table = Table(
            name: "runs", title: "Runs",
            columns: [
                Column("family"), Column("agent"), Column("seed", numeric: true), Column("state"), Column("steps", numeric: true),
                Column("wall time", numeric: true), Column("steps/s", numeric: true), Column("updates", numeric: true),
            ] + (unstable ? [Column("unstable episodes", numeric: true)] : []) + other.map { Column($0.title) },
            notes: same.isEmpty ? "" : "All of them: " + same.map { "\($0.title) \($0.values.first ?? "")" }.joined(separator: "; ") + ".")
        var index = 0
        for group in comparison.groups {
            for run in group.runs {
                let rest = run.budgetUnit == "steps" ? " of \(Format.count(run.totalSteps))" : " (\(run.extent))"
                let steps = Format.count(run.steps) + (run.spent == run.totalSteps ? "" : rest)
                let rate = run.stepsPerSecond ?? .nan
                let cells = [
                    run.family, group.label, "\(run.seed)", run.state.rawValue, steps,
                    run.wallSeconds > 0 ? Format.duration(run.wallSeconds) : "–",
                    Format.number(rate, decimals: Format.decimals(for: rate)), Format.count(run.updates),
                ] + (unstable ? ["\(run.unstableEpisodes)"] : []) + other.map { $0.values[index].isEmpty ? "–" : $0.values[index] }
                table.rows.append(cells.map { Cell($0) })
                index += 1
            }
        }
        return table
    }

    /// A row a task of `text`, which is `RunRecord.tasks`; nil where it is written otherwise.
    static func tasks(_ text: String) -> Table? {
        var table = Table(name: "", title: "", columns: [Column("set"), Column("task"), Column("numbers")], notes: "")
        var sets: [(names: [String], tasks: String)] = []
        for line in text.split(separator: "\n") {
            guard let colon = line.range(of: ": ") else {
                if line.hasSuffix(":") { continue }  // a set without tasks
                return nil
            }
            let name = String(line[..<colon.lowerBound]), tasks = String(line[colon.upperBound...])
            if let same = sets.firstIndex(where: { $0.tasks == tasks }) { sets[same].names.append(name) } else { sets.append(([name], tasks)) }
        }
        for set in sets where !set.tasks.isEmpty {
            for task in set.tasks.components(separatedBy: "}; ") {
                guard let brace = task.range(of: " {") else { return nil }
                let numbers = task[brace.upperBound...]
                table.rows.append([
                    Cell(set.names.joined(separator: " and ")), Cell(String(task[..<brace.lowerBound])),
                    Cell(String(numbers.hasSuffix("}") ? numbers.dropLast() : numbers)),
                ])
            }
        }
        return table.rows.isEmpty ? nil : table
    }
}
