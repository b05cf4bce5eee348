import ArgumentParser
import Experiments

struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Goes on with a run from its last checkpoint.",
        discussion: "Ends at the same bits as a run that was never interrupted.")

    @Argument(help: ArgumentHelp("Run directory.", valueName: "dir"))
    var directory: String

    @Option(help: "Threads; the run's own number unless told.")
    var threads: Int?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads: at least 1 expected, found \(threads)") }
    }

    func run() throws {
        let context = try Workplace().context(observe: RunDisplay(json: output.json).show)
        throw ExitCode(try Run.resume(RunDirectory(directory), threads: threads, context: context).exitCode)
    }
}
