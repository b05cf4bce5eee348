import ArgumentParser
import Core
import Foundation
import Launching
import Runs

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows where every run of a folder stands: state, progress, speed, time left, last return.",
        discussion: """
            Works for one run, the folder of an experiment or a suite, or any folder of runs, from any machine that sees the folder. Of runs that \
            were given to Slurm it shows the job and why it waits.
            """)

    @Argument(help: ArgumentHelp("Folder of runs, such as runs/fig4.", valueName: "dir"), transform: nonEmptyPath)
    var directory: String

    @Flag(help: "Show it again and again, until all runs are finished or Ctrl-C.")
    var watch = false

    @Option(parsing: .unconditional, help: ArgumentHelp("With --watch: time between two looks. Default: 5.", valueName: "seconds"))
    var every: Double?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let every, !(every >= 0.1) { throw ValidationError("--every: at least 0.1 expected, found \(every)") }
        if every != nil, !watch { throw ValidationError("--every is for --watch") }
    }

    func run() throws {
        while true {
            let standing = try SweepStanding(folder: directory, queue: Self.queue)
            if output.json {
                standing.runs.forEach { Console.json($0) }
            } else {
                show(standing)
            }
            if !watch || standing.count(.finished) == standing.runs.count { return }
            usleep(UInt32(min(every ?? 5, 3600) * 1_000_000))
        }
    }

    /// Without an answer from Slurm everything else can still be shown.
    private static func queue(_ submissions: [SlurmSubmission]) -> SlurmQueue {
        do { return try SlurmQueue(of: submissions) } catch {
            Console.note("note: what Slurm knows is not shown: \(error)")
            return SlurmQueue("")
        }
    }

    private func show(_ standing: SweepStanding) {
        var runs = standing.runs, cut = 0
        let isTerminal = ProgressDisplay.canRewrite(STDOUT_FILENO)
        if watch, isTerminal {
            // Those that need attention first, as many as there is room for.
            let states = RunStanding.State.allCases
            runs.sort { (states.firstIndex(of: $0.state) ?? 0) < (states.firstIndex(of: $1.state) ?? 0) }
            cut = max(0, runs.count - max(5, Self.terminalHeight - 5))
            runs.removeLast(cut)
            print("\u{1B}[H\u{1B}[2J", terminator: "")
        }
        print("\(standing.text)  (\(Int(100 * standing.progress)) % of all)\n")
        let header = ["run", "state", "done", "steps/s", "left", "return", ""]
        Console.table([header] + runs.map(Self.row), right: [2, 3, 4, 5])
        if cut > 0 { print("... and \(cut) more") }
        if watch, !isTerminal { print() }
    }

    private static var terminalHeight: Int {
        var size = winsize()
        return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0 ? Int(size.ws_row) : 40
    }

    private static func row(_ run: RunStanding) -> [String] {
        [
            run.name, run.state.rawValue, "\(Int(100 * run.progress)) %", run.stepsPerSecond.map { Console.number($0.rounded()) } ?? "",
            run.secondsLeft.map { duration($0) } ?? "", run.lastReturn.map { Console.number($0) } ?? "", place(run),
        ]
    }

    /// Where it is, and why it does not go on.
    private static func place(_ run: RunStanding) -> String {
        var parts: [String] = []
        if let job = run.job {
            parts.append("job \(job)" + (run.node.map { " on \($0)" } ?? "") + (run.reason.map { " waits: \($0)" } ?? ""))
        } else if run.state == .running, let host = run.host, let process = run.process {
            parts.append("\(host), process \(process)")
        }
        // An error's first line; the whole of it is in the run's status.json.
        if let error = run.error { parts.append(error.split(separator: "\n").first.map(String.init) ?? error) }
        return parts.joined(separator: "; ")
    }
}
