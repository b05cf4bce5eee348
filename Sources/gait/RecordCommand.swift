import ArgumentParser
import Core
import Formats
import Runs

struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Saves a policy's episodes for NumPy and for `gait render`.",
        discussion: """
            Saves the observations, actions, rewards and times of the episodes that `gait evaluate` plays first, and of robots the positions and \
            velocities in MuJoCo's units. To read them in Python:

                numpy.load("episode.npz")["observations"]
            """)

    @Argument(help: ArgumentHelp("Run directory.", valueName: "dir"), transform: nonEmptyPath)
    var directory: String

    @OptionGroup var choice: PolicyOptions

    @Option(help: ArgumentHelp("File to write (.npz).", valueName: "file"))
    var out: String

    @OptionGroup var threading: ThreadsOption

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if !PanelSource.isRecording(out) { throw ValidationError("--out \(out): a name that ends in .npz expected") }
        if choice.policy.count > 1 { throw ValidationError("--policy: only one policy can be saved in a file") }
    }

    func run() throws {
        let source = try PanelSource(Workplace(), threads: threading.threads)
        guard let panel = try source.panels([directory], choice)?.first else { throw source.interrupted }
        try makeFolder(RenderCommand.folder(of: out))
        try panel.write(to: out)
        if output.json {
            Console.json(Line(path: out, returns: panel.episodes.map(\.episodeReturn), steps: panel.episodes.map(\.steps)))
        } else {
            print("trajectory: \(out)\n  " + RenderCommand.words(panel))
        }
    }

    private struct Line: Encodable {
        var event = "recorded"
        var path: String
        var returns: [Double]
        var steps: [Int]
    }
}
