import Core
import Foundation
import Launching
import TestEnvironments
import Testing

/// What Slurm is given, and what its answers mean. None of this needs Slurm.
@Suite(.serialized) struct SlurmTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func launcher(_ change: (inout SlurmOptions) -> Void = { _ in }) -> SlurmLauncher {
        var options = SlurmOptions()
        change(&options)
        return SlurmLauncher(
            name: "demo", folder: folder.path + "/my runs", options: options, report: ["gait", "reproduce", "demo", "--report-only"],
            command: "gait reproduce demo --launcher slurm --set 'x=[1,\n2]'", exports: ["GAIT_ASSETS": "/my assets"])
    }

    private func runs(_ count: Int) -> [SlurmLauncher.Run] {
        (0..<count).map { .init(name: "a/b/seed-\($0)", directory: "runs/a/b/seed-\($0)", command: ["gait", "train", "b", "a", "--set", "x=[1, \($0)]"]) }
    }

    @Test func theScriptAsksForWhatTheUserAskedFor() throws {
        let written = try launcher {
            $0.partition = "long"
            $0.time = "2:00:00"
            $0.cpus = 2
            $0.more = ["mem=2G", "--exclusive"]
        }.write(runs(2), current: "/home/me/my project")
        let script = try String(contentsOfFile: written.folder + "/job.sh", encoding: .utf8)
        for line in [
            "#SBATCH --job-name=gait-demo", "#SBATCH --chdir=\"/home/me/my project\"", "#SBATCH --partition=long", "#SBATCH --time=2:00:00",
            "#SBATCH --cpus-per-task=2", "#SBATCH --mem=2G", "#SBATCH --exclusive", "#SBATCH --requeue", "#SBATCH --signal=B:USR1@120",
            "export GAIT_ASSETS='/my assets'", "#SBATCH --output=\"\(folder.path)/my runs/slurm/submission-1/logs/%A_%a.log\"",
            "# Written by: gait reproduce demo --launcher slurm --set 'x=[1, 2]'",
        ] { #expect(script.split(separator: "\n").contains(Substring(line)), "\(line)\n\(script)") }
        let report = try String(contentsOfFile: written.folder + "/report.sh", encoding: .utf8)
        #expect(report.contains("exec gait reproduce demo --report-only\n") && !report.contains("--requeue"))
        let list = try String(contentsOfFile: written.folder + "/runs.tsv", encoding: .utf8)
        #expect(list.contains("a/b/seed-1\truns/a/b/seed-1\tgait train b a --set 'x=[1, 1]'\n"))
        // The next one has a folder of its own; what was only written is no submission.
        #expect(try launcher().write(runs(1)).folder.hasSuffix("/slurm/submission-2"))
        #expect(SlurmSubmission.all(in: folder.path + "/my runs").isEmpty)
    }

    /// `sbatch` takes its variables before what a script says. Those of options that nobody gave are the user's own defaults.
    @Test func variablesThatWouldOverruleTheScriptAreHidden() {
        var options = SlurmOptions()
        let own = options.overruling
        for name in ["SIGNAL", "NO_REQUEUE", "REQUEUE", "CLUSTERS", "WAIT", "OPEN_MODE", "JOB_NAME", "ARRAY_INX"] { #expect(own.contains("SBATCH_" + name)) }
        for name in ["TIMELIMIT", "PARTITION", "ACCOUNT", "MEM_PER_CPU"] { #expect(!own.contains("SBATCH_" + name)) }
        (options.time, options.partition, options.more) = ("2:00:00", "long", ["account=me", "--mem-per-cpu=2G"])
        #expect(options.overruling.subtracting(own) == ["SBATCH_TIMELIMIT", "SBATCH_PARTITION", "SBATCH_ACCOUNT", "SBATCH_MEM_PER_CPU"])
    }

    @Test func arraysThatAreTooLongComeInPieces() throws {
        #expect(SlurmLauncher.pieces(5, largest: 1001).map { [$0.first, $0.count] } == [[0, 5]])
        #expect(SlurmLauncher.pieces(5, largest: 2).map { [$0.first, $0.count] } == [[0, 2], [2, 2], [4, 1]])
        let free = launcher(), written = try free.write(runs(3))
        let script = written.script, report = (script as NSString).deletingLastPathComponent + "/report.sh"
        #expect(free.commands(written, largest: 2) == [
            ["sbatch", "--parsable", "--array=0-1", script], ["sbatch", "--parsable", "--array=0-0", script, "2"],
            ["sbatch", "--parsable", "--dependency=afterany:ID:ID", report],
        ])
        // A limit is one of each array: the second one waits for the first.
        #expect(launcher { $0.limit = 4 }.commands(written, largest: 2).prefix(2) == [
            ["sbatch", "--parsable", "--array=0-1%4", script], ["sbatch", "--parsable", "--array=0-0%4", "--dependency=afterany:ID", script, "2"],
        ])
    }

    @Test(arguments: [
        ("array=1-2", "'array' can't be given"), ("--dependency=x", "'dependency' can't be given"), ("=2", "such as 'mem=2G'"),
        ("mem 2G", "such as 'mem=2G'"), ("arr=1-2", "'array' can't be given"), ("time=1:00", "'time' is --time here"),
        ("cpus-per-task=8", "'cpus-per-task' is --cpus here"), ("test-only", "'test-only' can't be given"),
    ])
    func optionsThatTheLauncherSetsAreRefused(option: String, reason: String) {
        var options = SlurmOptions()
        options.more = [option]
        let found = problem { try options.check() }
        #expect(found.exitCode == 64 && found.text.contains(reason), "\(found.text)")
    }

    @Test(arguments: [
        ("90", 120, nil), ("2:01", 120, nil), ("2:00:00", 120, nil), ("1-12", 120, nil), ("1-0:30:5", 120, nil), ("0", 120, nil), ("0-00:00", 120, nil),
        ("1:30", 100, nil), ("UNLIMITED", 120, nil),
        ("abc", 120, "as Slurm writes it"), ("1:00:00:00", 120, "as Slurm writes it"), ("1-", 120, "as Slurm writes it"),
        ("-12", 120, "as Slurm writes it"), ("1-12-3", 120, "as Slurm writes it"), ("2:00", 120, "more than the 120 seconds"),
        ("5", 300, "more than the 300 seconds"), ("0-0:5", 300, "more than the 300 seconds"),
    ] as [(String, Int, String?)])
    func aTimeLimitIsOneOfSlurmsAndLeavesTimeToTrain(time: String, warning: Int, reason: String?) {
        var options = SlurmOptions()
        (options.time, options.warning) = (time, warning)
        if let reason {
            let found = problem { try options.check() }
            #expect(found.exitCode == 64 && found.text.contains(reason), "\(found.text)")
        } else {
            #expect(throws: Never.self) { try options.check() }
        }
    }

    @Test func theQueueTellsWhichRunIsWhereAndWhyItWaits() {
        let queue = SlurmQueue("""
            17_0|17|0|RUNNING|None|node2|/a/job.sh
            17_1|17|1|PENDING|Resources||/a/job.sh
            18_0|18|0|PENDING|BeginTime||/a/job.sh 2
            19_0|19|0|RUNNING|None|node1|/other/job.sh
            20|20|N/A|PENDING|Dependency||/a/report.sh
            """)
        #expect(queue.jobs.count == 5 && queue.jobs[1].reason == "Resources" && queue.jobs[0].reason == nil && queue.jobs[4].element == nil)
        let submission = SlurmSubmission(
            folder: "/a", script: "/a/job.sh", runs: ["x", "y", "z"],
            jobs: [.init(id: "17", first: 0, count: 2), .init(id: "18", first: 2, count: 1), .init(id: "19", first: 0, count: 1)])
        // Job 19 is somebody else's, on another cluster.
        #expect(queue.jobs(of: [submission]).mapValues(\.id) == ["x": "17_0", "y": "17_1", "z": "18_0"])
        let reported = SlurmSubmission(folder: "/a", script: "/a/job.sh", runs: [], report: "20")
        #expect(queue.report(of: reported)?.id == "20" && queue.report(of: submission) == nil)
        #expect(SlurmQueue("").jobs.isEmpty && SlurmQueue("slurm is down").jobs.isEmpty)
    }

    // MARK: - The script at work, without Slurm

    /// What the script did: its exit status, and what it asked Slurm for.
    private struct Ending: Equatable {
        var status: Int32
        var requeued: String
    }

    /// Runs element 1 of an array as Slurm would, and sends the signal when its command is at work. `body` is the command's script.
    private func ending(of body: String, signal: Int32? = nil, then second: Int32? = nil, warning: Int = 120) throws -> Ending {
        let bin = folder.path + "/bin", marks = folder.path + "/marks"
        try FileManager.default.createDirectory(atPath: marks, withIntermediateDirectories: true)
        func program(_ text: String, _ name: String) throws {
            try writeExecutable("#!/bin/bash\n" + text, to: bin + "/" + name)
        }
        // Slurm ends a script that it queues again.
        try program("echo \"$*\" >\(marks)/requeued; kill -KILL $PPID\n", "scontrol")
        try program(body.replacingOccurrences(of: "MARKS", with: marks).replacingOccurrences(of: "STATUS", with: "'\(folder.path)/my run/status.json'"), "work")
        let run = SlurmLauncher.Run(name: "run", directory: folder.path + "/my run", command: [bin + "/work"])
        let first = SlurmLauncher.Run(name: "first", directory: "first", command: ["false"])
        let written = try launcher { $0.warning = warning }.write([first, first, run])
        // The number after the script is that of the first run of a second piece of the array. Unlike Foundation's, this process has no signals blocked.
        let variables = ["PATH": bin + ":/usr/bin:/bin", "SLURM_ARRAY_JOB_ID": "17", "SLURM_ARRAY_TASK_ID": "1", "SLURM_JOB_ID": "17", "LC_ALL": "C"]
        let process = try ChildProcess(["/bin/bash", written.script, "1"], environment: variables, output: .nothing)
        if let signal {
            while process.poll() == nil, access(marks + "/ready", F_OK) != 0 { usleep(5000) }
            process.send(signal)
        }
        if let second {
            usleep(2_100_000)  // the run is saving, and the script's clock counts whole seconds
            process.send(second)
        }
        let status: Int32 = switch process.wait() {
        case .exited(let status): status
        case .killed(let signal): signal
        }
        let requeued = try? String(contentsOfFile: marks + "/requeued", encoding: .utf8)
        return Ending(status: status, requeued: requeued?.trimmingCharacters(in: .newlines) ?? "")
    }

    /// Works until it is asked to stop, saves, and ends as `gait train` does.
    private static let saving = working(reached: 100)

    /// Reaches a number of steps, and writes it when it is asked to stop.
    private static func working(reached steps: Int, seconds: Double = 0.3) -> String {
        """
        save() { trap '' TERM; sleep \(seconds); echo '"steps" : \(steps)' >STATUS; exit 143; }
        trap save TERM; touch MARKS/ready; while :; do sleep 0.05; done
        """
    }

    @Test func anElementEndsAsItsRunDoes() throws {
        #expect(try ending(of: "exit 0") == Ending(status: 0, requeued: ""))
        #expect(try ending(of: "exit 1") == Ending(status: 1, requeued: ""))
        #expect(access(folder.path + "/my run/output.log", F_OK) == 0)
    }

    /// An array's own number stands for all its elements: only the element is queued again.
    @Test func beforeTheTimeLimitARunSavesAndIsQueuedAgain() throws {
        #expect(try ending(of: Self.saving, signal: SIGUSR1) == Ending(status: SIGKILL, requeued: "requeue 17_1"))
    }

    /// Else the cluster would start it for ever.
    @Test func aRunThatGetsNoFurtherBeforeTheTimeLimitIsNotQueuedAgain() throws {
        #expect(try ending(of: Self.working(reached: 100), signal: SIGUSR1).requeued == "requeue 17_1")
        try FileManager.default.removeItem(atPath: folder.path + "/marks")
        #expect(try ending(of: Self.working(reached: 200), signal: SIGUSR1).requeued == "requeue 17_1")
        try FileManager.default.removeItem(atPath: folder.path + "/marks")
        #expect(try ending(of: Self.working(reached: 200), signal: SIGUSR1) == Ending(status: 1, requeued: ""))
    }

    @Test(arguments: ["a\tb", "a\nb"]) func namesThatTheListCantHoldAreRefused(name: String) {
        let found = problem { _ = try launcher().write([.init(name: name, directory: "runs/a", command: ["gait"])]) }
        #expect(found.exitCode == 64 && found.text.contains("without tabs"), "\(found.text)")
    }

    @Test func aRunThatIsDoneWhenTheTimeLimitComesIsNotQueuedAgain() throws {
        let work = "trap 'exit 0' TERM; touch MARKS/ready; while :; do sleep 0.05; done"
        #expect(try ending(of: work, signal: SIGUSR1) == Ending(status: 0, requeued: ""))
    }

    /// SIGTERM after the warning's time is the limit itself; before it is a `scancel`.
    @Test func aRunThatStillSavesAtTheTimeLimitIsQueuedAgain() throws {
        #expect(try ending(of: Self.working(reached: 100, seconds: 5), signal: SIGUSR1, then: SIGTERM, warning: 6)
            == Ending(status: SIGKILL, requeued: "requeue 17_1"))
        try FileManager.default.removeItem(atPath: folder.path + "/marks")
        #expect(try ending(of: Self.working(reached: 200, seconds: 5), signal: SIGUSR1, then: SIGTERM, warning: 60) == Ending(status: 143, requeued: ""))
    }

    @Test func whenSlurmStopsARunItSavesAndSlurmDecides() throws {
        #expect(try ending(of: Self.saving, signal: SIGTERM) == Ending(status: 143, requeued: ""))
    }

    @Test func aRunThatAnotherProcessHasInHandIsTriedAgain() throws {
        #expect(try ending(of: "exit 75") == Ending(status: SIGKILL, requeued: "requeue 17_1"))
    }

    @Test func theLargestArrayIsTheClusters() {
        #expect(SlurmPrograms.largestArray(in: "MaxArrayTasks = 3\nMaxArraySize            = 4001\n") == 4001)
        #expect(SlurmPrograms.largestArray(in: "") == 1001)
    }
}
