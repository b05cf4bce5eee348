import ArgumentParser
import Core
import Runs

struct NewBaselineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new-baseline", abstract: "Writes a small working agent to start from, with a test, and registers it.",
        discussion: "The agent is a copy of assets/templates/baseline with the new name, in the checkout that this program was built from.")

    @Argument(help: "Name of the new agent, for example `my-agent` or `MyAgent`.")
    var name: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        let name = try BaselineName(name)
        let skeleton = try BaselineSkeleton(name: name, assets: AssetsFolder.find())
        try skeleton.checkNameIsFree(registry: Registry.withoutAssets)
        let files = try skeleton.write()
        if output.json { return Console.json(["name": name.command, "target": name.type, "folder": "\(skeleton.project)/baselines/\(name.type)"]) }
        Console.note("in \(skeleton.project):")
        for file in files { Console.note("  \(file)") }
        Console.note("next: ./gait test --filter \(name.type)Tests; ./gait train \(name.command) half-cheetah-dir --preset quick")
    }
}
