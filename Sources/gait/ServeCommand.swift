import ArgumentParser
import Core
import Environments
import Film
import Foundation
import Programs
import Runs

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Lets another program step the families of tasks.",
        discussion: """
            Clients start this command, for example assets/clients/python/gait.py: they give it one end of a socket pair and its number. \
            Sources/Programs/PROTOCOL.md describes the messages.
            """)

    @Option(parsing: .unconditional, help: ArgumentHelp("Number of the open file that is the connected stream socket.", valueName: "number"))
    var channel: Int32

    func run() throws {
        var status = stat()
        guard channel > STDERR_FILENO, fstat(channel, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
            throw GaitError.usage("--channel \(channel): the number of an open stream socket expected; clients start this command")
        }
        signal(SIGINT, SIG_IGN)  // A terminal's Ctrl-C is the client's; this process ends with its channel.
        let workplace = try Workplace()
        let abilities = ServerAbilities(
            painter: { try StatePainter($0, task: $1, environment: $2, methods: workplace.filmMethods) }, precise: EngineParts.precise)
        let server = FamilyServer(
            Channel(channel, patience: 0), registry: workplace.registry, version: Gait.version, abilities: abilities)
        do { try server.run() } catch let error as ChannelError { throw GaitError.failure("\(error)") }
    }
}

/// Draws an environment's present state as a film would, without a caption.
private final class StatePainter: Painter {
    private let still: StillPicture
    init(_ family: any TaskFamily, task: TaskDescription, environment: any Environment, methods: [any FilmMethod]) throws {
        still = try StillPicture(of: environment, family: family, task: task, methods: methods)
    }
    func paint(width: Int, height: Int) throws -> [UInt8] { try still.draw(PictureSize(width: width, height: height)) }
}
