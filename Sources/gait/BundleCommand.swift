import ArgumentParser
import Core
import Foundation
import Learning
import Runs

struct BundleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle", abstract: "Packs this program with its libraries and assets, for machines without root and without Swift.",
        discussion: """
            The archive unpacks to one folder with the executable `gait` at its top. It runs from any folder on x86-64 Linux, also where the C \
            library is older than this machine's. A definition file for Apptainer is written beside the archive.
            """)

    @Argument(help: "The archive to write. Its name ends in .tar.gz, .tgz, .tar.xz, .tar.zst or .tar.")
    var archive: String

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if ProgramBundle.stem(of: archive) == nil {
            throw ValidationError("'\(archive)': a name that ends in \(ProgramBundle.endings.joined(separator: ", ")) expected")
        }
    }

    func run() throws {
        guard !RunningProgram.isBundled, let program = RunningProgram.file else {
            throw GaitError.usage("this program runs from a bundle already; copy its folder, or call `bundle` of a checkout")
        }
        try BLAS.open()
        let bundle = try ProgramBundle(program: program, assets: AssetsFolder.find(), version: Gait.version)
        let files = try bundle.write(to: archive)
        for missing in bundle.missing { Console.note("left out: \(missing)") }
        for file in files {
            if output.json {
                Console.json(Written(file: file))
            } else {
                print(file)
            }
        }
    }

    private struct Written: Encodable {
        var event = "written"
        var file: String
    }
}
