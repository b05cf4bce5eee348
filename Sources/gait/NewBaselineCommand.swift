import ArgumentParser

struct NewBaselineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new-baseline", abstract: "Writes a small working agent to start from, with a test, and registers it.",
        discussion: "The agent is a copy of assets/templates/baseline with the new name, in the checkout that this program was built from.")

    @Argument(help: "Name of the new agent, for example `my-agent` or `MyAgent`.")
    var name: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        try Skeleton.create(.baseline, name, json: output.json) {
            [
                "test --filter \($0.type)Tests", "train \($0.command) half-cheetah-dir --preset quick",
                "report runs/train/half-cheetah-dir/\($0.command)",
            ]
        }
    }
}
