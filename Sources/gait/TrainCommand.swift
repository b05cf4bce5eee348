import Agents
import ArgumentParser
import Core
import Environments
import Film
import Foundation
import Runs

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Trains an agent on a family: one run.",
        discussion: """
            Ctrl-C saves everything and says how to go on. Settings are the keys under `settings` in a run's config.yaml: \
            `--set batchSize=128 --set proximalWeight=10`.
            """)

    @Argument(help: "Name of an agent; `gait list agents` has them.")
    var agent: String

    @Argument(help: "Name of a family; `gait list families` has them.")
    var family: String

    @Option(help: "quick, laptop, long or paper; laptop unless told.", transform: { try Choice.one($0, kind: "preset") as Preset })
    var preset = Preset.laptop

    @Option(parsing: .unconditional, help: "Seed of everything random in training.")
    var seed: UInt64 = 0

    @Option(parsing: .unconditional, help: "Environment steps, all tasks together; the preset's unless told.")
    var steps: Int?

    @Option(name: .customLong("set"), help: ArgumentHelp("A setting of the agent; may be given again.", valueName: "key=value"))
    var settings: [String] = []

    @Option(help: ArgumentHelp("Run directory.", discussion: "runs/train/FAMILY/AGENT/seed-N unless told.", valueName: "dir"))
    var out: String?

    @Option(parsing: .unconditional, help: "Threads; the result is the same bits for any number.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Option(parsing: .unconditional, help: "Seed that the tasks are drawn from, so that every agent meets the same ones.")
    var taskSeed: UInt64 = RunRequest.standardTaskSeed

    @Option(parsing: .unconditional, help: "Environment steps between two evaluations; 0 for none.")
    var evaluateEvery: Int?

    @Option(parsing: .unconditional, help: "Environment steps between two checkpoints; 0 for one at the end only.")
    var checkpointEvery: Int?

    @Option(parsing: .unconditional, help: "Deterministic episodes a task in each evaluation.")
    var evaluationEpisodes: Int?

    @Option(parsing: .unconditional, help: "Episodes that the agent may adapt for in each evaluation.")
    var adaptationEpisodes: Int?

    @OptionGroup var video: VideoOption

    @OptionGroup var output: OutputOptions

    func run() throws {
        let workplace = try Workplace()
        var context = try workplace.context(observe: RunDisplay(json: output.json).show)
        context.filming = EvaluationFilms.maker(every: video.videoEvery)
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
