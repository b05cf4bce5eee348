import Agents
import ArgumentParser
import Core
import Environments
import Film
import Foundation
import Runs

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Trains one agent on one family.",
        discussion: """
            Ctrl-C saves a checkpoint and prints the command that continues. The settings of the agent and of the family are the keys below \
            `settings` and `familySettings` in a run's config.yaml; change them with, for example, `--set batchSize=128 --set family.trainTasks=20`.
            """)

    @Argument(help: "Name of an agent, see `gait list agents`; or the path of a program that is one, such as ./my_agent.py.")
    var agent: String

    @Argument(help: "Name of a family, see `gait list families`; or the path of a program that is one.")
    var family: String

    @Option(choice: "Size of the run")
    var preset = Preset.laptop

    @Option(parsing: .unconditional, help: "Seed of all random numbers in training.")
    var seed: UInt64 = 0

    @OptionGroup var length: BudgetOptions

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Change a setting of the agent, or of the family: family.key=value. Can be repeated.", valueName: "key=value"))
    var settings: [String] = []

    @Option(help: ArgumentHelp("Run directory. Default: runs/train/FAMILY/AGENT/seed-N.", valueName: "dir"), transform: nonEmptyPath)
    var out: String?

    @Option(parsing: .unconditional, help: "Number of threads. It does not change the result.")
    var threads = AvailableResources.own.cores

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Seed that the tasks are drawn with; the same for all agents that are compared. \(TaskSeed.perSeedName): the run's own seed. "
                + "Default: \(TaskSeed.standard.text).", valueName: "seed"),
        transform: { text in
            guard let seed = TaskSeed(text) else {
                throw ValidationError("a whole number or '\(TaskSeed.perSeedName)' expected, found '\(text)'")
            }
            return seed
        })
    var taskSeed: TaskSeed?

    @Option(
        parsing: .unconditional,
        help: "Distance between two evaluations, in the unit of the run's length. 0: none; round: at the end of every round. Default: the preset's.",
        transform: { text in
            guard let interval = EvaluationInterval(text) else { throw ValidationError("a whole number or 'round' expected, found '\(text)'") }
            return interval
        })
    var evaluateEvery: EvaluationInterval?

    @Option(
        parsing: .unconditional,
        help: "Distance between two checkpoints, in the unit of the run's length. 0: only at the end. Default: the preset's.")
    var checkpointEvery: Int?

    @Option(parsing: .unconditional, help: "Episodes for each task in an evaluation. Default: the preset's.")
    var evaluationEpisodes: Int?

    @Option(parsing: .unconditional, help: "Episodes that an agent may adapt for in an evaluation. Default: the preset's.")
    var adaptationEpisodes: Int?

    @Option(help: "Name of the agent in reports. Default: its own name.")
    var variant: String?

    @Option(help: "Name of the family in reports. Default: its own name.")
    var familyVariant: String?

    @Option(help: "Experiment that the run belongs to; reports show what the paper claims of it.")
    var experiment: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Wait so long where another process still has the run in hand, such as one that was asked to stop and is saving.",
            valueName: "seconds"))
    var patience = 0.0

    @OptionGroup var engine: EngineOption

    @OptionGroup var video: VideoOption

    @OptionGroup var output: OutputOptions

    /// A week, in seconds.
    static let mostPatience = 604_800

    func validate() throws {
        guard (0...Double(Self.mostPatience)).contains(patience) else {  // NaN is in no range
            throw ValidationError("--patience: 0 to \(Self.mostPatience) seconds expected, found \(patience)")
        }
        for (option, name) in [("--variant", variant), ("--family-variant", familyVariant), ("--experiment", experiment)] where name?.isEmpty == true {
            throw ValidationError("\(option): a name expected")
        }
    }

    func run() throws {
        let workplace = try Workplace()
        var context = try workplace.context(observe: RunDisplay(json: output.json).show)
        context.patience = patience
        context.acceptsOtherEngine = engine.otherEngine
        context.filming = EvaluationFilms.maker(every: video.videoEvery, methods: workplace.filmMethods)
        var request = RunRequest(agent: agent, family: family, preset: preset)
        request.seed = seed
        request.taskSeed = taskSeed ?? .standard
        request.budget = length.amounts
        request.evaluateEvery = evaluateEvery
        request.checkpointEvery = checkpointEvery
        request.evaluationEpisodes = evaluationEpisodes
        request.adaptationEpisodes = adaptationEpisodes
        request.threads = threads
        (request.overrides, request.familyOverrides) = SettingOverride.split(try settings.map(SettingOverride.init(option:)))
        request.variant = variant
        request.familyVariant = familyVariant
        request.experiment = experiment
        let configuration = try Run.configuration(request, budgets: workplace.budgets(), context: context)
        let directory = out.map(RunDirectory.init)
            ?? .standard(
                experiment: "train", family: RunDirectory.folderName(Registry.standardName(configuration.family)),
                agent: RunDirectory.folderName(Registry.standardName(configuration.agent)), seed: seed)
        let outcome = try Run.train(configuration, in: directory, context: context)
        throw ExitCode(outcome.exitCode)
    }
}
