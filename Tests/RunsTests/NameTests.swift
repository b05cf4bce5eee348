import Core
import Launching
import Runs
import TestEnvironments
import Testing

/// Names that runs can't have, and options that name nothing.
@Suite struct NameTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func experiment(_ name: String = "demo", agents: String = "[tabular]", families: String = "[line]") throws -> Experiment {
        try demoExperiment(in: folder, name: name, agents: agents, families: families)
    }

    private static let folderReason = "a name with ASCII letters or digits expected, because a folder is called after it, found "
    private static let dashReason = "a name that does not begin with '-' expected, found "

    /// Each would begin a command with an option of that name, or have no folder of its own.
    @Test(arguments: [
        ("[tabular, {agent: tabular, name: -KL}]", "[line]", "line 3: key 'agents.1': \(dashReason)'-KL'; the key 'name' gives another"),
        ("[tabular]", "[{family: line, name: --fast}]", "line 4: key 'families.0': \(dashReason)'--fast'"),
        ("[tabular, ./-KL.py]", "[line]", "line 3: key 'agents.1': \(dashReason)'-KL'"),
        ("[tabular, ./日本.py]", "[line]", "line 3: key 'agents.1': \(folderReason)'日本'; the key 'name' gives another"),
        ("[tabular]", "[../日本.x]", "line 4: key 'families.0': \(folderReason)'日本'"),
        ("[{agent: tabular, name: 日本}]", "[line]", "line 3: key 'agents.0': \(folderReason)'日本'"),
    ])
    func namesThatRunsCantHaveAreRefused(agents: String, families: String, message: String) {
        let found = problem { try experiment(agents: agents, families: families) }
        #expect(found.exitCode == 65 && found.text.contains("demo.yaml, \(message)"), "\(found.text)")
    }

    @Test func anExperimentsNameDoesNotBeginWithADash() {
        let found = problem { try experiment("-demo") }
        #expect(found.exitCode == 65 && found.text.contains("demo.yaml, line 1: key 'name': \(Self.dashReason)'-demo'"), "\(found.text)")
    }

    /// No name at all stands for all of them, which nobody means who gives the option.
    @Test(arguments: ["", " ", ",", "tabular,", ",line"]) func anOptionWithoutANameDoesNotStandForAll(text: String) throws {
        var sweep = try Sweep(experiment: experiment(), preset: .quick, folder: folder.path)
        sweep.only = ([text], [])
        let agents = problem { try sweep.asks(for: "tabular", on: "line") }
        #expect(agents.exitCode == 64 && agents.text.contains("--agents: unknown agent ''"), "\(agents.text)")
        sweep.only = ([], [text])
        let families = problem { try sweep.asks(for: "tabular", on: "line") }
        #expect(families.exitCode == 64 && families.text.contains("--families: unknown family '"), "\(families.text)")
    }
}
