import Core
import Environments
import Film
import Foundation
import Learning
import Runs

/// What every command that runs something needs: the assets folder, the registry and the versions.
struct Workplace {
    let assets: String
    let registry: Registry

    /// Throws `GaitError.input` where the assets folder is missing, or MuJoCo is another one than the program was built for.
    init() throws {
        try EngineParts.requireMatchingLibrary()
        assets = try AssetsFolder.find()
        registry = Registry.standard(assets: assets)
    }

    /// How families are shown.
    var filmMethods: [any FilmMethod] { EngineParts.filmMethods(registry) + [PictureFilm(registry: registry), RenderedFilm()] }

    func budgets() throws -> Budgets { try Budgets(contentsOf: Self.budgetsFile(assets)) }

    static func budgetsFile(_ assets: String) -> String { assets + "/budgets.yaml" }

    /// Opens the BLAS library first, so that its absence is reported before anything is written.
    func context(interruption: Interruption? = nil, observe: @escaping (RunEvent) -> Void) throws -> RunContext {
        try BLAS.open()
        return RunContext(
            registry: registry,
            versions: Versions(
                gait: Gait.build, mujoco: EngineParts.version, blas: BLAS.name,
                processor: Versions.processorModel()),
            command: Self.commandLine,
            interruption: interruption ?? Interruption(watchingSignals: ProcessInfo.processInfo.environment),
            observe: observe)
    }

    /// This command line, without the folder of the program.
    private static var commandLine: String { shellText(["gait"] + CommandLine.arguments.dropFirst()) }
}

/// The status that the program ends with after an error.
func status(of error: any Error) -> Int32 {
    EngineParts.exitCode(of: error) ?? (error is EnvironmentError ? 65 : exitCode(of: error))
}
