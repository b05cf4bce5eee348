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

    @Option(choice: "Set of tasks", default: "both")
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
        let rows = Self.rows(result.records)
        Console.table(rows, right: Set((rows[0].count - 4)..<rows[0].count))
    }

    /// A line for each task, policy, phase and result: mean, lowest and highest.
    private static func rows(_ records: [MetricRecord]) -> [[String]] {
        var order: [[String]] = [], groups: [[String]: [Double]] = [:]
        let results = records.filter { !Metric.named($0.metric).isBookkeeping }
        let several = Set(results.map(\.metric)).count > 1
        for record in results {
            let policy = record.phase == .evaluation ? record.policy
                : record.policy == PolicyName.meta ? "adapting" : record.policy + ", adapting"
            let key = [record.taskSet.rawValue, record.task, policy] + (several ? [record.metric] : [])
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(record.value)
        }
        let head = ["tasks", "task", "policy"] + (several ? ["metric", "mean"] : ["mean return"])
        return [head + ["lowest", "highest", "episodes"]] + order.map { key in
            let values = groups[key] ?? []
            let numbers = [values.reduce(0, +) / Double(values.count), values.min() ?? .nan, values.max() ?? .nan]
            return key + numbers.map(Console.number) + ["\(values.count)"]
        }
    }
}
