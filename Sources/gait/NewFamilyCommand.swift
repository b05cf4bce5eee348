import ArgumentParser

struct NewFamilyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new-family", abstract: "Writes a small working family of tasks to start from, with a picture and a test, and registers it.",
        discussion: """
            The family is a copy of assets/templates/family with the new name, in the checkout that this program was built from. It needs no \
            engine: the simulation is written in Swift.
            """)

    @Argument(help: "Name of the new family, for example `my-family` or `MyFamily`.")
    var name: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        try Skeleton.create(.family, name, json: output.json) {
            [
                "test --filter \($0.type)Tests", "train pmeta-rl \($0.command) --preset quick",
                "render runs/train/\($0.command)/pmeta-rl/seed-0 --out film.mp4",
            ]
        }
    }
}
