import ArgumentParser
import Core
import Formats
import Runs

struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Writes a policy's episodes down for NumPy, and for `gait render` without the policy.",
        discussion: """
            The episodes of `gait evaluate`: positions, velocities, actions, rewards, times and returns, in MuJoCo's units:
                numpy.load("trajectory.npz")["positions"]
            """)

    @Argument(help: ArgumentHelp("Run directory.", valueName: "dir"))
    var directory: String

    @OptionGroup var choice: PolicyOptions

    @Option(help: ArgumentHelp("The file, .npz.", valueName: "file"))
    var out: String

    @OptionGroup var threading: ThreadsOption

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if !PanelSource.isRecording(out) { throw ValidationError("--out \(out): a name that ends in .npz expected") }
        if choice.policy.count > 1 { throw ValidationError("--policy: one a file expected") }
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
