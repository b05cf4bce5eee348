import Core
import Foundation
import Formats
import Launching
import Runs
import TestEnvironments
import Testing

@Suite struct StatusTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ name: String, _ status: RunStatus) throws {
        try folder.write("seed: 0\n", "runs/\(name)/config.yaml")
        try status.write(to: folder.path + "/runs/\(name)/status.json", durable: false)
    }

    private func standing(_ queue: String = "") throws -> [String: RunStanding] {
        let found = try SweepStanding(folder: folder.path + "/runs/") { _ in SlurmQueue(queue) }
        return Dictionary(uniqueKeysWithValues: found.runs.map { ($0.name, $0) })
    }

    @Test func everyRunIsThereWhetherBegunOrNot() throws {
        try folder.write("run,length,unit\na/b/seed-0,600,steps\na/b/seed-1,600,steps\n", "runs/plan.csv")
        try write("a/b/seed-0", RunStatus(state: .finished, steps: 600, totalSteps: 600, seconds: 10, lastReturn: 5))
        try write("a/c/seed-0", RunStatus(state: .failed, steps: 300, totalSteps: 600, seconds: 10, error: "no luck"))
        try write("a/c/seed-1", RunStatus(state: .running, steps: 150, totalSteps: 600, seconds: 10, stepsPerSecond: 15))
        try write("a/c/seed-2", RunStatus(state: .running, steps: 150, totalSteps: 600, seconds: 10, stepsPerSecond: 15))
        let lock = try FolderLock(folder: folder.path + "/runs/a/c/seed-1")
        let runs = try standing()
        #expect(runs.mapValues(\.state) == [
            "a/b/seed-0": .finished, "a/b/seed-1": .waiting, "a/c/seed-0": .failed, "a/c/seed-1": .running, "a/c/seed-2": .interrupted,
        ])
        #expect(runs["a/b/seed-0"]?.lastReturn == 5 && runs["a/b/seed-0"]?.progress == 1 && runs["a/b/seed-0"]?.unit == "steps")
        #expect(runs["a/b/seed-1"]?.length == 600 && runs["a/b/seed-1"]?.progress == 0)
        #expect(runs["a/c/seed-0"]?.error == "no luck" && runs["a/c/seed-0"]?.progress == 0.5)
        #expect(runs["a/c/seed-1"]?.secondsLeft == 30 && runs["a/c/seed-1"]?.stepsPerSecond == 15)
        #expect(try SweepStanding(folder: folder.path + "/runs").text == "5 runs: 1 finished, 1 waiting, 1 interrupted, 1 running, 1 failed")
        withExtendedLifetime(lock) {}
    }

    @Test func slurmKnowsWhereARunIsAndWhyItWaits() throws {
        try folder.write("run,length,unit\na/seed-0,600,steps\na/seed-1,600,steps\na/seed-2,600,steps\n", "runs/plan.csv")
        try folder.write("name\tfolder\tcommand\na/seed-0\tx\ty\na/seed-1\tx\ty\na/seed-2\tx\ty\n", "runs/slurm/submission-1/runs.tsv")
        try folder.write(
            #"{"script": "/s/job.sh", "jobs": [{"id": "7", "first": 0, "count": 3}], "report": "8"}"#, "runs/slurm/submission-1/jobs.json")
        try write("a/seed-0", RunStatus(state: .running, steps: 300, totalSteps: 600, seconds: 10))
        try write("a/seed-2", RunStatus(state: .finished, steps: 600, totalSteps: 600, seconds: 10))
        // Seed 0 is at work on a node whose lock can't be seen from here; seed 2 is ending.
        let runs = try standing(
            "7_0|7|0|RUNNING|None|node3|/s/job.sh\n7_1|7|1|PENDING|Priority||/s/job.sh\n7_2|7|2|COMPLETING|None|node1|/s/job.sh\n")
        #expect(runs.mapValues(\.state) == ["a/seed-0": .running, "a/seed-1": .queued, "a/seed-2": .finished])
        #expect(runs["a/seed-0"]?.node == "node3" && runs["a/seed-1"]?.job == "7_1" && runs["a/seed-1"]?.reason == "Priority")
    }

    @Test func sweepsOfASuiteAreFoundFromAboveAndTheirJobsFromBelow() throws {
        try folder.write("run,length,unit,preset\na/seed-0,600,steps,quick\n", "runs/suite/part/plan.csv")
        try folder.write("name\tfolder\tcommand\npart/a/seed-0\tx\ty\n", "runs/suite/slurm/submission-1/runs.tsv")
        try folder.write(#"{"script": "/s/job.sh", "jobs": [{"id": "7", "first": 0, "count": 1}]}"#, "runs/suite/slurm/submission-1/jobs.json")
        for (place, name) in [("runs", "suite/part/a/seed-0"), ("runs/suite", "part/a/seed-0"), ("runs/suite/part", "a/seed-0")] {
            let found = try SweepStanding(folder: "\(folder.path)/\(place)") { _ in SlurmQueue("7_0|7|0|PENDING|Priority||/s/job.sh\n") }
            #expect(found.runs.map(\.name) == [name] && found.runs.map(\.state) == [.queued], "\(place): \(found.runs)")
        }
    }

    /// The plan of a sweep whose parts were asked for one after the other has all of them.
    @Test func plansAddUp() throws {
        let budgets = try Budgets(contentsOf: folder.write(
            "quick: {default: {steps: 600, evaluateEvery: 150, checkpointEvery: 200, evaluationEpisodes: 3, adaptationEpisodes: 2}}", "budgets.yaml"))
        let experiment = Experiment(
            name: "demo", title: "A", agents: [Variant("tabular")], families: [Variant("line"), Variant("line-twins")],
            seeds: ["quick": SeedList(count: 1)])
        let place = folder.path + "/sweep"
        for family in ["line-twins", "line", "line"] {
            var sweep = try Sweep(experiment: experiment, preset: .quick, folder: place)
            sweep.only = ([], [family])
            try PlanFile.add(sweep.plan(budgets: budgets, context: Recorder().context), preset: .quick, folder: place)
        }
        #expect(PlanFile.entries(in: place).map(\.run) == ["line-twins/tabular/seed-0", "line/tabular/seed-0"])
        #expect(PlanFile.entries(in: place).first == .init(run: "line-twins/tabular/seed-0", length: 600, unit: "steps", preset: "quick"))
    }

    /// Several commands divide a sweep's seeds, begun at the same moment.
    @Test func plansThatAreAddedAtOnceAddUp() throws {
        let budgets = try Budgets(contentsOf: folder.write(
            "quick: {default: {steps: 600, evaluateEvery: 150, checkpointEvery: 200, evaluationEpisodes: 3, adaptationEpisodes: 2}}", "budgets.yaml"))
        let experiment = Experiment(
            name: "demo", title: "A", agents: [Variant("tabular")], families: [Variant("line")], seeds: ["quick": SeedList(count: 1)])
        let place = folder.path + "/sweep"
        let plans = try (0..<16).map { seed in
            try Sweep(experiment: experiment, preset: .quick, seeds: SeedList("\(seed)"), folder: place).plan(budgets: budgets, context: Recorder().context)
        }
        let failures = mapInParallel(plans, threads: 8) { plan in
            do { try PlanFile.add(plan, preset: .quick, folder: place) } catch { return "\(error)" }
            return ""
        }
        #expect(Set(failures) == [""])
        #expect(Set(PlanFile.entries(in: place).map(\.run)) == Set((0..<16).map { "line/tabular/seed-\($0)" }))
    }

    @Test func whereThereIsNothingThatIsSaid() throws {
        #expect(problem { try SweepStanding(folder: folder.path + "/absent") }.text.contains("there is no folder"))
        #expect(problem { try SweepStanding(folder: folder.path) }.exitCode == 65)
    }
}
