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
            Ctrl-C saves a checkpoint and prints the command that continues. The agent's settings are the keys below `settings` in a run's \
            config.yaml; change them with, for example, `--set batchSize=128 --set proximalWeight=10`.
            """)

    @Argument(help: "Name of an agent; see `gait list agents`.")
    var agent: String

    @Argument(help: "Name of a family; see `gait list families`.")
    var family: String

    @Option(help: "Size of the run: quick, laptop, long or paper (default: laptop).", transform: { try Choice.one($0, kind: "preset") as Preset })
    var preset = Preset.laptop

    @Option(parsing: .unconditional, help: "Seed of all random numbers in training.")
    var seed: UInt64 = 0

    @Option(parsing: .unconditional, help: "Environment steps of all tasks together. Default: the preset's.")
    var steps: Int?

    @Option(name: .customLong("set"), help: ArgumentHelp("Change a setting of the agent. Can be repeated.", valueName: "key=value"))
    var settings: [String] = []

    @Option(help: ArgumentHelp("Run directory. Default: runs/train/FAMILY/AGENT/seed-N.", valueName: "dir"))
    var out: String?

    @Option(parsing: .unconditional, help: "Number of threads. It does not change the result.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Option(parsing: .unconditional, help: "Seed that the tasks are drawn with; the same for all agents that are compared.")
    var taskSeed: UInt64 = RunRequest.standardTaskSeed

    @Option(parsing: .unconditional, help: "Environment steps between two evaluations; 0: none. Default: the preset's.")
    var evaluateEvery: Int?

    @Option(parsing: .unconditional, help: "Environment steps between two checkpoints; 0: only at the end. Default: the preset's.")
    var checkpointEvery: Int?

    @Option(parsing: .unconditional, help: "Episodes for each task in an evaluation. Default: the preset's.")
    var evaluationEpisodes: Int?

    @Option(parsing: .unconditional, help: "Episodes that an agent may adapt for in an evaluation. Default: the preset's.")
    var adaptationEpisodes: Int?

    @OptionGroup var video: VideoOption

    @OptionGroup var output: OutputOptions

    func run() throws {
        let workplace = try Workplace()
        var context = try workplace.context(observe: RunDisplay(json: output.json).show)
        context.filming = EvaluationFilms.maker(every: video.videoEvery, methods: workplace.filmMethods)
        var request = RunRequest(agent: agent, family: family, preset: preset)
        request.seed = seed
        request.taskSeed = taskSeed
        request.steps = steps
        request.evaluateEvery = evaluateEvery.map { EvaluationInterval($0) }
        request.checkpointEvery = checkpointEvery
        request.evaluationEpisodes = evaluationEpisodes
        request.adaptationEpisodes = adaptationEpisodes
        request.threads = threads
        request.overrides = try settings.map(SettingOverride.init(option:))
        let configuration = try Run.configuration(request, budgets: workplace.budgets(), context: context)
        let directory = out.map(RunDirectory.init)
            ?? .standard(experiment: "train", family: configuration.family, agent: configuration.agent, seed: seed)
        let outcome = try Run.train(configuration, in: directory, context: context)
        throw ExitCode(outcome.exitCode)
    }
}
