import ArgumentParser
import Core
import Environments
import Runs

struct TasksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks", abstract: "Prints the parameters of a family's training and test tasks.")

    @Argument(help: "Name of a family; see `gait list families`.")
    var family: String

    @Option(parsing: .unconditional, help: "Seed that the tasks are drawn with.")
    var taskSeed: UInt64 = RunRequest.standardTaskSeed

    @Option(name: .customLong("set"), help: ArgumentHelp("Change a setting of the family. Can be repeated.", valueName: "family.key=value"))
    var settings: [String] = []

    @OptionGroup var output: OutputOptions

    func run() throws {
        let registry = Registry.withoutAssets
        let entry = try registry.familyEntry(named: family)
        let (others, own) = SettingOverride.split(try settings.map(SettingOverride.init(option:)))
        if let other = others.first {
            throw ConfigurationError(
                origin: other.origin, key: other.key,
                reason: "a setting of the family expected, for example --set family.\(other.key)=\(other.value.inline)")
        }
        let family = try entry.make(settings: entry.settings(overrides: own), assets: registry.assets)
        for set in TaskSet.allCases {
            for task in try family.tasks(set, seed: taskSeed) {
                if output.json {
                    Console.json(Line(family: family.name, set: set, name: task.name, parameters: task.parameters))
                } else {
                    print("\(set.rawValue)  \(task.name)")
                    for (key, values) in task.parameters.sorted(by: { $0.key < $1.key }) {
                        print("    \(key): \(values.map(Console.number).joined(separator: " "))")
                    }
                }
            }
        }
    }

    private struct Line: Encodable {
        var family: String
        var set: TaskSet
        var name: String
        var parameters: [String: [Double]]
    }
}
