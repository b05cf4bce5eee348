import ArgumentParser
import Core
import Environments
import Foundation
import Runs

/// The value of an option that is a path. An empty one, which a shell makes of a variable that is not set, would stand for the root folder; one
/// that begins with a dash would be an option for the programs that are given it.
func nonEmptyPath(_ text: String) throws -> String {
    if text.isEmpty { throw ValidationError("the path of a file or a folder expected") }
    return text.hasPrefix("-") ? "./" + text : text
}

/// What all commands share.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print one JSON object per line on standard output.")
    var json = false
}

/// For commands that load a run.
struct ThreadsOption: ParsableArguments {
    @Option(parsing: .unconditional, help: "Number of threads. Default: the number that the run was started with.")
    var threads: Int?

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads: at least 1 expected, found \(threads)") }
    }
}

/// For commands that continue runs.
struct EngineOption: ParsableArguments {
    @Flag(help: "Continue also what was trained with another version of MuJoCo, where the same actions lead elsewhere.")
    var otherEngine = false
}

/// For commands that train.
struct VideoOption: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Film an evaluation every so many environment steps, in DIR/videos. 0: never.", valueName: "steps"))
    var videoEvery = 0

    func validate() throws {
        if videoEvery < 0 { throw ValidationError("--video-every: 0 or more expected, found \(videoEvery)") }
    }
}

/// How a run's events are shown: JSON lines, or a progress bar.
struct RunDisplay {
    let json: Bool
    private let progress = ProgressDisplay()

    init(json: Bool) { self.json = json }

    func show(_ event: RunEvent) {
        if json, let line = event.json { print(line) }
        progress.show(event)
    }
}
