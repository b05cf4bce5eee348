import ArgumentParser
import Core
import Environments
import Foundation
import Runs

/// What all commands share.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print JSON lines on standard output.")
    var json = false
}

/// For commands that go on with a run.
struct ThreadsOption: ParsableArguments {
    @Option(parsing: .unconditional, help: "Threads; the run's own number unless told.")
    var threads: Int?

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads: at least 1 expected, found \(threads)") }
    }
}

/// For commands that train.
struct VideoOption: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Environment steps between two videos of an evaluation, in DIR/videos; 0 for none.", valueName: "steps"))
    var videoEvery = 0

    func validate() throws {
        if videoEvery < 0 { throw ValidationError("--video-every: 0 or more expected, found \(videoEvery)") }
    }
}

/// Reading words of the command line, with the nearest valid one in the error.
enum Choice {
    /// One of an enumeration's words.
    static func one<T: RawRepresentable<String> & CaseIterable>(_ text: String, kind: String, plural: String? = nil) throws -> T {
        guard let value = T(rawValue: text) else {
            throw ValidationError(unknownNameMessage(kind: kind, plural: plural, name: text, known: T.allCases.map(\.rawValue)))
        }
        return value
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
