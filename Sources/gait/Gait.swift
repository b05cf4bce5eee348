import ArgumentParser
import Core
import Foundation

/// The command line. Results go to standard output, progress and everything else to standard error.
///
/// Exit status: 64 for a command that can't be meant, 65 for bad input, 1 for a failure while running, 130 and 143 when
/// interrupted.
@main
struct Gait: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "gait",
        abstract: "A benchmark harness for meta reinforcement learning on MuJoCo.",
        discussion: "Start with `gait reproduce fig4 --preset quick`, or `gait doctor` when something is amiss.",
        version: version,
        subcommands: [
            ListCommand.self, DoctorCommand.self, VerifyCommand.self, TasksCommand.self, TrainCommand.self, ResumeCommand.self,
            EvaluateCommand.self, RenderCommand.self, ViewCommand.self, RecordCommand.self, ReproduceCommand.self, ReportCommand.self,
            BenchCommand.self, NewBaselineCommand.self,
        ])

    static func main() {
        setvbuf(stdout, nil, _IOLBF, 0)  // each JSON line at once, also into a pipe
        signal(SIGXFSZ, SIG_IGN)  // a file that may not grow is then an error like a full disk
        var command: any ParsableCommand
        do {
            try checkCommandName(Array(CommandLine.arguments.dropFirst()))
            command = try parseAsRoot()
        } catch let error as GaitError {
            fail(error)
        } catch {
            exit(withError: error)
        }
        do {
            try command.run()
        } catch {
            // Help is a command of ArgumentParser's own that ends by throwing what is to be printed.
            let isParsers = error is ExitCode || error is CleanExit || error is ValidationError
            if isParsers || exitCode(for: error).isSuccess { exit(withError: error) }
            fail(error)
        }
    }

    /// Ends the program with the error's words and status.
    private static func fail(_ error: any Error) -> Never {
        Console.note("gait: \(error)")
        Foundation.exit(status(of: error))
    }

    /// ArgumentParser suggests options but not commands.
    private static func checkCommandName(_ arguments: [String]) throws {
        let known = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard let name = arguments.first, !name.hasPrefix("-"), !known.contains(name) else { return }
        throw GaitError.usage(unknownNameMessage(kind: "command", name: name, known: known) + ". `gait --help` says what they do")
    }
}
