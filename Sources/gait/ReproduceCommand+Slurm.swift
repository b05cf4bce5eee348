import Core
import Formats
import Foundation
import Launching
import Runs

extension ReproduceCommand {
    /// The runs of one experiment, to be given to a launcher.
    typealias Work = (sweep: Sweep, plan: [PlannedRun])

    /// Gives all runs that are not finished to Slurm, and the report that is to be written to `reportFolder` afterwards. Returns the exit status.
    func submit(
        _ work: [Work], name: String, folder: String, reportFolder: String, _ context: RunContext, _ display: ProgressDisplay
    ) throws -> Int32 {
        let options = try launching.options(limit: jobs)
        if !launching.dryRun {
            for (sweep, plan) in work {
                try PlanFile.add(plan, preset: sweep.preset, folder: sweep.folder)
                let copies = plan.copies
                if copies.isEmpty { continue }
                let outcome = carryOut(sweep, copies, context, display)
                if outcome.exitCode != 0 { return outcome.exitCode }
            }
        }
        // Of two commands that are given at once the second would see none of the first one's jobs, and submit its runs again.
        var lock = launching.dryRun ? nil : try SlurmSubmission.lock(folder)
        var earlier = SlurmSubmission.all(in: folder)
        let asked = openRuns(work, folder: folder, threads: options.cpus)
        let queue = launching.dryRun ? SlurmQueue("") : try settledQueue(of: earlier, asked, context.interruption, display)
        if let signal = context.interruption.requested { return 128 + signal }
        // Some may have been finished while they were ending.
        let open = asked.filter { RunDirectory($0.directory).status()?.state != .finished }
        let queued = queue.jobs(of: earlier), runs = open.filter { queued[$0.name] == nil }
        let ending = open.count { queued[$0.name]?.isEnding == true }
        if open.count > runs.count + ending { display.line("\(open.count - runs.count - ending) runs are in Slurm's queue already") }
        if ending > 0 {
            display.line("Slurm is still ending \(ending) of the runs, which are not submitted; when it is done, give the same command again")
        }
        let others = Set(queued.values.map(\.array)).sorted(), waitingReports = earlier.compactMap { queue.report(of: $0)?.id }
        let launcher = SlurmLauncher(
            name: name, folder: folder, options: options, report: try reportCommand(folder: folder), command: context.command,
            exports: ProcessInfo.processInfo.environment.filter { Self.exported.contains($0.key) })
        if launching.dryRun {
            if runs.isEmpty { display.line("all runs are finished; nothing is written or submitted") } else {
                announce(dry: try launcher.write(runs), launcher, display)
            }
            return 0
        }
        if !runs.isEmpty || open.isEmpty && waitingReports.isEmpty {
            if runs.isEmpty { display.line("all runs are finished; the report is left") }
            earlier.append(try launcher.submit(launcher.write(runs), others: others))
            if let last = earlier.last { announce(last, others: others + waitingReports, folder: folder, display) }
        } else if open.isEmpty {
            display.line("all runs are finished; the report is in Slurm's queue as job \(waitingReports.joined(separator: ", "))")
        } else if let last = earlier.last, last.report == nil {  // Slurm took its runs and refused its report
            let whole = try launcher.submitReport(of: last, after: others)
            earlier[earlier.count - 1] = whole
            if output.json { Console.json(Submitted(whole)) }
            display.line("submitted the report as job \(whole.report ?? "")")
        }
        if let held = lock { withExtendedLifetime(held) { lock = nil } }  // whoever only looks on is in nobody's way
        if launching.wait { return try follow(earlier, folder: folder, reportFolder: reportFolder, context.interruption, display) }
        return ending > 0 ? FolderInUse.exitCode : 0
    }

    /// The queue when none of the runs is about to leave it: one that was told to stop still saves, and would count as queued. Waits for that as
    /// long as Slurm by default does before it kills a job.
    private func settledQueue(
        of submissions: [SlurmSubmission], _ open: [SlurmLauncher.Run], _ interruption: Interruption, _ display: ProgressDisplay
    ) throws -> SlurmQueue {
        var isTold = false
        let names = Set(open.map(\.name)), end = ContinuousClock.now + .seconds(35)
        while true {
            let queue = try SlurmQueue(of: submissions)
            let isSettled = !queue.jobs(of: submissions).contains { names.contains($0.key) && $0.value.isEnding }
            if isSettled || ContinuousClock.now > end || interruption.requested != nil { return queue }
            if !isTold { display.line("waiting for runs that Slurm is ending") }
            isTold = true
            usleep(1_000_000)
        }
    }

    /// Variables that the jobs need.
    private static let exported = [
        "GAIT_ASSETS", "GAIT_BFLOAT16", "GAIT_COMMAND", "GAIT_COMMAND_PREFIX", "GAIT_LIBC", "GAIT_PROGRAM_PATIENCE",
        "GAIT_REFERENCE_DIR",
    ]

    /// Runs that are to be trained, in a suite each once: where two of its parts have the same one, the report's command copies it.
    private func openRuns(_ work: [Work], folder: String, threads: Int) -> [SlurmLauncher.Run] {
        var seen: Set<[String]> = []
        return work.flatMap { sweep, plan in
            plan.filter {
                [.start, .resume].contains($0.action) && (sweep.suiteFolder == nil || seen.insert(sweep.identity($0)).inserted)
            }.map { run in
                let path = run.directory.path
                return SlurmLauncher.Run(
                    name: path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : path, directory: path,
                    command: sweep.trainCommand(run, threads: threads) + ["--patience", "120"])
            }
        }
    }

    /// This command again, for the report alone.
    private func reportCommand(folder: String) throws -> [String] {
        var words = [RunningProgram.starter ?? "gait", "reproduce", experiment, "--preset", preset.rawValue, "--report-only"]
        if let seeds { words += ["--seeds", seeds.text] }
        for (option, names) in [("--agents", agents), ("--families", families), ("--parts", parts)] { names.forEach { words += [option, $0] } }
        if let from { words += ["--from", from] }
        if engine.otherEngine { words.append("--other-engine") }
        return words + length.words + settingWords + ["--out", folder]
    }

    private func announce(dry submission: SlurmSubmission, _ launcher: SlurmLauncher, _ display: ProgressDisplay) {
        display.line("nothing is submitted; \(submission.runs.count) runs are listed in \(submission.folder)/runs.tsv")
        display.line("Slurm would be given (ID: the number that the command before prints):")
        for words in launcher.plannedCommands(submission) { display.line("    " + shellText(words)) }
    }

    /// `others`: jobs of earlier submissions that are in the queue.
    private func announce(_ submission: SlurmSubmission, others: [String], folder: String, _ display: ProgressDisplay) {
        if output.json { Console.json(Submitted(submission)) }
        let count = submission.runs.count, arrays = submission.jobs.map(\.id).joined(separator: ", "), ids = others + submission.ids
        let runs = count == 0 ? "" : "\(count) run\(count == 1 ? "" : "s") as job \(arrays), "
        display.line("submitted \(runs)the report as job \(submission.report ?? "")")
        display.line("follow:  " + "\(commandName) \(shellText(["status", folder]))" + "    or    squeue --jobs \(ids.joined(separator: ","))")
        display.line("stop:    scancel \(ids.joined(separator: " "))    (runs save a checkpoint; the same command goes on)")
        display.line("script:  \(submission.folder)/\(count == 0 ? "report" : "job").sh")
    }

    private struct Submitted: Encodable {
        var event = "submitted"
        var jobs: [String]
        var report: String?
        var runs: [String]
        var script: String

        init(_ submission: SlurmSubmission) {
            (jobs, report, runs, script) = (submission.jobs.map(\.id), submission.report, submission.runs, submission.script)
        }
    }

    /// Whether a report was written since a time. Another machine has written it: this one may learn of it some seconds later, and their clocks may
    /// differ by some.
    private static func hasReport(in folder: String, since submitted: Date?) -> Bool {
        for attempt in 0..<5 {
            if attempt > 0 { usleep(1_000_000) }
            _ = try? FileManager.default.contentsOfDirectory(atPath: folder)  // which asks a file server anew
            guard let written = modificationDate(folder + "/report.md") else { continue }
            if submitted.map({ written >= $0 - 10 }) ?? true { return true }
        }
        return false
    }

    /// Shows the progress of all runs until none of the jobs is in the queue. Where Slurm does not answer, as while its controller is started
    /// again, it is asked again. Stopping this does not stop the jobs. Returns the exit status.
    private func follow(
        _ submissions: [SlurmSubmission], folder: String, reportFolder: String, _ interruption: Interruption, _ display: ProgressDisplay
    ) throws -> Int32 {
        var queue = SlurmQueue(""), isAnswering = true
        while true {
            do {
                queue = try SlurmQueue(of: submissions)
                isAnswering = true
            } catch let error as SlurmError {
                if isAnswering { display.line("note: \(error); asking again until it answers") }
                isAnswering = false
            }
            let standing = try SweepStanding(folder: folder) { _ in queue }
            display.progress(fraction: standing.progress, text: standing.text)
            if isAnswering, queue.jobs.isEmpty {
                let submitted = Set(submissions.flatMap(\.runs)), open = standing.runs.filter { submitted.contains($0.name) && $0.state != .finished }
                display.line(standing.text)
                for run in open { display.line("\(run.state.rawValue) \(run.directory)" + (run.error.map { ": \($0)" } ?? "")) }
                let hasReport = Self.hasReport(in: reportFolder, since: submissions.last?.submitted)
                if !hasReport, let last = submissions.last {
                    display.line("no report was written to \(reportFolder); see \(last.folder)/logs/report-\(last.report ?? "").log")
                }
                return open.isEmpty && hasReport ? 0 : 1
            }
            // From two seconds to a minute: a queue of many jobs is work for Slurm.
            for _ in 0..<min(max(20, queue.jobs.count), 600) {
                if let signal = interruption.requested {
                    display.line("the jobs go on; follow them with: " + "\(commandName) \(shellText(["status", folder]))")
                    return 128 + signal
                }
                usleep(100_000)
            }
        }
    }
}
