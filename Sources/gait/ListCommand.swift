import ArgumentParser
import Core
import Environments
import Launching
import Runs

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists task families, agents and experiments.")

    enum Kind: String, CaseIterable {
        case families, agents, experiments
    }

    @Argument(help: "families, agents or experiments (default: all).", transform: { try Choice.one($0, kind: "kind") as Kind })
    var kind: Kind?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let kinds = kind.map { [$0] } ?? Kind.allCases
        let registry = Registry.withoutAssets
        for (index, kind) in kinds.enumerated() {
            if !output.json, kinds.count > 1 { print("\(index > 0 ? "\n" : "")\(kind.rawValue)") }
            let entries = switch kind {
            case .families: try registry.allFamilies().map(Entry.init)
            case .agents: registry.agents.map { Entry(kind: "agent", name: $0.name, summary: $0.summary) }
            case .experiments:
                try Experiment.all(assets: AssetsFolder.find(), registry: registry).map(Entry.init)
            }
            if output.json {
                entries.forEach(Console.json)
            } else {
                Console.table(entries.map { [(kinds.count > 1 ? "  " : "") + $0.name] + $0.sizes + [$0.summary] })
            }
        }
    }

    /// One line of the list.
    private struct Entry: Encodable {
        var kind: String
        var name: String
        var summary: String
        var observation: Int?
        var action: Int?
        var trainTasks: Int?
        var testTasks: Int?
        var agents: [String]?
        var families: [String]?

        init(kind: String, name: String, summary: String) {
            self.kind = kind
            self.name = name
            self.summary = summary
        }

        init(_ family: any TaskFamily) throws {
            self.init(kind: "family", name: family.name, summary: family.summary)
            observation = family.description.observation.columns
            action = family.description.action.columns
            trainTasks = try family.tasks(.train, seed: RunRequest.standardTaskSeed).count
            testTasks = try family.tasks(.test, seed: RunRequest.standardTaskSeed).count
        }

        init(_ experiment: Experiment) {
            self.init(kind: "experiment", name: experiment.name, summary: experiment.title)
            agents = experiment.agents
            families = experiment.families
        }

        var sizes: [String] {
            if let observation, let action, let trainTasks, let testTasks {
                return ["observation \(observation)", "action \(action)", "\(trainTasks) train tasks", "\(testTasks) test tasks"]
            }
            if let agents, let families {
                return [agents.joined(separator: ", ") + " on \(families.count) famil\(families.count == 1 ? "y" : "ies")"]
            }
            return []
        }
    }
}
