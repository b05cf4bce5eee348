import Environments
import Foundation
import Runs

extension RunRecord {
    /// Runs of one family. Where every seed has tasks of its own and these have other names in each seed (the length of a cliff, say), they are
    /// named by their numbers, `task-00` and so on, so that seeds can be averaged; else the runs as they are.
    static func withCommonTaskNames(_ runs: [RunRecord]) -> [RunRecord] {
        guard runs.allSatisfy(\.hasTasksPerSeed), Set(runs.map(\.commonTasks)).count > 1 else { return runs }
        return runs.map { run in
            var run = run
            run.numberTasks()
            return run
        }
    }

    /// Numbers go on from training to test tasks, in the order of `tasks`.
    private mutating func numberTasks() {
        var names: [TaskSet: [String: String]] = [:], count = 0
        let lines = tasks.split(separator: "\n").map { line -> String in
            guard let colon = line.range(of: ": "), let set = TaskSet(rawValue: String(line[..<colon.lowerBound])) else { return String(line) }
            let entries = line[colon.upperBound...].components(separatedBy: "; ").map { entry -> String in
                guard let brace = entry.range(of: " {") else { return entry }
                let number = "\(count)", name = "task-" + (count < 10 ? "0" : "") + number
                names[set, default: [:]][String(entry[..<brace.lowerBound])] = name
                count += 1
                return name + entry[brace.lowerBound...]
            }
            return "\(set.rawValue): " + entries.joined(separator: "; ")
        }
        tasks = lines.joined(separator: "\n")
        evaluations = evaluations.map { row in
            var row = row
            row.task = names[row.taskSet]?[row.task] ?? row.task
            return row
        }
    }
}
