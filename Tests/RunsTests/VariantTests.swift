import Core
import Formats
import Foundation
import Launching
import Runs
import TestEnvironments
import Testing

/// Experiments with several variants of an agent or a family.
@Suite(.serialized) struct VariantTests {
    private let folder: TemporaryFolder
    private let budgets: Budgets

    init() throws {
        folder = try TemporaryFolder()
        budgets = try Budgets(contentsOf: folder.write(
            "quick: {default: {steps: 600, evaluateEvery: 300, checkpointEvery: 600, evaluationEpisodes: 1, adaptationEpisodes: 1}}",
            "budgets.yaml"))
    }

    private func experiment(_ more: String, agents: String = "[tabular]", families: String = "[line]") throws -> Experiment {
        try demoExperiment(in: folder, agents: agents, families: families, more: more)
    }

    private func sweep(_ experiment: Experiment, _ place: String = "runs") throws -> Sweep {
        try Sweep(experiment: experiment, preset: .quick, jobs: 1, folder: folder.path + "/" + place, executable: "gait")
    }

    private func plan(_ sweep: Sweep) throws -> [PlannedRun] { try sweep.plan(budgets: budgets, context: Recorder().context) }

    /// Does what a sweep's command does, in this process.
    private func train(_ run: PlannedRun) throws {
        var request = RunRequest(agent: run.agent.base, family: run.family.base, preset: .quick)
        request.seed = run.seed
        request.overrides = run.agent.settings
        request.familyOverrides = run.family.settings
        request.variant = run.agent.ownName
        request.familyVariant = run.family.ownName
        let context = Recorder().context
        _ = try Run.train(Run.configuration(request, budgets: budgets, context: context), in: run.directory, context: context)
    }

    @Test func variantsRunSideBySideUnderTheirNames() throws {
        let sweep = try sweep(experiment(
            "", agents: "[tabular, {agent: tabular, name: \"tabular, slow\", settings: {learningRate: 1e-1, note: 'a b'}}]",
            families: "[line, {family: line-goals, name: three goals, settings: {trainTasks: 3}}]"))
        let runs = try plan(sweep)
        #expect(runs.map(\.label) == [4, 5].flatMap { seed in
            ["line", "three-goals"].flatMap { family in ["tabular", "tabular,-slow"].map { "\(family)/\($0)/seed-\(seed)" } }
        })
        #expect(sweep.command(runs[3]) == [
            "gait", "train", "tabular", "line-goals", "--preset", "quick", "--seed", "4", "--set", "learningRate=1e-1", "--set", "note=\"a b\"",
            "--set", "family.trainTasks=3", "--variant", "tabular, slow", "--family-variant", "three goals",
            "--experiment", "demo", "--threads", "1", "--out",
            folder.path + "/runs/three-goals/tabular,-slow/seed-4",
        ])
        try train(runs[3])
        let made = try runs[3].directory.configuration()
        #expect(made.variant == "tabular, slow" && made.familyVariant == "three goals")
        #expect(made.settings["learningRate"]?.inline == "0.1" && made.settings["note"]?.inline == "a b")
        #expect(made.familySettings?["trainTasks"]?.inline == "3" && made.trainTasks.count == 3)
        #expect(try plan(sweep)[3].action == .skip)
        for word in sweep.command(runs[3]) where word.hasPrefix("note=") { #expect(try SettingOverride(option: word).value.inline == "a b") }
    }

    @Test func aGridMakesAVariantOfEveryCombination() throws {
        let made = try experiment(
            "grid: {tabular: {learningRate: [0.1, 0.2], hiddenSizes: [[4], [8, 8]]}}\n", agents: "[tabular, {agent: tabular, name: b}]")
        #expect(made.agents.map(\.name) == [
            "tabular learningRate=0.1 hiddenSizes=[4]", "tabular learningRate=0.1 hiddenSizes=[8, 8]",
            "tabular learningRate=0.2 hiddenSizes=[4]", "tabular learningRate=0.2 hiddenSizes=[8, 8]", "b",
        ])
        #expect(Set(made.agents.map(\.folder)).count == 5)
        #expect(made.agents[1].folder == "tabular-learningRate=0.1-hiddenSizes=-8,-8")
        let runs = try plan(sweep(made))
        #expect(runs.count == 10)
        let families = try experiment("grid: {line-goals: {trainTasks: [1, 4]}}\n", families: "[line, line-goals]")
        #expect(families.families.map(\.name) == ["line", "line-goals trainTasks=1", "line-goals trainTasks=4"])
    }

    @Test func anAgentMayPlayOnSomeFamiliesOnly() throws {
        let made = try experiment("", agents: "[tabular, {agent: tabular, name: b, families: [line-twins]}]", families: "[line, line-twins]")
        #expect(try plan(sweep(made)).filter { $0.seed == 4 }.map(\.label) == [
            "line/tabular/seed-4", "line-twins/tabular/seed-4", "line-twins/b/seed-4",
        ])
    }

    @Test func agentsFamiliesAndSeedsCanBeChosen() throws {
        var sweep = try sweep(experiment("", agents: "[tabular, {agent: tabular, name: b}]", families: "[line, line-twins]"))
        sweep.only = (["b"], ["line-twins"])
        #expect(try plan(sweep).map(\.label) == ["line-twins/b/seed-4", "line-twins/b/seed-5"])
        #expect(sweep.directories.count == 8)  // the report has all
        sweep.only = (["b,tabular"], ["line"])
        sweep.seeds = try SeedList("9")
        #expect(try plan(sweep).map(\.label) == ["line/tabular/seed-9", "line/b/seed-9"])
        sweep.only = (["tabuler"], [])
        let found = problem { try plan(sweep) }
        #expect(found.exitCode == 64 && found.text.contains("--agents: unknown agent 'tabuler'; did you mean 'tabular'?"), "\(found.text)")
        var rounds = try self.sweep(experiment(""))
        rounds.budget = [.rounds: 3]
        #expect(problem { try plan(rounds) }.text.contains("--rounds: no agent of this experiment counts its budget in rounds; give --steps"))
    }

    @Test func settingsCanBeChangedForAllAgentsAndFamiliesThatHaveThem() throws {
        func changed(_ options: [String], agents: String = "[tabular, averaging]", only: [String] = []) throws -> Sweep {
            var made = try sweep(experiment("", agents: agents, families: "[line, line-goals]"))
            made.only = (only, [])
            try made.set(options.map(SettingOverride.init(option:)), registry: testRegistry)
            return made
        }
        let made = try changed(["learningRate=0.1", "hiddenSizes=[4]", "family.trainTasks=3"]).experiment
        #expect(made.agents.map { $0.settings.map { "\($0.key)=\($0.value.inline)" } } == [["learningRate=0.1", "hiddenSizes=[4]"], ["learningRate=0.1"]])
        #expect(made.families.map { $0.settings.map(\.key) } == [[], ["trainTasks"]])
        #expect(made.agents.map(\.folder) == ["tabular", "averaging"])
        let wanted = try changed(["learningRate=0.1", "family.trainTasks=3"], agents: "[tabular]")
        let commands = try plan(wanted).map { wanted.trainCommand($0).joined(separator: " ") }
        #expect(commands.map { $0.contains("--set learningRate=0.1 ") } == [true, true, true, true])
        #expect(commands.map { $0.contains("--set learningRate=0.1 --set family.trainTasks=3 ") } == [false, true, false, true])

        #expect(problem { try changed(["learningrate=1"]) }.text.contains(
            "--set learningrate: unknown setting of this experiment's agents 'learningrate'; did you mean 'learningRate'?"))
        #expect(problem { try changed(["family.trainTask=1"]) }.text.contains("--set family.trainTask: unknown setting of this experiment's families"))
        // Only of agents that are asked for.
        let chosen = try changed(["learningRate=0.1"], only: ["averaging"])
        #expect(chosen.experiment.agents.map(\.settings.count) == [0, 1])
        #expect(try chosen.asks(for: "averaging", on: "line") && !chosen.asks(for: "tabular", on: "line"))
        #expect(problem { try changed(["hiddenSizes=[4]"], only: ["averaging"]) }.text.contains("--set hiddenSizes: unknown setting of averaging"))
        #expect(problem { try changed(["learningRate=1"], only: ["tabuler"]) }.text.contains("--agents: unknown agent 'tabuler'"))
        let own = problem { try changed(["learningRate=1"], agents: "[tabular, {agent: averaging, name: slow, settings: {learningRate: 0.2}}]") }
        #expect(own.exitCode == 64 && own.text.contains("--set learningRate: the experiment sets it itself, for 'slow'"), "\(own.text)")
    }

    @Test func finishedRunsOfAnEarlierFolderAreTakenOverWhereTheyAreTheSame() throws {
        let plain = try sweep(experiment(""), "earlier")
        let earlier = try plan(plain)
        try earlier.forEach(train)
        let variants = try experiment(
            "", agents: "[{agent: tabular, name: again}, {agent: tabular, name: other, settings: {note: x}}]")
        var sweep = try sweep(variants, "later")
        sweep.source = folder.path + "/earlier"
        let runs = try plan(sweep)
        #expect(runs.map(\.action) == [.copy(from: earlier[0].directory), .start, .copy(from: earlier[1].directory), .start])

        var events: [String] = []
        let copies = runs.filter { $0.agent.name == "again" }
        let outcome = sweep.run(copies, interruption: Interruption()) { if let line = $0.json { events.append(line) } }
        #expect(outcome.finished.count == 2 && outcome.exitCode == 0)
        #expect(events.count == 2 && events.allSatisfy { $0.contains("\"copied\"") })
        for (copy, source) in zip(copies, earlier) {
            for file in ["evaluations.csv", "progress.csv", "status.json"] {
                #expect(try bytes(copy.directory.path + "/" + file) == bytes(source.directory.path + "/" + file))
            }
            let configuration = try copy.directory.configuration()
            #expect(configuration.variant == "again" && configuration.seed == source.seed)
            #expect(copy.directory.status()?.state == .finished)
            #expect(try Run.open(copy.directory, context: Recorder().context).progress.steps == 600)
        }
        #expect(try plan(sweep).map(\.action) == [.skip, .start, .skip, .start])
        // A run trained longer later does not change what it was copied from.
        let row = try bytes(earlier[0].directory.evaluationsFile)
        try Data("x".utf8).append(to: copies[0].directory.evaluationsFile)
        #expect(try bytes(earlier[0].directory.evaluationsFile) == row)

        sweep.source = folder.path + "/nowhere"
        #expect(problem { try plan(sweep) }.text.contains("--from: there are no runs in"))
    }

    /// Whoever comes to its folder next, with `--from` or without, finds no run there, and none that is damaged.
    @Test func aCopyThatWasCutShortIsNoRun() throws {
        let earlier = try plan(sweep(experiment(""), "earlier"))
        try earlier.forEach(train)
        var sweep = try sweep(experiment(""), "later")
        sweep.source = folder.path + "/earlier"
        let run = try plan(sweep)[0], obstacle = run.directory.progressFile
        try FileManager.default.createDirectory(atPath: obstacle + "/x", withIntermediateDirectories: true)  // no file can be written there
        let outcome = sweep.run([run], interruption: Interruption()) { _ in }
        #expect(outcome.failed.count == 1 && !run.directory.hasRun && run.directory.checkpoints.list().isEmpty)
        #expect(FileManager.default.fileExists(atPath: run.directory.checkpoints.folder))
        try FileManager.default.removeItem(atPath: obstacle)
        try train(run)
        #expect(run.directory.status()?.state == .finished && !run.directory.checkpoints.list().isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: run.directory.checkpoints.folder).allSatisfy { $0.hasPrefix("step-") })
    }

    @Test func aFinishedRunIsNotCopiedOverOneThatAnotherProcessHasInHand() throws {
        let earlier = try plan(sweep(experiment(""), "earlier"))
        try earlier.forEach(train)
        var sweep = try sweep(experiment(""), "later")
        sweep.source = folder.path + "/earlier"
        let run = try plan(sweep)[0]
        try FileManager.default.createDirectory(atPath: run.directory.path, withIntermediateDirectories: true)
        var lock: FolderLock? = try FolderLock(folder: run.directory.path)
        func copy(_ experiment: String) throws -> Bool {
            try earlier[0].directory.copy(to: run.directory, variant: run.agent, family: run.family, experiment: experiment)
        }
        #expect(throws: FolderInUse.self) { try copy("x") }
        #expect(!run.directory.hasRun)
        withExtendedLifetime(lock) {}
        lock = nil
        #expect(try copy("x") && run.directory.status()?.state == .finished)
        // One who comes later leaves it as it is.
        #expect(try !copy("y") && run.directory.configuration().experiment == "x")
        // Of an unfinished run nothing is left, and a copy that lacks its status is a run that can be resumed.
        try FileManager.default.createDirectory(atPath: run.directory.checkpoints.folder + "/step-000000007", withIntermediateDirectories: true)
        try FileManager.default.removeItem(atPath: run.directory.statusFile)
        #expect(try copy("z") && run.directory.configuration().experiment == "z")
        #expect(run.directory.checkpoints.list().map(\.step) == earlier[0].directory.checkpoints.list().map(\.step))
        try FileManager.default.removeItem(atPath: run.directory.statusFile)
        #expect(try Run.resume(run.directory, context: Recorder().context).end == .finished)
        #expect(try bytes(run.directory.evaluationsFile) == bytes(earlier[0].directory.evaluationsFile))
    }

    @Test(arguments: [
        ("[{agent: tabula}]", "", "line 3: key 'agents': unknown agent 'tabula'; did you mean 'tabular'?"),
        ("[{agnet: tabular}]", "", "line 3: key 'agents.0.agnet': unknown key 'agnet'; did you mean 'agent'?"),
        ("[{name: a}]", "", "key 'agents.0': the key 'agent' is missing"),
        ("[{agent: tabular, settings: {nots: a}}]", "", "line 3: key 'nots': unknown setting of tabular 'nots'; did you mean 'note'?"),
        ("[tabular, tabular]", "", "line 3: key 'agents': 'tabular' appears twice"),
        ("[{agent: tabular, name: a b}, {agent: tabular, name: a-b}]", "", "'a b' and 'a-b' are too alike"),
        ("[{agent: tabular, families: [lines]}]", "", "line 3: key 'agents.families': unknown family 'lines'; did you mean 'line'?"),
        ("[[tabular]]", "", "key 'agents.0': a name, or a mapping with the key 'agent', expected"),
        ("[tabular]", "grid: {tabuler: {note: [a]}}", "line 6: key 'grid.tabuler': unknown agent or family 'tabuler'; did you mean 'tabular'?"),
        ("[tabular]", "grid:\n  tabular: {note: a}", "line 7: key 'grid.tabular.note': a list of values expected, found 'a'"),
        ("[tabular]", "grid:\n  tabular:\n    nots: [a]", "line 8: key 'nots': unknown setting of tabular 'nots'; did you mean 'note'?"),
        ("[tabular]", "gird: {}", "unknown key 'gird'; did you mean 'grid'?"),
    ])
    func mistakesNameFileLineAndKey(agents: String, more: String, message: String) {
        let found = problem { try experiment(more + "\n", agents: agents) }
        #expect(found.exitCode == 65)
        #expect(found.text.contains("demo.yaml"))
        #expect(found.text.contains(message), "\(found.text)")
    }

    @Test func aValueThatCannotBeNamesItsLineWhenTheRunsArePlanned() throws {
        let made = try experiment("grid:\n  tabular:\n    learningRate: [0.1, 7]\n")
        let found = problem { try plan(sweep(made)) }
        #expect(found.exitCode == 65)
        #expect(found.text.contains("demo.yaml, line 8: key 'learningRate': a number in 0...1 expected, found 7.0"), "\(found.text)")
    }
}

extension Data {
    fileprivate func append(to path: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        file.seekToEndOfFile()
        file.write(self)
        try file.close()
    }
}
