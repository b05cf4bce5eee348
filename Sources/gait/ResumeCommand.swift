import ArgumentParser
import Core
import Film
import Runs

struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Continues a run from its last checkpoint.",
        discussion: """
            The result is the same, bit for bit, as that of a run that was never interrupted. With a new length (--steps, --rounds or \
            --trajectories) a finished run is trained further, and one that was stopped gets another end.
            """)

    @Argument(help: ArgumentHelp("Run directory.", valueName: "dir"), transform: nonEmptyPath)
    var directory: String

    @OptionGroup var threading: ThreadsOption

    @OptionGroup var length: BudgetOptions

    @OptionGroup var engine: EngineOption

    @OptionGroup var video: VideoOption

    @OptionGroup var output: OutputOptions

    func run() throws {
        let workplace = try Workplace()
        var context = try workplace.context(observe: RunDisplay(json: output.json).show)
        context.acceptsOtherEngine = engine.otherEngine
        context.filming = EvaluationFilms.maker(every: video.videoEvery, methods: workplace.filmMethods)
        throw ExitCode(try Run.resume(RunDirectory(directory), threads: threading.threads, budget: length.amounts, context: context).exitCode)
    }
}
