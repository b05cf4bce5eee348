import ArgumentParser
import Core
import Environments
import Launching
import Runs
import Studies

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists task families, agents, experiments and suites.")

    enum Kind: String, Choosable {
        case families, agents, experiments, suites
        static let kind = "kind"
    }

    @Argument(choice: "What to list", default: "everything")
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
                try readable(Experiment.names(assets:)) { try Experiment.named($0, assets: $1, registry: registry) }.map(Entry.init)
            case .suites:
                try readable(Suite.names(assets:)) {
                    try Suite.named($0, assets: $1, registry: registry, studies: Studies.all.map { $0.name })
                }.map(Entry.init)
            }
            if output.json {
                entries.forEach(Console.json)
            } else {
                Console.table(entries.map { [(kinds.count > 1 ? "  " : "") + $0.name] + $0.sizes + [$0.summary] })
            }
        }
    }

    /// Experiments or suites of the assets folder. One on families of another build (MuJoCo's, where the program was built without it) is left
    /// out with a note.
    private func readable<Item>(_ names: (String) -> [String], _ read: (_ name: String, _ assets: String) throws -> Item) throws -> [Item] {
        let assets = try AssetsFolder.find()
        return try names(assets).compactMap { name in
            do {
                return try read(name, assets)
            } catch let error as ConfigurationError where error.key == "families" {
                Console.note("note: \(error)")
                return nil
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
        var parts: [String]?

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
            agents = experiment.agents.map(\.name)
            families = experiment.families.map(\.name)
        }

        init(_ suite: Suite) {
            self.init(kind: "suite", name: suite.name, summary: suite.title)
            parts = suite.parts.map(\.name)
        }

        var sizes: [String] {
            if let parts { return ["\(parts.count) parts"] }
            if let observation, let action, let trainTasks, let testTasks {
                return ["observation \(observation)", "action \(action)", "\(trainTasks) train tasks", "\(testTasks) test tasks"]
            }
            if let agents, let families {
                return ["\(agents.count) agent\(agents.count == 1 ? "" : "s")", "\(families.count) famil\(families.count == 1 ? "y" : "ies")"]
            }
            return []
        }
    }
}
