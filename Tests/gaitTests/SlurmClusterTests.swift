import Foundation
import Testing

/// Runs that are given to a real Slurm cluster, and disturbed. Half a minute on an idle machine; without Slurm's daemons or root it is skipped.
@Suite(.serialized, .enabled(if: SlurmCluster.obstacle == nil, "\(SlurmCluster.obstacle ?? "")")) struct SlurmClusterTests {
    private static let steps = "30000", seeds = 0..<5

    private func experiment(_ place: Place) throws {
        try place.write("""
            name: mine
            title: Mine
            agents:
              - agent: pmeta-rl
                name: small
                settings: {actorHidden: [16, 16], criticHidden: [16, 16], encoderHidden: [16], batchSize: 16, contextBatch: 8, updatesPerRound: 60, initialSteps: 200, replayCapacity: 4000}
            families: [sparse-point-robot]
            seeds: {quick: \(Self.seeds.count)}
            """, to: "mine.yaml")
    }

    private func reproduce(_ folder: String, _ more: [String] = []) -> [String] {
        ["reproduce", "./mine.yaml", "--steps", Self.steps, "--out", folder] + more
    }

    /// One run is preempted, one reaches its time limit, one loses its node while its process lives on; arrays are in two pieces. All end with the
    /// bits of an undisturbed run, and the report's job writes what a local command writes.
    @Test func everyDisturbanceEndsInTheBitsOfAnUndisturbedRun() throws {
        let place = try Place()
        try experiment(place)
        let cluster = try SlurmCluster(), local = try GaitProcess(reproduce("local"), in: place)
        let submitted = try GaitProcess(reproduce("cluster", ["--launcher", "slurm", "--json"]), in: place, environment: cluster.environment).result()
        #expect(submitted.status == 0 && submitted.output.contains("\"event\":\"submitted\""), "\(submitted.error)")

        // Again at once: nothing is submitted twice.
        let again = try GaitProcess(reproduce("cluster", ["--launcher", "slurm"]), in: place, environment: cluster.environment).result()
        #expect(again.status == 0 && again.error.contains("5 runs are in Slurm's queue already"), "\(again.error)")

        func isAtWork(_ seed: Int) -> Bool { place.exists("cluster/sparse-point-robot/small/seed-\(seed)/evaluations.csv") }
        #expect(local.wait { (0..<3).allSatisfy(isAtWork) })
        let jobs = try cluster.running()
        let status = try GaitProcess(["status", "cluster"], in: place, environment: cluster.environment).result()
        #expect(status.status == 0 && status.output.contains("queued") && status.output.contains("job 1_"), "\(status.text)")
        // The signal that Slurm sends before the time limit. Scancel goes on trying long after the job has queued itself again.
        if let job = jobs["node2"] { try cluster.shell("timeout 1 scancel --batch --signal=USR1 \(job) >/dev/null 2>&1 &") }
        try cluster.shell("kill -9 $(cat node3.pid); scontrol update NodeName=node3 State=DOWN Reason=test")
        try cluster.shell("sbatch -p urgent -w node1 -o /dev/null --wrap 'sleep 1'")
        usleep(1_000_000)
        try cluster.shell("slurmd -N node3; sleep 0.5; scontrol update NodeName=node3 State=RESUME || true")
        let unfinished = try cluster.finish()
        #expect(unfinished == "")
        #expect(try local.result().status == 0)

        let disturbed = try cluster.shell("scontrol show job | grep -c 'Restarts=[1-9]'")
        #expect((Int(disturbed) ?? 0) >= 3, "\(disturbed)")
        for seed in Self.seeds {
            let run = "sparse-point-robot/small/seed-\(seed)"
            #expect(place.checkpoints("cluster/\(run)").last == place.checkpoints("local/\(run)").last)
            let name = place.checkpoints("local/\(run)").last ?? ""
            #expect(try Data(contentsOf: place["cluster/\(run)/checkpoints/\(name)/networks.safetensors"])
                == Data(contentsOf: place["local/\(run)/checkpoints/\(name)/networks.safetensors"]), "\(run)")
            #expect(try place.text("cluster/\(run)/evaluations.csv") == place.text("local/\(run)/evaluations.csv"))
        }
        // The report's job wrote what the same command writes here, byte for byte.
        let report = try place.text("cluster/report/report.md")
        let remade = try GaitProcess(reproduce("cluster"), in: place).result()
        #expect(try remade.status == 0 && place.text("cluster/report/report.md") == report)
    }

    /// An agent and a family that are programs, started by jobs.
    @Test func programsAreTrainedByJobs() throws {
        let place = try Place(), cluster = try SlurmCluster(), program = GaitProcess.executable.deletingLastPathComponent().appendingPathComponent("TestProgram")
        for role in ["agent", "family"] {
            try place.writeProgram("#!/bin/sh\nexec '\(program.path)' \(role)\n", to: "\(role).x")
        }
        try place.write("""
            name: mine
            title: Mine
            agents: [./agent.x]
            families: [sparse-point-robot, ./family.x]
            seeds: {quick: 1}
            """, to: "mine.yaml")
        let local = try place.gait("reproduce", "./mine.yaml", "--steps", "2000", "--out", "local")
        #expect(local.status == 0, "\(local.error)")
        let words = ["reproduce", "./mine.yaml", "--steps", "2000", "--out", "cluster", "--launcher", "slurm"]
        let submitted = try GaitProcess(words, in: place, environment: cluster.environment).result()
        #expect(submitted.status == 0, "\(submitted.error)")
        let unfinished = try cluster.finish()
        #expect(unfinished == "")
        for family in ["sparse-point-robot", "family"] {
            let evaluations = try place.text("cluster/\(family)/agent/seed-0/evaluations.csv")
            #expect(try evaluations == place.text("local/\(family)/agent/seed-0/evaluations.csv") && evaluations.contains(",2000,"))
        }
        #expect(try place.text("cluster/report/report.md").contains("agent is a program of its own"))
    }

    @Test func slurmsOwnWordsAreShown() throws {
        let place = try Place(), cluster = try SlurmCluster()
        try experiment(place)
        let words = reproduce("cluster", ["--launcher", "slurm", "--partition", "nosuch"])
        let result = try GaitProcess(words, in: place, environment: cluster.environment).result()
        #expect(result.status == 1)
        #expect( result.error.contains("invalid partition specified: nosuch") && result.error.contains("nothing was submitted"))
    }
}

@Suite struct SlurmCommandTests {
    /// Without Slurm the job script can be written and read, but not submitted.
    @Test func aDryRunNeedsNoSlurm() throws {
        let place = try Place(), none = ["PATH": "/nosuch"]
        let words = ["reproduce", "fig2-gridworld", "--seeds", "0-2", "--agents", "q-averaging", "--out", "runs", "--launcher", "slurm"]
        let dry = try GaitProcess(words + ["--dry-run", "--jobs", "2"], in: place, environment: none).result()
        #expect(dry.status == 0 && dry.error.contains("--array=0-2%2"), "\(dry.error)")
        #expect(place.exists("runs/slurm/submission-1/job.sh"))
        let missing = try GaitProcess(words, in: place, environment: none).result()
        #expect(missing.status == 1 && missing.error.contains("scontrol is not installed here"), "\(missing.error)")
        // What is planned is known.
        let status = try GaitProcess(["status", "runs", "--json"], in: place).result()
        #expect(status.lines.count == 3 && status.lines.allSatisfy { $0.contains("\"state\":\"waiting\"") }, "\(status.text)")
        let mistaken = try place.gait("reproduce", "fig2-gridworld", "--partition", "main")
        #expect(mistaken.status == 64 && mistaken.error.contains("--partition is for --launcher slurm"), "\(mistaken.error)")
    }

    @Test func whereAllIsFinishedADryRunWritesNothing() throws {
        let place = try Place()
        let words = ["reproduce", "fig2-gridworld", "--seeds", "0", "--rounds", "2", "--agents", "q-averaging", "--out", "runs"]
        let trained = try GaitProcess(words, in: place).result()
        #expect(trained.status == 0, "\(trained.error)")
        try FileManager.default.removeItem(at: place["runs/report"])
        let dry = try GaitProcess(words + ["--launcher", "slurm", "--dry-run"], in: place).result()
        #expect(dry.status == 0 && dry.error.contains("all runs are finished") && !place.exists("runs/report") && !place.exists("runs/slurm"), "\(dry.error)")
        // The report is the cluster's work, too; asked for again, it is submitted once.
        let queue = "[ -e sbatch.log ] && echo \"21|21|N/A|PENDING|Priority||$(pwd -P)/runs/slurm/submission-1/report.sh\""
        let environment = try standIns(place, sbatch: "echo 21", squeue: queue)
        for _ in 0..<2 {
            let real = try GaitProcess(words + ["--launcher", "slurm"], in: place, environment: environment).result()
            #expect(real.status == 0 && real.error.contains("the report") && real.error.contains("job 21"), "\(real.error)")
        }
        #expect(try place.text("sbatch.log").split(separator: "\n").count == 1 && !place.exists("runs/report"))
        let mistaken = try GaitProcess(words + ["--launcher", "slurm", "--report-only"], in: place).result()
        #expect(mistaken.status == 64 && mistaken.error.contains("--report-only trains nothing"), "\(mistaken.error)")
    }

    /// In an experiment equal runs are trained under each name, as without Slurm; there is no other part whose run could be copied.
    @Test func equalRunsOfOneExperimentAreAllSubmitted() throws {
        let place = try Place()
        try place.write("""
            name: mine
            title: Mine
            agents: [q-averaging, {agent: q-averaging, name: again}]
            families: [gridworld]
            seeds: {quick: 1}
            """, to: "mine.yaml")
        let dry = try place.gait("reproduce", "./mine.yaml", "--out", "runs", "--launcher", "slurm", "--dry-run")
        #expect(dry.status == 0, "\(dry.error)")
        let runs = try place.text("runs/slurm/submission-1/runs.tsv")
        #expect(runs.contains("gridworld/q-averaging/seed-0\t") && runs.contains("gridworld/again/seed-0\t"), "\(runs)")
        try place.write(try place.text("mine.yaml").replacing("name: mine", with: "name: ../mine"), to: "mine.yaml")
        let misnamed = try place.gait("reproduce", "./mine.yaml", "--launcher", "slurm", "--dry-run")
        #expect(misnamed.status == 65 && misnamed.error.contains("a folder's name expected, without / and control characters, found '../mine'"), "\(misnamed.error)")
    }

    private static let oneRun = ["reproduce", "fig2-gridworld", "--seeds", "0", "--agents", "q-averaging", "--out", "runs", "--launcher", "slurm"]

    /// Scripts in the place of Slurm's programs; `sbatch.log` has the arguments of each call of `sbatch`. Returns the variables with which they
    /// are found.
    private func standIns(_ place: Place, sbatch: String, squeue: String) throws -> [String: String] {
        for (name, body) in [("scontrol", "exit 0"), ("sbatch", "echo \"$*\" >>sbatch.log\n" + sbatch), ("squeue", squeue)] {
            try place.writeProgram("#!/bin/sh\n\(body)\n", to: "bin/\(name)")
        }
        return ["PATH": place["bin"].path + ":/usr/bin:/bin"]
    }

    /// Slurm's controller may be started again, or too busy, while somebody looks on.
    @Test func whoWaitsAsksAgainWhereSlurmDoesNotAnswer() throws {
        let place = try Place()
        let silentOnce = """
            [ -e asked ] && exit 0
            touch asked
            echo 'squeue: error: Unable to contact slurm controller' >&2
            exit 1
            """
        let environment = try standIns(place, sbatch: "echo 17", squeue: silentOnce)
        let result = try GaitProcess(Self.oneRun + ["--wait"], in: place, environment: environment).result()
        // The jobs have left the queue, and the run is not done.
        #expect(result.status == 1 && result.error.contains("Unable to contact slurm controller; asking again"), "\(result.error)")
        #expect(result.error.contains("no report was written to runs/report; see runs/slurm/submission-1/logs/report-17.log"), "\(result.error)")
        #expect(result.error.contains("1 run: 1 waiting") && result.error.contains("waiting runs/gridworld/q-averaging/seed-0"), "\(result.error)")
    }

    /// A run that `scancel` has told to stop is still in the queue while it saves.
    @Test func aRunThatSlurmIsEndingIsWaitedFor() throws {
        let place = try Place()
        let endingTwice = """
            [ -e jobs ] || exit 0
            [ "$(cat jobs)" = xx ] && exit 0
            printf x >>jobs
            echo "17_0|17|0|COMPLETING|None|node1|$(pwd -P)/runs/slurm/submission-1/job.sh"
            """
        let environment = try standIns(place, sbatch: "touch jobs; echo 17", squeue: endingTwice)
        #expect(try GaitProcess(Self.oneRun, in: place, environment: environment).result().status == 0)
        let again = try GaitProcess(Self.oneRun, in: place, environment: environment).result()
        #expect(again.status == 0 && again.error.contains("waiting for runs that Slurm is ending"), "\(again.error)")
        #expect(again.error.contains("submitted 1 run as job 17") && !again.error.contains("queue already"), "\(again.error)")
    }

    /// A filter of `squeue` in a user's environment would hide jobs, and a time limit of `sbatch` there would take the place of `--time`.
    @Test func variablesOfSlurmChangeNeitherQuestionsNorAnswers() throws {
        let place = try Place()
        let queue = "[ -n \"$SQUEUE_STATES\" ] || echo \"17_0|17|0|PENDING|Resources||$(pwd -P)/runs/slurm/submission-1/job.sh\""
        var environment = try standIns(place, sbatch: "env | grep ^SBATCH_ >variables; echo 17", squeue: queue)
        environment.merge(["SQUEUE_STATES": "SUSPENDED", "SBATCH_TIMELIMIT": "5", "SBATCH_SIGNAL": "TERM", "SBATCH_ACCOUNT": "me"]) { $1 }
        #expect(try GaitProcess(Self.oneRun + ["--time", "2:00:00"], in: place, environment: environment).result().status == 0)
        #expect(try place.text("variables") == "SBATCH_ACCOUNT=me\n")
        let again = try GaitProcess(Self.oneRun, in: place, environment: environment).result()
        #expect(again.status == 0 && again.error.contains("1 runs are in Slurm's queue already"), "\(again.error)")
    }

    /// Of two commands at once one submits.
    @Test func runsAreNotSubmittedTwiceAtOnce() throws {
        let place = try Place()
        let environment = try standIns(place, sbatch: "touch asked; while [ ! -e go ]; do sleep 0.05; done; echo 17", squeue: "exit 0")
        let first = try GaitProcess(Self.oneRun, in: place, environment: environment)
        #expect(first.wait { place.exists("asked") })
        let second = try GaitProcess(Self.oneRun, in: place, environment: environment).result()
        #expect(second.status == 75 && second.error.contains("runs/slurm is in use by another process"), "\(second.error)")
        try place.write("", to: "go")
        #expect(try first.result().status == 0)
        #expect(try place.text("sbatch.log").split(separator: "\n").count == 2)  // the run and its report
    }

    /// The error names the jobs that Slurm has.
    @Test func aNumberThatCannotBeRecordedIsNotLost() throws {
        let place = try Place()
        let environment = try standIns(
            place, sbatch: "rm runs/slurm/submission-1/jobs.json; mkdir runs/slurm/submission-1/jobs.json; echo 17", squeue: "exit 0")
        let result = try GaitProcess(Self.oneRun, in: place, environment: environment).result()
        #expect(result.status == 1 && result.error.contains("Slurm has the jobs 17") && result.error.contains("scancel 17"), "\(result.error)")
    }

    @Test func aReportThatSlurmRefusedIsSubmittedByTheSameCommand() throws {
        let place = try Place()
        let refusingOnce = """
            case "$*" in
              *report.sh) [ -e refused ] || { touch refused; echo 'sbatch: error: too many jobs' >&2; exit 1; }; echo 18;;
              *) echo 17;;
            esac
            """
        let queue = "echo \"17_0|17|0|PENDING|Resources||$(pwd -P)/runs/slurm/submission-1/job.sh\""
        let environment = try standIns(place, sbatch: refusingOnce, squeue: queue)
        let refused = try GaitProcess(Self.oneRun, in: place, environment: environment).result()
        #expect(refused.status == 1 && refused.error.contains("submitted so far: 17; the same command submits the rest"), "\(refused.error)")
        let again = try GaitProcess(Self.oneRun, in: place, environment: environment).result()
        #expect(again.status == 0 && again.error.contains("submitted the report as job 18"), "\(again.error)")
        let more = try GaitProcess(Self.oneRun, in: place, environment: environment).result()
        #expect(more.status == 0 && !more.error.contains("submitted"), "\(more.error)")
        let calls = try place.text("sbatch.log").split(separator: "\n")
        #expect(calls.count == 3 && calls.last?.hasPrefix("--parsable --dependency=afterany:17 ") == true, "\(calls)")
        #expect(try place.text("runs/slurm/submission-1/jobs.json").contains("\"18\""))
    }
}
