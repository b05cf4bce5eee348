import ArgumentParser
import Core
@preconcurrency import Foundation  // C's stdout is a variable, which nobody sets

/// The command line. Results go to standard output, progress and messages to standard error. Sources/gait/README.md describes
/// commands, output and exit statuses.
@main
struct Gait: ParsableCommand {
    static let version = "0.2.0"

    /// With the commit that it was built from, where that is known: `0.2.0 (110a049c1234)`.
    static let build = RunningProgram.commit.map { "\(version) (\($0))" } ?? version

    static let configuration = CommandConfiguration(
        commandName: "gait",
        abstract: "Trains and compares agents for meta reinforcement learning.",
        discussion: """
            Start with `gait reproduce fig4 --preset quick`. If something does not work, `gait doctor` shows what is missing.

            Results go to standard output, progress and messages to standard error. With --json, standard output has one JSON object per \
            line. Exit statuses: 0 success, 1 failure while running, 64 invalid usage, 65 bad input, 130 and 143 interrupted.
            """,
        version: build,
        subcommands: [
            ListCommand.self, PresetsCommand.self, DoctorCommand.self, VerifyCommand.self, TasksCommand.self, TrainCommand.self, ResumeCommand.self,
            EvaluateCommand.self, RenderCommand.self, ViewCommand.self, RecordCommand.self, ReproduceCommand.self, StatusCommand.self, ReportCommand.self,
            BenchCommand.self, BundleCommand.self, ServeCommand.self, NewBaselineCommand.self, NewFamilyCommand.self,
        ])

    static func main() {
        StandardStreams.reserve()
        setvbuf(stdout, nil, _IOLBF, 0)  // each JSON line at once, also into a pipe
        if RunningProgram.isBundled { try? Data("gait".utf8).write(to: URL(fileURLWithPath: "/proc/self/comm")) }  // else `top` shows the loader
        signal(SIGXFSZ, SIG_IGN)  // reaching the file size limit is then an error, as a full disk is
        var command: any ParsableCommand
        do {
            try checkEncoding()
            try checkCommandName(Array(CommandLine.arguments.dropFirst()))
            command = try parseAsRoot()
        } catch let error as GaitError {
            fail(error)
        } catch {
            exit(withError: error)
        }
        do {
            try command.run()
            checkOutput()
        } catch {
            // ArgumentParser implements help as a command that throws the text to be printed.
            let isParsers = error is ExitCode || error is CleanExit || error is ValidationError
            if error is ExitCode, exitCode(for: error).isSuccess { checkOutput() }
            if isParsers || exitCode(for: error).isSuccess { exit(withError: error) }
            fail(error)
        }
    }

    /// Results that nobody got are a failure.
    private static func checkOutput() {
        if let failure = StandardStreams.outputFailure() { fail(GaitError.failure(failure)) }
    }

    /// Prints the error's message and ends the program with its status.
    private static func fail(_ error: any Error) -> Never {
        Console.note("gait: \(error)")
        Foundation.exit(status(of: error))
    }

    /// Swift puts U+FFFD for what is not UTF-8, so that a folder of another name would be made.
    private static func checkEncoding() throws {
        for index in 0..<Int(CommandLine.argc) {
            guard let word = CommandLine.unsafeArgv[index], String(validatingCString: word) == nil else { continue }
            throw GaitError.usage("argument \(index), '\(String(cString: word))': text in UTF-8 expected; give paths relative to a folder in it")
        }
    }

    /// Suggests the nearest command, which ArgumentParser does for options only.
    private static func checkCommandName(_ arguments: [String]) throws {
        let known = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard let name = arguments.first, !name.hasPrefix("-"), !known.contains(name) else { return }
        throw GaitError.usage(unknownNameMessage(kind: "command", name: name, known: known) + ". See `gait --help`")
    }
}

/// Throws what the program would print for words that are no valid command line. For tests of the documentation.
package func parseCommandLine(_ words: [String]) throws { _ = try Gait.parseAsRoot(words) }
