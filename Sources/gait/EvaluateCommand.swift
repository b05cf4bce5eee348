import ArgumentParser
import Core
import Environments
import Foundation
import Runs

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Plays evaluation episodes with a run's newest checkpoint and prints the returns.")

    @Argument(help: ArgumentHelp("Run directory.", valueName: "dir"))
    var directory: String

    @Option(help: "Set of tasks: train or test (default: both).", transform: { try Choice.one($0, kind: "task set") as TaskSet })
    var tasks: TaskSet?

    @Option(parsing: .unconditional, help: "Episodes for each task. Default: as in the run's own evaluations.")
    var episodes: Int?

    @OptionGroup var threading: ThreadsOption

    @OptionGroup var output: OutputOptions

    func run() throws {
        let context = try Workplace().context { event in
            if case .warning(let message) = event { Console.note("gait: warning: \(message)") }
        }
        let result = try Run.evaluate(
            RunDirectory(directory), sets: tasks.map { [$0] }, episodes: episodes, threads: threading.threads, context: context)
        guard let result else { throw ExitCode(128 + (context.interruption.requested ?? SIGINT)) }
        if output.json { return result.records.forEach(Console.json) }
        Console.note("agent after \(result.step) environment steps")
        Console.table(Self.rows(result.records), right: [3, 4, 5, 6])
    }

    /// A line for each task, policy and phase: mean, lowest and highest return.
    private static func rows(_ records: [EvaluationRecord]) -> [[String]] {
        var order: [String] = [], groups: [String: [EvaluationRecord]] = [:]
        for record in records {
            let phase = record.phase == .adaptation ? "adapting" : record.policy.rawValue
            let key = "\(record.taskSet.rawValue)\t\(record.task)\t\(phase)"
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(record)
        }
        return [["tasks", "task", "policy", "mean return", "lowest", "highest", "episodes"]] + order.map { key in
            let returns = (groups[key] ?? []).map(\.episodeReturn)
            let numbers = [returns.reduce(0, +) / Double(returns.count), returns.min() ?? .nan, returns.max() ?? .nan]
            return key.split(separator: "\t").map(String.init) + numbers.map(Console.number) + ["\(returns.count)"]
        }
    }
}
