import Agents
import Core
import Formats
import Foundation
import Runs
import Synchronization
import TestEnvironments
import Testing

/// Takes all of its steps at once and then makes fifty updates.
private final class LateLearner: Agent {
    struct Settings: AgentSettings {
        func validate() throws {}
    }

    static let name = "late-learner"
    static let summary = "Learns after it acts."
    var progress = AgentProgress()
    let policies: [AgentPolicy] = []
    private let budget: Int

    init(problem: Problem, settings: Settings, random: RandomStreams) { budget = problem.budget.amount }

    func train(_ session: any TrainingSession) throws {
        progress.environmentSteps = budget
        for update in 1...50 {
            progress.gradientUpdates = update
            try session.pause(["update": Double(update)])
        }
    }
    func codeState(_ coder: StateCoder) throws {}
}

/// What `Interruption(watchingSignals:)` changes in a process, as it was before.
private struct SignalChanges {
    private let numbers = [SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGXFSZ]
    private var actions: [sigaction] = []
    private var mask = sigset_t()
    private let parent: String?

    init() {
        parent = ProcessInfo.processInfo.environment[Interruption.parentVariable]
        for number in numbers {
            var present = sigaction()
            sigaction(number, nil, &present)
            actions.append(present)
        }
        pthread_sigmask(SIG_UNBLOCK, nil, &mask)
    }

    func undo() {
        for (number, action) in zip(numbers, actions) {
            var action = action
            sigaction(number, &action, nil)
        }
        var mask = mask
        pthread_sigmask(SIG_SETMASK, &mask, nil)
        if let parent { setenv(Interruption.parentVariable, parent, 1) }
    }
}

@Suite struct TrainingTests {
    private func train(_ configuration: RunConfiguration, _ recorder: Recorder = Recorder()) throws -> (
        folder: TemporaryFolder, directory: RunDirectory, outcome: RunOutcome, recorder: Recorder
    ) {
        let folder = try TemporaryFolder()
        let directory = RunDirectory(folder.path + "/deep/run")
        return (folder, directory, try Run.train(configuration, in: directory, context: recorder.context), recorder)
    }

    @Test func aDiscreteAgentWithoutPhysicsLearns() throws {
        let run = try train(smallRun(steps: 3000, evaluateEvery: 1000))
        #expect(run.outcome.end == .finished && run.outcome.exitCode == 0)
        let records = try MetricRecord.read(run.directory.evaluationsFile)
        let last = records.filter { $0.step == 3000 && $0.policy == "personal" && $0.metric == "return" }
        #expect(last.count == 6)
        for record in last {
            let goal = record.task == "goal-0" ? 0 : 8
            let best = (3...5).map { LineFamily.bestReturn(from: $0, to: goal) }
            #expect(best.contains { abs($0 - record.value) < 1e-6 }, "\(record)")
        }
        let first = try #require(records.filter { $0.step == 0 }.mean(of: "personal", on: .train))
        #expect(first < -1)
    }

    /// Without the file an agent trains with its defaults, whatever the preset is called.
    @Test func anAgentWithoutPresetsIsWarnedOf() throws {
        let folder = try TemporaryFolder(), presets = folder.path + "/presets"
        func warnings() throws -> [String] {
            let recorder = Recorder(), run = try TemporaryFolder()
            var context = recorder.context
            context.registry = Registry(
                agents: [AgentEntry(TabularAgent.self)], families: [FamilyEntry(LineFamily.self)], presets: presets)
            _ = try Run.train(smallRun(), in: RunDirectory(run.path), context: context)
            return recorder.warnings
        }
        let found = try warnings()
        #expect(found.count == 1 && found[0].contains("tabular has no presets file (\(presets)/tabular.yaml)") && found[0].contains("quick"))
        try folder.write("quick:\n  default: {blockSteps: 5}\n", "presets/tabular.yaml")
        #expect(try warnings().isEmpty)
        #expect(try train(smallRun()).recorder.warnings.isEmpty, "of a registry without a folder of presets")
    }

    @Test func aRunDirectoryHoldsEverythingPromised() throws {
        let configuration = try smallRun()
        let run = try train(configuration)
        #expect(try run.directory.configuration() == configuration)
        #expect(run.directory.status()?.state == .finished)
        #expect(run.directory.status()?.steps == 600)
        #expect(run.directory.checkpoints.list().map(\.step) == [600, 406])
        let names = try FileManager.default.contentsOfDirectory(atPath: run.directory.path)
        #expect(names.contains { $0.hasPrefix("events.out.tfevents.") })
        #expect(!names.contains { $0.contains("partial") })
        let progress = try TableFile.read(run.directory.progressFile)
        #expect(progress.columns.contains("reward") && progress.columns.last == "largestValue")
        #expect(progress.rows.last?.first == "600")
        #expect(Set(progress.rows.map(\.count)) == [progress.columns.count])
    }

    /// An agent may learn on for long after its last step; a row for each of its pauses would fill the file.
    @Test func theLastPhaseOfUpdatesIsOneRow() throws {
        let folder = try TemporaryFolder(), recorder = Recorder()
        var context = recorder.context, configuration = try smallRun()
        context.registry = Registry(agents: [AgentEntry(LateLearner.self)], families: [FamilyEntry(LineFamily.self)])
        (configuration.agent, configuration.settings) = ("late-learner", try context.registry.agent(named: "late-learner").settings(
            preset: .laptop, family: "line", overrides: []))
        let directory = RunDirectory(folder.path)
        _ = try Run.train(configuration, in: directory, context: context)
        let table = try TableFile.read(directory.progressFile)
        #expect(table.rows.map { $0[0] + "/" + $0[1] } == ["600/1", "600/50"])
        #expect(table.rows.last?.last == "\((2...50).reduce(0, +) / 49).0", "the mean of the rest")
    }

    @Test func evaluationsComeAtTheFirstFairStepAfterEachMark() throws {
        let run = try train(smallRun())
        let records = try MetricRecord.read(run.directory.evaluationsFile)
        // A pause every 7 steps, a round every third: multiples of 21 at or after 150, 300, 450; and both ends.
        #expect(Set(records.map(\.step)).sorted() == [0, 168, 315, 462, 600])
        // Two train tasks with 2 adaptation, 3 meta, 3 personal episodes; two test tasks without personal ones.
        let once = records.filter { $0.step == 315 }
        #expect(once.filter { $0.metric == "return" }.count == 2 * (2 + 3 + 3) + 2 * (2 + 3))
        #expect(once.filter { $0.taskSet == .test }.allSatisfy { $0.policy == "meta" })
        // Once for each adapted policy and task, and a length for each evaluation episode.
        let spent = once.filter { $0.metric == "adaptationSteps" }
        #expect(spent.count == 4 && spent.allSatisfy { $0.policy == "meta" && $0.episode == nil && $0.value > 0 })
        let lengths = once.filter { $0.metric == "length" }
        #expect(lengths.count == 2 * (3 + 3) + 2 * 3 && lengths.allSatisfy { $0.phase == .evaluation && $0.value > 0 })
    }

    @Test func coincidingTaskSetsAreEvaluatedOnce() throws {
        let run = try train(smallRun(family: "line-twins"))
        #expect(try MetricRecord.read(run.directory.evaluationsFile).allSatisfy { $0.taskSet == .train })
    }

    @Test func evaluationDoesNotChangeTraining() throws {
        let with = try train(smallRun()), without = try train(smallRun(evaluateEvery: 0))
        func weights(_ run: RunDirectory) throws -> Data { try bytes(run.checkpoints.list()[0].path + "/networks.safetensors") }
        #expect(try weights(with.directory) == weights(without.directory))
        #expect(try MetricRecord.read(without.directory.evaluationsFile).isEmpty)
    }

    @Test func sameSeedSameBitsOtherSeedOtherBits() throws {
        let one = try train(smallRun()), two = try train(smallRun()), other = try train(smallRun(seed: 4))
        #expect(try bytes(one.directory.evaluationsFile) == bytes(two.directory.evaluationsFile))
        #expect(try bytes(one.directory.evaluationsFile) != bytes(other.directory.evaluationsFile))
    }

    @Test func evaluatingAFinishedRunGivesTheReturnsOfItsLastEvaluation() throws {
        let run = try train(smallRun())
        let recorded = try MetricRecord.read(run.directory.evaluationsFile).filter { $0.step == 600 }
        let again = try #require(try Run.evaluate(run.directory, context: Recorder().context))
        #expect(again.step == 600)
        #expect(again.records == recorded)
        let test = try #require(try Run.evaluate(run.directory, sets: [.test], episodes: 7, context: Recorder().context)).records
        #expect(test.filter { $0.phase == .evaluation && $0.metric == "return" }.count == 14)
        #expect(problem { try Run.evaluate(run.directory, episodes: 0, context: Recorder().context) }.exitCode == 64)
        let stopped = Recorder().context
        stopped.interruption.request(SIGINT)
        #expect(try Run.evaluate(run.directory, context: stopped) == nil)
    }

    @Test func aRunIsNeverOverwritten() throws {
        let run = try train(smallRun())
        let before = try bytes(run.directory.evaluationsFile)
        let found = problem { try Run.train(smallRun(seed: 9), in: run.directory, context: Recorder().context) }
        #expect(found.exitCode == 64)
        #expect(found.text.contains("gait resume \(run.directory.path)"))
        #expect(try bytes(run.directory.evaluationsFile) == before)
        #expect(try Run.resume(run.directory, context: Recorder().context).end == .finished)
        #expect(try bytes(run.directory.evaluationsFile) == before)
    }

    @Test func aRunInUseIsRefused() throws {
        let run = try train(smallRun())
        let lock = try FolderLock(folder: run.directory.path)
        let found = problem { try Run.resume(run.directory, context: Recorder().context) }
        #expect(found.exitCode == 75)
        #expect(found.text.contains("in use by another process"))
        withExtendedLifetime(lock) {}
    }

    @Test func aRunInUseIsWaitedForAsLongAsPatienceLasts() throws {
        let recorder = Recorder()
        recorder.stop(afterPauses: 3)
        let run = try train(smallRun(), recorder)
        let held = Mutex<FolderLock?>(try FolderLock(folder: run.directory.path))
        #expect(run.outcome.end == .interrupted(signal: SIGINT))
        var context = Recorder().context
        #expect(context.patience == 0)
        #expect(problem { try Run.resume(run.directory, context: context) }.exitCode == 75)
        context.patience = 30
        Thread.detachNewThread {
            usleep(300_000)
            held.withLock { $0 = nil }
        }
        let began = ContinuousClock.now
        #expect(try Run.resume(run.directory, context: context).end == .finished)
        #expect(began.duration(to: .now) < .seconds(30))
        withExtendedLifetime(run.folder) {}
    }

    @Test func aNonFiniteLossFailsTheRunAndKeepsTheLastCheckpoint() throws {
        let folder = try TemporaryFolder()
        let directory = RunDirectory(folder.path)
        let found = problem { try Run.train(smallRun(overrides: ["breaksAt=450"]), in: directory, context: Recorder().context) }
        #expect(found.exitCode == 1)
        #expect(found.text.contains("criticLoss of task"))
        #expect(directory.status()?.state == .failed)
        #expect(directory.status()?.error?.contains("criticLoss") == true)
        #expect(directory.checkpoints.list().map(\.step) == [406, 203])
    }

    @Test func stepsAndSettingsOfARequestAreResolved() throws {
        let folder = try TemporaryFolder()
        let budgets = try Budgets(contentsOf: folder.write(
            "quick: {default: {steps: 1000, evaluateEvery: 100, checkpointEvery: 500, evaluationEpisodes: 2, adaptationEpisodes: 1}}",
            "budgets.yaml"))
        var request = RunRequest(agent: "tabular", family: "line", preset: .quick)
        request.budget = [.steps: 5000]
        request.overrides = [try SettingOverride(option: "discount=0.5")]
        let configuration = try Run.configuration(request, budgets: budgets, context: Recorder().context)
        #expect(configuration.budget == Budget(steps: 5000, evaluateEvery: 500, checkpointEvery: 2500, evaluationEpisodes: 2, adaptationEpisodes: 1))
        #expect(configuration.settings["discount"]?.inline == "0.5")
        #expect(configuration.testTasks.map(\.name) == ["goal-1", "goal-7"])
        for (steps, reason) in [(-1, "--steps: at least 1 expected, found -1"), (.max, "--steps: at most 1,000,000,000,000 expected")] {
            request.budget = [.steps: steps]
            let found = problem { try Run.configuration(request, budgets: budgets, context: Recorder().context) }
            #expect(found.exitCode == 64 && found.text.hasPrefix(reason), "\(found.text)")
        }
        request.budget = [.steps: 1000]
        request.evaluationEpisodes = 0
        #expect(problem { try Run.configuration(request, budgets: budgets, context: Recorder().context) }.text.hasPrefix("--evaluation-episodes"))
        request.evaluationEpisodes = nil
        request.budget = [:]
        request.preset = .paper
        #expect(problem { try Run.configuration(request, budgets: budgets, context: Recorder().context) }.text.contains("paper.line"))
    }

    @Test func foldersThatAreNoRunsAreBadInput() throws {
        let folder = try TemporaryFolder()
        for path in [folder.path, folder.path + "/none"] {
            let found = problem { try Run.resume(RunDirectory(path), context: Recorder().context) }
            #expect(found.exitCode == 65)
            #expect(found.text.contains("is not a run directory"))
        }
        let yaml = try smallRun().yaml().replacingOccurrences(of: "agent: tabular", with: "agent: tabula")
        try folder.write(yaml, "config.yaml")
        let found = problem { try Run.resume(RunDirectory(folder.path), context: Recorder().context) }
        #expect(found.exitCode == 65)
        #expect(found.text.contains("config.yaml") && found.text.contains("did you mean 'tabular'?"))
        #expect(problem { try Run.evaluate(RunDirectory(folder.path), context: Recorder().context) }.exitCode == 65)
    }

    @Test func runsAreFoundBelowAFolder() throws {
        let folder = try TemporaryFolder()
        try folder.write("", "b/seed-1/config.yaml")
        try folder.write("", "a/x/seed-0/config.yaml")
        #expect(RunDirectory.all(below: folder.path + "/").map(\.path) == [folder.path + "/a/x/seed-0", folder.path + "/b/seed-1"])
        #expect(RunDirectory.all(below: folder.path + "/b/seed-1").count == 1)
        #expect(RunDirectory.all(below: folder.path + "/none").isEmpty)
        // Links to runs and to sweeps are followed, none twice; any other may lead round in a circle.
        let elsewhere = try TemporaryFolder()
        try elsewhere.write("", "run/config.yaml")
        try elsewhere.write("", "sweep/plan.csv")
        try elsewhere.write("", "sweep/family/agent/seed-0/config.yaml")
        try elsewhere.write("", "other/seed-0/config.yaml")
        for (link, target) in [
            ("c", "\(folder.path)/a/x/seed-0"), ("b/up", folder.path), ("d", "\(elsewhere.path)/run"), ("e", "\(elsewhere.path)/sweep"),
            ("f", "\(elsewhere.path)/other"),
        ] {
            try FileManager.default.createSymbolicLink(atPath: folder.path + "/" + link, withDestinationPath: target)
        }
        #expect(RunDirectory.all(below: folder.path + "//").map { String($0.path.dropFirst(folder.path.count)) }
            == ["/a/x/seed-0", "/b/seed-1", "/d", "/e/family/agent/seed-0"])
        #expect(RunDirectory.all(below: folder.path + "/f").count == 1)
    }

    /// Reports look no further than a run: one in a folder of others would hide them.
    @Test func aRunIsNotTrainedInAFolderOfOthers() throws {
        let folder = try TemporaryFolder()
        try folder.write("", "family/agent/seed-0/config.yaml")
        let found = problem { try Run.train(smallRun(), in: RunDirectory(folder.path), context: Recorder().context) }
        #expect(found.exitCode == 64 && found.text.contains("holds other runs, such as \(folder.path)/family/agent/seed-0"), "\(found.text)")
        #expect(!RunDirectory(folder.path).hasRun)
    }

    /// Not asynchronous: what it changes in this thread must be put back there.
    @Test func signalsAndAVanishedParentAskToStop() {
        let changes = SignalChanges()
        defer { changes.undo() }
        let watching = Interruption(watchingSignals: [:])
        #expect(watching.requested == nil)
        kill(getpid(), SIGTERM)
        for _ in 0..<200 where watching.requested == nil { usleep(10_000) }
        #expect(watching.requested == SIGTERM)
        #expect(Interruption().requested == nil)
        #expect(Interruption(watchingParent: getppid()).requested == nil)
        #expect(Interruption(watchingParent: 999_999_999).requested == SIGTERM)
    }
}
