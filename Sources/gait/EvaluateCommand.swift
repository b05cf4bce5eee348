import ArgumentParser
import Core
import Environments
import Foundation
import Runs

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Plays evaluation episodes with a run's newest checkpoint and prints the returns.",
        discussion: """
            Tasks of your own: `--task velocity=2.2`, can be repeated, or `--task-file FILE`, a YAML file with a line like `fast: {velocity: 2.2}` for \
            each. `gait tasks FAMILY` shows the parameters. Such tasks count as unseen: policies that belong to a training task don't play them.
            """)

    @Argument(help: ArgumentHelp("Run directory.", valueName: "dir"), transform: nonEmptyPath)
    var directory: String

    @Option(choice: "Set of tasks", default: "both")
    var tasks: TaskSet?

    @Option(
        parsing: .unconditionalSingleValue, help: ArgumentHelp("Evaluate on a task with these parameters. Can be repeated.", valueName: "key=number"),
        transform: OwnTasks.task)
    var task: [TaskDescription] = []

    @Option(help: ArgumentHelp("Evaluate on the tasks of a YAML file.", valueName: "file"), transform: nonEmptyPath)
    var taskFile: String?

    @Option(parsing: .unconditional, help: "Episodes for each task. Default: as in the run's own evaluations.")
    var episodes: Int?

    @Option(parsing: .unconditional, help: "Episodes that a policy may adapt for before each of them. Default: likewise.")
    var adaptationEpisodes: Int?

    @OptionGroup var threading: ThreadsOption

    @OptionGroup var output: OutputOptions

    func run() throws {
        let context = try Workplace().context { event in
            if case .warning(let message) = event { Console.note("gait: warning: \(message)") }
        }
        let own = try task + (taskFile.map { try OwnTasks.tasks(contentsOf: $0) } ?? [])
        if !own.isEmpty, let tasks { throw GaitError.usage("--tasks \(tasks.rawValue): these are the run's tasks; leave it out, or --task and --task-file") }
        if let twice = Dictionary(grouping: own, by: \.name).first(where: { $0.value.count > 1 })?.key {
            throw GaitError.usage("--task: '\(twice)' appears twice")
        }
        let result = try Run.evaluate(
            RunDirectory(directory), sets: tasks.map { [$0] }, own: own, episodes: episodes, adaptationEpisodes: adaptationEpisodes,
            threads: threading.threads, context: context)
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
