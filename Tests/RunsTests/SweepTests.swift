import Core
import Formats
import Foundation
import Launching
import Runs
import TestEnvironments
import Testing

/// One after the other: a script being written by one test must not be inherited by a process that another one starts.
@Suite(.serialized) struct SweepTests {
    private let folder: TemporaryFolder
    private let budgets: Budgets
    private let experiment = Experiment(
        name: "demo", title: "A demonstration.", agents: [Variant("tabular")], families: [Variant("line"), Variant("line-twins")],
        seeds: ["quick": SeedList(count: 2)])

    init() throws {
        folder = try TemporaryFolder()
        budgets = try Budgets(contentsOf: folder.write(
            "quick: {default: {steps: 600, evaluateEvery: 150, checkpointEvery: 200, evaluationEpisodes: 3, adaptationEpisodes: 2}}",
            "budgets.yaml"))
    }

    /// A stand-in for the program: does what the script says with `$dir`, the run's directory.
    private func program(_ body: String) throws -> String {
        let text = """
            #!/bin/sh
            case "$1" in
              train) for word in "$@"; do dir=$word; done;;
              resume) dir=$2;;
            esac
            \(body)
            """
        let path = folder.path + "/program"
        try writeExecutable(text, to: path)
        return path
    }

    /// In a script: waits until `condition` holds, some seconds at most.
    private func wait(until condition: String) -> String {
        "n=0; until \(condition) || [ $n -ge 200 ]; do sleep 0.05; n=$((n + 1)); done"
    }

    private func sweep(_ program: String, jobs: Int = 2) throws -> Sweep {
        try Sweep(experiment: experiment, preset: .quick, jobs: jobs, folder: folder.path + "/runs", executable: program)
    }

    private func train(_ family: String, seed: UInt64, stopAfter slices: Int? = nil) throws {
        var request = RunRequest(agent: "tabular", family: family, preset: .quick)
        request.seed = seed
        let recorder = Recorder()
        if let slices { recorder.stop(afterPauses: slices) }
        _ = try Run.train(
            Run.configuration(request, budgets: budgets, context: recorder.context),
            in: RunDirectory(folder.path + "/runs/\(family)/tabular/seed-\(seed)"), context: recorder.context)
    }

    @Test func finishedRunsAreSkippedBrokenOnesResumedOthersStarted() throws {
        try train("line", seed: 0)
        try train("line-twins", seed: 0, stopAfter: 5)
        let plan = try sweep("gait").plan(budgets: budgets, context: Recorder().context)
        #expect(plan.map(\.label) == ["line/tabular/seed-0", "line-twins/tabular/seed-0", "line/tabular/seed-1", "line-twins/tabular/seed-1"])
        #expect(plan.map(\.action) == [.skip, .resume, .start, .start])
        let commands = try plan.map { try sweep("gait").command($0) }
        #expect(commands[1] == ["gait", "resume", folder.path + "/runs/line-twins/tabular/seed-0", "--threads", "1"])
        #expect(commands[2] == [
            "gait", "train", "tabular", "line", "--preset", "quick", "--seed", "1", "--experiment", "demo", "--threads", "1", "--out",
            folder.path + "/runs/line/tabular/seed-1",
        ])
    }

    /// A run that can't even start writes no status, and an earlier attempt's may still be there.
    @Test func aRunThatFailsIsNotReportedWithAnEarlierError() throws {
        try train("line", seed: 0, stopAfter: 5)
        let directory = RunDirectory(folder.path + "/runs/line/tabular/seed-0")
        var status = RunStatus(state: .failed, steps: 40, totalSteps: 600, error: "an error of yesterday")
        status.process = 1
        try status.write(to: directory.statusFile, durable: false)
        let sweep = try sweep(program("echo 'no checkpoint can be used' >&2; exit 65"))
        let plan = try sweep.plan(budgets: budgets, context: Recorder().context)
        let outcome = sweep.run(plan.filter { $0.directory.path == directory.path }, interruption: Interruption()) { _ in }
        #expect(outcome.failed.map(\.reason) == ["no checkpoint can be used (\(directory.path)/output.log)"])
    }

    @Test func runsOfAnotherEngineAreContinuedOnlyIfThatIsAskedFor() throws {
        try train("line", seed: 0, stopAfter: 5)
        try train("line", seed: 1)
        try train("line-twins", seed: 0, stopAfter: 5)
        let context = Recorder().context(mujoco: "4.0.0")
        var sweep = try sweep("gait")
        let refusal = problem { try sweep.plan(budgets: budgets, context: context) }
        #expect(refusal.exitCode == 64 && refusal.text.contains("line/tabular/seed-0: this run was trained with MuJoCo 2.2.2"), "\(refusal.text)")

        sweep.acceptsOtherEngine = true
        let plan = try sweep.plan(budgets: budgets, context: context)
        #expect(plan.map(\.action) == [.resume, .resume, .skip, .start])
        sweep.acceptsOtherEngine = false
        sweep.trains = false
        #expect(try sweep.plan(budgets: budgets, context: context) == plan, "a report of them is no error")
        sweep.acceptsOtherEngine = true
        #expect(sweep.command(plan[0]).last == "--other-engine" && sweep.trainCommand(plan[0]).last == "--other-engine")
        #expect(Sweep.note(of: plan, context)?.hasPrefix("1 of 4 runs are finished and stay as MuJoCo 2.2.2 made them; this program has 4.0.0.") == true)
        #expect(try Sweep.note(of: sweep.plan(budgets: budgets, context: Recorder().context(mujoco: "2.2.2")), context) == nil)
        sweep.acceptsOtherEngine = false
        #expect(!sweep.command(plan[0]).contains("--other-engine") && !sweep.trainCommand(plan[0]).contains("--other-engine"))
    }

    @Test func finishedRunsOfAnotherEngineAreCopiedOnlyIfThatIsAskedFor() throws {
        try train("line", seed: 0)
        var sweep = try sweep("gait")
        (sweep.source, sweep.folder) = (folder.path + "/runs", folder.path + "/later")
        func action(mujoco: String) throws -> PlannedRun.Action? {
            try sweep.plan(budgets: budgets, context: Recorder().context(mujoco: mujoco)).first?.action
        }
        let copied = PlannedRun.Action.copy(from: RunDirectory(folder.path + "/runs/line/tabular/seed-0"))
        #expect(try action(mujoco: "2.2.2") == copied && action(mujoco: "4.0.0") == .start)
        sweep.trains = false
        #expect(try action(mujoco: "4.0.0") == .start, "a report alone copies no others, too")
        sweep.acceptsOtherEngine = true
        #expect(try action(mujoco: "4.0.0") == copied)
    }

    @Test func aRunThatWouldComeOutDifferentlyIsNotTakenForTheSame() throws {
        try train("line", seed: 0)
        var other = try sweep("gait")
        other.budget = [.steps: 900]
        let found = problem { try other.plan(budgets: budgets, context: Recorder().context) }
        #expect(found.exitCode == 65)
        #expect(found.text.contains("key 'steps': this run was made with 600, but the experiment now has 900"))
        // A report names it and leaves it out of the averages.
        other.trains = false
        #expect(try other.plan(budgets: budgets, context: Recorder().context).map(\.action) == [.skip, .start, .start, .start])
        // The folder of a run holds no others.
        other.folder = folder.path + "/runs/line/tabular/seed-0"
        let inRun = problem { try other.plan(budgets: budgets, context: Recorder().context) }
        #expect(inRun.exitCode == 64 && inRun.text.contains("is the folder of one run"), "\(inRun.text)")
    }

    @Test func everyRunIsAProcessAndNeverMoreThanJobsAtATime() throws {
        let log = folder.path + "/log"
        // The first two wait for each other; a third one beside them would show.
        let both = wait(until: "[ $(grep -c + \(log)) -ge 2 ]")
        let program = try program("echo + >> \(log); \(both); sleep 0.2; echo - >> \(log)")
        let sweep = try sweep(program)
        var last: SweepProgress?
        let outcome = sweep.run(try sweep.plan(budgets: budgets, context: Recorder().context), interruption: Interruption()) {
            if case .progress(let progress) = $0 { last = progress }
        }
        #expect(outcome.exitCode == 0 && outcome.finished.count == 4)
        #expect(last?.finished == 4 && last?.fraction == 1)
        var atOnce = 0, most = 0
        for mark in try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n") {
            atOnce += mark == "+" ? 1 : -1
            most = max(most, atOnce)
        }
        #expect(most == 2 && atOnce == 0)
    }

    @Test func coresThatNoRunNeedsGoToThoseThatThereAre() throws {
        func threads(cores: Int, jobs: Int?, waiting: Int, running: [Int] = []) throws -> Int {
            try Sweep(experiment: experiment, preset: .quick, jobs: jobs, cores: cores).threads(waiting: waiting, running: running)
        }
        #expect(try threads(cores: 8, jobs: nil, waiting: 20) == 1)
        #expect(try threads(cores: 8, jobs: nil, waiting: 2) == 4)
        #expect(try threads(cores: 8, jobs: nil, waiting: 1, running: [4]) == 4)
        #expect(try threads(cores: 8, jobs: nil, waiting: 1, running: Array(repeating: 1, count: 7)) == 1)
        #expect(try threads(cores: 8, jobs: 2, waiting: 20, running: [4]) == 4)
        #expect(try threads(cores: 2, jobs: 6, waiting: 20, running: [1, 1]) == 1)
    }

    /// One run done with a known pace (100 seconds for 600 steps) and three to come, two at a time: 300 seconds of work in two lanes.
    @Test func timeLeftIsToldFromThePaceOfRunsThatAreDone() throws {
        try train("line", seed: 0)
        let directory = RunDirectory(folder.path + "/runs/line/tabular/seed-0")
        try RunStatus(state: .finished, steps: 600, totalSteps: 600, seconds: 100).write(to: directory.statusFile, durable: false)
        // No run ends before the first look.
        let seen = folder.path + "/seen"
        let sweep = try sweep(program(wait(until: "[ -e \(seen) ]")))
        var first: SweepProgress?
        _ = sweep.run(try sweep.plan(budgets: budgets, context: Recorder().context), interruption: Interruption()) {
            if case .progress(let progress) = $0, first == nil {
                first = progress
                _ = FileManager.default.createFile(atPath: seen, contents: nil)
            }
        }
        #expect(first?.secondsLeft == 150)
    }

    @Test func anExperimentThatLooksAtAnothersRunsSharesTheirFolderAndHasAReportOfItsOwn() throws {
        let other = Experiment(
            name: "unseen", title: "A", agents: [Variant("tabular")], families: [Variant("line")], seeds: ["quick": SeedList(count: 1)], runs: "demo")
        #expect(other.standardFolder(preset: .quick, root: folder.path) == experiment.standardFolder(preset: .quick, root: folder.path))
        #expect(try Sweep(experiment: other, preset: .quick, folder: "a").reportFolder == "a/report-unseen")
        #expect(try Sweep(experiment: experiment, preset: .quick, folder: "a").reportFolder == "a/report")
    }

    @Test func aFailingRunIsReportedAndTheOthersGoOn() throws {
        let program = try program("""
            case "$dir" in
              */line/*seed-0) echo "out of luck"; exit 1;;
              */line-twins/*seed-0) kill -9 $$;;
            esac
            """)
        let sweep = try sweep(program)
        let outcome = sweep.run(try sweep.plan(budgets: budgets, context: Recorder().context), interruption: Interruption()) { _ in }
        #expect(outcome.exitCode == 1)
        #expect(outcome.finished.map(\.seed) == [1, 1])
        let reasons = Dictionary(uniqueKeysWithValues: outcome.failed.map { ($0.run.label, $0.reason) })
        #expect(reasons["line/tabular/seed-0"]?.hasPrefix("out of luck") == true)
        #expect(reasons["line-twins/tabular/seed-0"]?.contains("signal 9") == true)
    }

    @Test func aProgramThatCannotBeStartedIsAFailureNotACrash() throws {
        let sweep = try sweep(folder.path + "/no-such-program")
        let outcome = sweep.run(try sweep.plan(budgets: budgets, context: Recorder().context), interruption: Interruption()) { _ in }
        #expect(outcome.failed.count == 4 && outcome.exitCode == 1)
        #expect(outcome.failed.first?.reason.contains("can't be started") == true)
    }

    /// As another sweep on the same folder does it: a run that it has in hand is left to it, and done here when it gives it up.
    @Test func runsThatAnotherProcessHasInHandAreLeftAndLookedAtAgain() throws {
        let sweep = try sweep(program("""
            case "$dir" in
              */line/*seed-1) [ -e $dir/taken ] || { touch $dir/taken; exit 75; };;
            esac
            echo >> $dir/times
            """))
        let plan = try sweep.plan(budgets: budgets, context: Recorder().context)
        try FileManager.default.createDirectory(atPath: plan[0].directory.path, withIntermediateDirectories: true)
        var lock: FolderLock? = try FolderLock(folder: plan[0].directory.path)
        var events: [String] = [], ended = 0
        let outcome = sweep.run(plan, interruption: Interruption()) { event in
            switch event {
            case .inUse(let run): events.append("left \(run.label)")
            case .finished(let run):
                events.append("finished \(run.label)")
                ended += 1
            case .failed: ended += 1
            default: break
            }
            if ended == 3 { lock = nil }
        }
        withExtendedLifetime(lock) {}
        #expect(outcome.failed.isEmpty && outcome.finished.count == 4 && outcome.exitCode == 0)
        #expect(events.first == "left line/tabular/seed-0" && events.last == "finished line/tabular/seed-0", "\(events)")
        #expect(events.contains("left line/tabular/seed-1"))
        for run in plan { #expect(try String(contentsOfFile: run.directory.path + "/times", encoding: .utf8) == "\n", "\(run.label)") }
    }

    /// What another process finished meanwhile is not done again.
    @Test func runsThatWereFinishedElsewhereAreSkipped() throws {
        let sweep = try sweep(program("exit 1"))
        let plan = try sweep.plan(budgets: budgets, context: Recorder().context)
        for run in plan { try train(run.family.base, seed: run.seed) }
        let outcome = sweep.run(plan, interruption: Interruption()) { _ in }
        #expect(outcome.exitCode == 0 && outcome.skipped.count == 4)
    }

    @Test func stoppingIsPassedOnToEveryRunAndWaitedFor() throws {
        let saving = "echo stopped > $dir/stopped; echo config > $dir/config.yaml; exit 143"
        let program = try program("trap '\(saving)' TERM; touch $dir/ready; while :; do sleep 0.05; done")
        let sweep = try sweep(program)
        let interruption = Interruption()
        let plan = try sweep.plan(budgets: budgets, context: Recorder().context)
        let outcome = sweep.run(plan, interruption: interruption) { _ in
            let ready = plan.filter { access($0.directory.path + "/ready", F_OK) == 0 }
            if ready.count == 2 { interruption.request(SIGTERM) }
        }
        #expect(outcome.exitCode == 143)
        #expect(outcome.failed.isEmpty && outcome.finished.isEmpty)
        #expect(plan.filter { access($0.directory.path + "/stopped", F_OK) == 0 }.count == 2)
        // The scripts began runs, but did not write that they are saved.
        #expect(outcome.unsaved.count == 2)
    }

    @Test func childrenKnowWhoStartedThem() throws {
        let program = try program("echo $GAIT_PARENT > $dir/parent")
        let sweep = try sweep(program)
        let plan = try sweep.plan(budgets: budgets, context: Recorder().context)
        _ = sweep.run(plan, interruption: Interruption()) { _ in }
        #expect(try String(contentsOfFile: plan[0].directory.path + "/parent", encoding: .utf8) == "\(getpid())\n")
    }

    @Test func presetsDoNotMeetInOneFolder() throws {
        let root = folder.path + "/places"
        #expect(experiment.standardFolder(preset: .quick, root: root) == root + "/demo")
        try folder.write(smallRun().yaml(), "places/demo/line/tabular/seed-0/config.yaml")
        #expect(experiment.standardFolder(preset: .quick, root: root) == root + "/demo")
        #expect(experiment.standardFolder(preset: .laptop, root: root) == root + "/demo-laptop")

        // Planned runs count, too: those of a cluster may wait for long.
        try FileManager.default.removeItem(atPath: root)
        try PlanFile.add(sweep("gait").plan(budgets: budgets, context: Recorder().context), preset: .laptop, folder: root + "/demo")
        #expect(experiment.standardFolder(preset: .quick, root: root) == root + "/demo-quick")
        #expect(experiment.standardFolder(preset: .laptop, root: root) == root + "/demo")
        // Earlier versions did not write the preset.
        try folder.write("run,length,unit\nline/tabular/seed-0,600,steps\n", "places/demo/plan.csv")
        #expect(experiment.standardFolder(preset: .quick, root: root) == root + "/demo")
    }

    @Test(arguments: [
        ("agents: [tabula]", "agents: [tabular]", "line 3: key 'agents': unknown agent 'tabula'; did you mean 'tabular'?"),
        ("families: [lin]", "families: [line]", "line 4: key 'families': unknown family 'lin'; did you mean 'line'?"),
        ("seeds: {quik: 1}", "seeds: {quick: 2}", "line 5: key 'seeds': unknown preset 'quik'; did you mean 'quick'?"),
        ("seeds: {quick: 0}", "seeds: {quick: 2}", "key 'seeds.quick': at least 1 expected, found 0"),
        ("agents: []", "agents: [tabular]", "line 3: key 'agents': at least one agent expected"),
        ("titel: A", "title: A", "line 2: key 'titel'"),
        ("agents: [tabular", "agents: [tabular]", "not valid YAML"),
    ])
    func mistakesInAnExperimentNameFileLineAndKey(wrong: String, right: String, message: String) throws {
        let good = "name: demo\ntitle: A\nagents: [tabular]\nfamilies: [line]\nseeds: {quick: 2}\n"
        let path = try folder.write(good.replacingOccurrences(of: right, with: wrong), "demo.yaml")
        let found = problem { try Experiment(contentsOf: path, registry: testRegistry) }
        #expect(found.exitCode == 65)
        #expect(found.text.contains("demo.yaml"))
        #expect(found.text.contains(message), "\(found.text)")
    }

    @Test func experimentsAreFoundByNameAndNearNamesSuggested() throws {
        try folder.write("name: demo\ntitle: A\nagents: [tabular]\nfamilies: [line]\nseeds: {quick: 2}\n", "experiments/demo.yaml")
        let found = try Experiment.named("demo", assets: folder.path, registry: testRegistry)
        #expect(found.families.map(\.name) == ["line"] && found.seeds["quick"]?.seeds == [0, 1])
        #expect(try Experiment.all(assets: folder.path, registry: testRegistry) == [found])
        let unknown = problem { try Experiment.named("dmeo", assets: folder.path, registry: testRegistry) }
        #expect(unknown.exitCode == 64)
        #expect(unknown.text.contains("did you mean 'demo'?"))
        try folder.write("name: demo\ntitle: A\nagents: [tabular]\nfamilies: [line]\nseeds: {quick: 2}\n", "experiments/other.yaml")
        let misnamed = problem { try Experiment.named("other", assets: folder.path, registry: testRegistry) }
        #expect(misnamed.exitCode == 65)
        #expect(misnamed.text.hasSuffix("other.yaml: key 'name': 'other' expected, as its file is called, found 'demo'"))
        try folder.write("name: unseen\ntitle: A\nagents: [tabular]\nfamilies: [line]\nseeds: {quick: 2}\nruns: dem\n", "experiments/unseen.yaml")
        try folder.write("name: same\ntitle: A\nagents: [tabular]\nfamilies: [line]\nruns: demo\n", "experiments/same.yaml")
        #expect(try Experiment.named("same", assets: folder.path, registry: testRegistry).seeds == found.seeds && !found.seeds.isEmpty)
        try folder.write("name: none\ntitle: A\nagents: [tabular]\nfamilies: [line]\n", "experiments/none.yaml")
        let none = problem { try Experiment.named("none", assets: folder.path, registry: testRegistry) }
        #expect(none.text.contains("key 'seeds': this key is missing"))
        let owner = problem { try Experiment.named("unseen", assets: folder.path, registry: testRegistry) }
        #expect(owner.exitCode == 65 && owner.text.contains("key 'runs': unknown experiment 'dem'; did you mean 'demo'?"), "\(owner.text)")
        #expect(problem { try Sweep(experiment: found, preset: .paper) }.exitCode == 64)
        #expect(problem { try Sweep(experiment: found, preset: .quick, jobs: 0) }.text.contains("--jobs"))
    }
}
