import Core
import Foundation
import Launching
import Runs

extension ReproduceCommand {
    /// The runs of one experiment, to be given to a launcher.
    typealias Work = (sweep: Sweep, plan: [PlannedRun])

    /// Gives all runs that are not finished to Slurm. Returns the exit status; nil where nothing is left but the report.
    func submit(_ work: [Work], name: String, folder: String, _ context: RunContext, _ display: ProgressDisplay) throws -> Int32? {
        let options = try launching.options(limit: jobs)
        for (sweep, plan) in work {
            if !launching.dryRun { try PlanFile.add(plan, preset: sweep.preset, folder: sweep.folder) }
            let copies = plan.copies
            if !copies.isEmpty, !launching.dryRun {
                let outcome = carryOut(sweep, copies, context, display)
                if outcome.exitCode != 0 { return outcome.exitCode }
            }
        }
        var earlier = SlurmSubmission.all(in: folder)
        let queue = launching.dryRun ? SlurmQueue("") : try SlurmQueue(of: earlier), queued = queue.jobs(of: earlier)
        let open = openRuns(work, folder: folder, threads: options.cpus), runs = open.filter { queued[$0.name] == nil }
        if open.isEmpty { return nil }
        if open.count > runs.count { display.line("\(open.count - runs.count) runs are in Slurm's queue already") }
        let others = Set(queued.values.map(\.array)).sorted()
        if !runs.isEmpty {
            let launcher = SlurmLauncher(
                name: name, folder: folder, options: options, report: try reportCommand(folder: folder), command: context.command,
                exports: ProcessInfo.processInfo.environment.filter { Self.exported.contains($0.key) })
            let written = try launcher.write(runs)
            if launching.dryRun {
                announce(dry: written, launcher, display)
                return 0
            }
            earlier.append(try launcher.submit(written, others: others))
            announce(earlier.last ?? written, folder: folder, display)
        } else if let last = earlier.last, last.report == nil {  // Slurm took its runs and refused its report
            let whole = try SlurmLauncher.submitReport(of: last, after: others)
            earlier[earlier.count - 1] = whole
            if output.json { Console.json(Submitted(whole)) }
            display.line("submitted the report as job \(whole.report ?? "")")
        }
        return launching.wait ? try follow(earlier, folder: folder, context.interruption, display) : 0
    }

    /// Variables that the jobs need.
    private static let exported = [
        "GAIT_ASSETS", "GAIT_BFLOAT16", "GAIT_COMMAND", "GAIT_COMMAND_PREFIX", "GAIT_LIBC", "GAIT_PROGRAM_PATIENCE",
        "GAIT_REFERENCE_DIR",
    ]

    /// Runs that are to be trained, each once: where two parts of a suite have the same one, the report's command copies it.
    private func openRuns(_ work: [Work], folder: String, threads: Int) -> [SlurmLauncher.Run] {
        var seen: Set<[String]> = []
        return work.flatMap { sweep, plan in
            plan.filter { [.start, .resume].contains($0.action) && seen.insert(sweep.identity($0)).inserted }.map { run in
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

    private func announce(_ submission: SlurmSubmission, folder: String, _ display: ProgressDisplay) {
        if output.json { Console.json(Submitted(submission)) }
        let count = submission.runs.count, arrays = submission.jobs.map(\.id).joined(separator: ", ")
        display.line("submitted \(count) run\(count == 1 ? "" : "s") as job \(arrays), the report as job \(submission.report ?? "")")
        display.line("follow:  " + "\(commandName) \(shellText(["status", folder]))" + "    or    squeue --jobs \(submission.ids.joined(separator: ","))")
        display.line("stop:    scancel \(submission.ids.joined(separator: " "))    (every run saves a checkpoint; the same command goes on)")
        display.line("script:  \(submission.folder)/job.sh")
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

    /// Shows the progress of all runs until none of the jobs is in the queue. Where Slurm does not answer, as while its controller is started
    /// again, it is asked again. Stopping this does not stop the jobs. Returns the exit status.
    private func follow(
        _ submissions: [SlurmSubmission], folder: String, _ interruption: Interruption, _ display: ProgressDisplay
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
                return open.isEmpty ? 0 : 1
            }
            for _ in 0..<20 {
                if let signal = interruption.requested {
                    display.line("the jobs go on; follow them with: " + "\(commandName) \(shellText(["status", folder]))")
                    return 128 + signal
                }
                usleep(100_000)
            }
        }
    }
}
