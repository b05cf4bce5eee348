import Agents
import Core
import Environments
import Formats
import Foundation

/// What the command line passes to every run.
public struct RunContext {
    public var registry: Registry
    public var versions: Versions
    /// For `config.yaml`: the command line of the program.
    public var command: String
    public var interruption: Interruption
    public var observe: (RunEvent) -> Void
    /// Makes the object that films evaluations of a run; nil for no films.
    public var filming: EvaluationFilmingMaker?
    /// Seconds to wait where another process has the run in hand: one that was asked to stop needs a moment to save.
    public var patience = 0.0
    /// Runs are continued also with another version of MuJoCo than they were trained with.
    public var acceptsOtherEngine = false

    /// The same, without showing anything.
    var silent: RunContext {
        var context = self
        context.observe = { _ in }
        return context
    }

    public init(
        registry: Registry, versions: Versions, command: String = CommandLine.arguments.joined(separator: " "),
        interruption: Interruption = Interruption(), observe: @escaping (RunEvent) -> Void = { _ in }
    ) {
        self.registry = registry
        self.versions = versions
        self.command = command
        self.interruption = interruption
        self.observe = observe
    }
}

/// A run to start: names, and what differs from the preset's budget and settings.
public struct RunRequest: Sendable {
    public var agent: String
    public var family: String
    public var preset: Preset
    public var seed: UInt64 = 0
    public var taskSeed = TaskSeed.standard
    /// Lengths by unit, where they depart from the preset's budget; the agent's own unit counts.
    public var budget: [BudgetUnit: Int] = [:]
    /// A length in a unit that the agent does not count in is ignored, not an error: it is meant for other agents of a sweep.
    public var ignoresOtherUnits = false
    public var evaluateEvery: EvaluationInterval?
    public var checkpointEvery: Int?
    public var evaluationEpisodes: Int?
    public var adaptationEpisodes: Int?
    public var threads = 1
    /// Laid over the agent's preset.
    public var overrides: [SettingOverride] = []
    /// Laid over the family's defaults, their keys without `family.`.
    public var familyOverrides: [SettingOverride] = []
    /// What reports call the agent and the family; their names by default.
    public var variant: String?
    public var familyVariant: String?
    /// The experiment that the run is made for.
    public var experiment: String?

    public init(agent: String, family: String, preset: Preset) {
        self.agent = agent
        self.family = family
        self.preset = preset
    }

    /// The default seed of the tasks, so that all runs have the same ones.
    public static let standardTaskSeed: UInt64 = 1337
}

/// A run loaded from its newest usable checkpoint.
public struct OpenedRun {
    public var configuration: RunConfiguration
    public var family: any TaskFamily
    public var agent: any Agent
    public var progress: RunProgress
}

/// Starts, resumes and evaluates runs.
public enum Run {
    /// The whole configuration of a request, checked. When its length departs from the preset's, the distances between
    /// evaluations and between checkpoints keep their proportion to it.
    /// Throws `GaitError.usage` for names, `ConfigurationError` for settings and numbers.
    public static func configuration(_ request: RunRequest, budgets: Budgets, context: RunContext) throws -> RunConfiguration {
        let agent = try context.registry.agent(named: request.agent)
        let familyEntry = try context.registry.familyEntry(named: request.family)
        let familySettings = try familyEntry.settings(overrides: request.familyOverrides)
        let family = try familyEntry.make(settings: familySettings, assets: context.registry.assets)
        var budget: Budget
        do { budget = try length(request, agent, familyEntry.name, budgets) } catch {
            // Where the agent can't act in this family no length would help.
            try context.registry.requireSupport(of: family.description, by: agent, family: familyEntry.name)
            throw error
        }
        budget.evaluateEvery = request.evaluateEvery ?? budget.evaluateEvery
        budget.checkpointEvery = request.checkpointEvery ?? budget.checkpointEvery
        budget.evaluationEpisodes = request.evaluationEpisodes ?? budget.evaluationEpisodes
        budget.adaptationEpisodes = request.adaptationEpisodes ?? budget.adaptationEpisodes
        if let fault = budget.fault { throw GaitError.usage("\(optionName(fault.key)): \(fault.reason)") }
        guard request.threads >= 1 else { throw GaitError.usage("--threads: at least 1 expected, found \(request.threads)") }
        let taskSeed = request.taskSeed.number(seed: request.seed)
        var configuration = RunConfiguration(
            agent: agent.name, family: familyEntry.name, preset: request.preset, seed: request.seed, taskSeed: taskSeed,
            budget: budget, threads: request.threads,
            settings: try agent.settings(preset: request.preset, family: familyEntry.name, overrides: request.overrides),
            familySettings: familySettings, trainTasks: try family.tasks(.train, seed: taskSeed),
            testTasks: try family.tasks(.test, seed: taskSeed), versions: context.versions, command: context.command)
        configuration.tasksPerSeed = request.taskSeed == .perSeed
        configuration.variant = request.variant ?? agent.standardName
        configuration.familyVariant = request.familyVariant ?? familyEntry.standardName
        configuration.versions = versions(for: configuration, context)
        configuration.experiment = request.experiment
        return configuration
    }

    /// The budget of a request in a unit that its agent counts in.
    private static func length(_ request: RunRequest, _ agent: AgentEntry, _ family: String, _ budgets: Budgets) throws -> Budget {
        if !request.ignoresOtherUnits, let other = request.budget.keys.first(where: { !agent.budgetUnits.contains($0) }) {
            throw GaitError.usage(
                "--\(other.rawValue): \(agent.name) counts its budget in \(agent.unitNames()); give \(agent.unitNames(prefix: "--"))")
        }
        let unit = budgets.unit(preset: request.preset, family: family, among: agent.budgetUnits, given: request.budget)
        return try budgets.budget(preset: request.preset, family: family, unit: unit, amount: request.budget[unit])
    }

    /// `--evaluate-every` for `evaluateEvery`.
    private static func optionName(_ key: String) -> String {
        "--" + key.map { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }.joined()
    }

    /// Trains in `directory` until the budget is spent or the user stops it. Where the same run was begun there, it goes on, so that a job
    /// that is started again needs no other command; a finished one is left as it is.
    /// Throws `GaitError.usage` if the directory has another run, because nothing is ever overwritten.
    public static func train(_ configuration: RunConfiguration, in directory: RunDirectory, context: RunContext) throws -> RunOutcome {
        if directory.hasRun {
            try requireSame(configuration, directory, context)
            return try resume(directory, threads: configuration.threads, context: context)
        }
        if !directory.checkpoints.list().isEmpty {
            throw GaitError.input("\(directory.path) has checkpoints but no config.yaml; restore it, or choose another folder with --out")
        }
        if access(directory.path + "/runs.csv", F_OK) == 0 {
            throw GaitError.usage("\(directory.path) has a report, and a run would replace its raw data; choose another folder with --out")
        }
        if let other = RunDirectory.all(below: directory.path).first(where: { $0 != directory }) {
            throw GaitError.usage("\(directory.path) holds other runs, such as \(other.path), and reports would no longer find them; choose another folder with --out")
        }
        let (family, agent) = try make(configuration, context: context)
        warnOfMissingPresets(configuration, context)
        warnOfSlowPrecision(configuration, context)
        try makeFolder(directory.path)
        let lock = try lock(directory, context)
        let outcome: RunOutcome? = try withExtendedLifetime(lock) {
            if directory.hasRun { return nil }  // another process has begun it meanwhile
            return try helpful(directory) {
                // What a copy that was cut short left behind.
                directory.checkpoints.discardHalfWritten()
                // From here on the run can be resumed, whatever happens.
                try writeAtomically(configuration.yaml(), to: directory.configurationFile)
                let log = try RunLog(directory: directory, progress: nil)
                context.observe(.started(
                    directory: directory.path, spent: 0, budget: configuration.budget.amount, unit: configuration.budget.unit, resumed: false))
                return try TrainingLoop(
                    directory: directory, configuration: configuration, agent: agent, family: family, progress: RunProgress(),
                    log: log, isSaved: false, interruption: context.interruption, observe: context.observe,
                    filming: context.filming
                ).run()
            }
        }
        return try outcome ?? train(configuration, in: directory, context: context)
    }

    /// Waits as long as `context.patience` allows where another process has the run in hand. Throws `FolderInUse` or `FileError`.
    private static func lock(_ directory: RunDirectory, _ context: RunContext) throws -> FolderLock {
        let end = ContinuousClock.now + .seconds(context.patience)
        while true {
            do {
                let lock = try FolderLock(folder: directory.path)
                if let warning = lock.warning { context.observe(.warning(warning)) }
                return lock
            } catch let error as FolderInUse {
                guard ContinuousClock.now < end, context.interruption.requested == nil else { throw error }
                usleep(200_000)
            }
        }
    }

    /// Continues from the newest usable checkpoint, or from the beginning if there is none. The result is the same, bit for bit, as that of
    /// a run that was never interrupted. A finished run is not changed, unless `budget` makes it longer.
    ///
    /// - Parameter budget: a new length of the whole run, in the unit that its agent counts in. From here on the agent's schedules follow it, so
    ///   that the result may be another than that of a run which had this length from the beginning.
    ///
    /// Throws `GaitError.input` or `ConfigurationError` if the directory has no usable run, `GaitError.usage` for a length that is behind it, and
    /// where MuJoCo has another version than before and `context` does not accept that.
    public static func resume(
        _ directory: RunDirectory, threads: Int? = nil, budget: [BudgetUnit: Int] = [:], context: RunContext
    ) throws -> RunOutcome {
        _ = try directory.configuration()
        let lock = try lock(directory, context)
        return try withExtendedLifetime(lock) {
            directory.checkpoints.recover()
            var configuration = try directory.configuration()
            let threadsBefore = configuration.threads
            configuration.threads = threads ?? threadsBefore
            let lengthChange = try setLength(of: &configuration, to: budget, directory)
            let status = directory.status()
            func namingSteps<T>(_ body: () throws -> T) throws -> T {
                do { return try body() } catch let error as SettingError where error.key == "steps" {
                    guard lengthChange == nil else { throw GaitError.usage("--steps: \(error.reason)") }
                    throw ConfigurationError(origin: .file(directory.configurationFile), key: "steps", reason: error.reason)
                }
            }
            var willTrain = status?.state != .finished || (status?.amount ?? 0) < configuration.budget.amount
            if !willTrain, let status, !directory.checkpoints.list().isEmpty {
                let newest = try namingSteps { try load(directory, configuration, context.silent) }
                if newest.progress.spent >= configuration.budget.amount { return leave(directory, configuration, status, context) }
                willTrain = true  // the last checkpoint is damaged
            }
            if willTrain {
                try requireThisProtocol(configuration, directory)
                if !context.acceptsOtherEngine, let refusal = otherEngine(configuration, directory, context) { throw refusal }
                if !directory.checkpoints.list().isEmpty { warnOfOtherVersions(configuration, context) }
                warnOfSlowPrecision(configuration, context)
            }
            directory.discardPartialFiles()
            return try helpful(directory) {
                let start = try namingSteps { try restart(configuration, directory, context) }
                // The run is changed only once everything that it needs has been found.
                let before = configuration.versions
                if willTrain { configuration = continued(configuration, begins: !start.isSaved, context) }
                if configuration.versions != before || lengthChange != nil {
                    var file = configuration
                    file.threads = threadsBefore
                    try writeAtomically(file.yaml(), to: directory.configurationFile)
                }
                if let lengthChange { context.observe(.warning(lengthChange)) }
                context.observe(
                    .started(
                        directory: directory.path, spent: start.progress.spent, budget: configuration.budget.amount,
                        unit: configuration.budget.unit, resumed: true))
                return try TrainingLoop(
                    directory: directory, configuration: configuration, agent: start.agent, family: start.family,
                    progress: start.progress, log: start.log, isSaved: start.isSaved, interruption: context.interruption,
                    observe: context.observe, memory: start.memory, filming: context.filming
                ).run()
            }
        }
    }

    /// A finished run that is as it was written: nothing is done.
    private static func leave(
        _ directory: RunDirectory, _ configuration: RunConfiguration, _ status: RunStatus, _ context: RunContext
    ) -> RunOutcome {
        if let engine = engineOfItsOwn(configuration, context) {
            context.observe(.warning(
                "this run is finished and stays as MuJoCo \(engine) made it; this program has \(context.versions.mujoco), for which a run in another "
                    + "folder is needed"))
        }
        context.observe(.started(
            directory: directory.path, spent: status.amount, budget: configuration.budget.amount, unit: configuration.budget.unit, resumed: true))
        let outcome = RunOutcome(
            directory: directory.path, end: .finished, steps: status.steps, updates: status.updates, seconds: status.seconds, returns: [:])
        context.observe(.ended(outcome))
        return outcome
    }

    /// Loads a run's configuration and its agent from the newest usable checkpoint. Takes no lock.
    /// Throws `GaitError.input` or `ConfigurationError`.
    public static func open(_ directory: RunDirectory, threads: Int? = nil, context: RunContext) throws -> OpenedRun {
        var configuration = try directory.configuration()
        configuration.threads = threads ?? configuration.threads
        if let (before, now) = engineChange(configuration, context) {
            context.observe(.warning(
                "the run was trained with MuJoCo \(before), and this is \(now): the same policies behave a little differently here, "
                    + "and have other returns"))
        }
        return try load(directory, configuration, context)
    }

    private static func load(_ directory: RunDirectory, _ configuration: RunConfiguration, _ context: RunContext) throws -> OpenedRun {
        // Made before any checkpoint is read: an error in the configuration or the model is not an error of the checkpoint.
        var prepared: Made? = try make(configuration, context: context, file: directory.configurationFile)
        let opened = try directory.checkpoints.newest(warn: { context.observe(.warning($0)) }) { checkpoint in
            let (family, agent) = try prepared ?? make(configuration, context: context)
            prepared = nil
            try requireOwn(checkpoint, configuration, directory, context)
            try checkpoint.restore(agent)
            return OpenedRun(configuration: configuration, family: family, agent: agent, progress: checkpoint.progress)
        }
        guard let opened else {
            throw GaitError.input(
                "\(directory.checkpoints.folder) has no checkpoint yet; `\(resumeCommand(directory.path))` continues the training")
        }
        return opened
    }

    /// Evaluates a run's newest agent. With the run's own numbers of episodes the returns are those of the evaluation
    /// that training made at the same step. Nil if the user stopped it. Throws `GaitError.usage` where no policy plays the tasks.
    ///
    /// - Parameters:
    ///   - own: other tasks than the run's. They count as unseen: policies that belong to a training task don't play them.
    ///   - episodes: of each task.
    ///   - adaptationEpisodes: that a policy may adapt for before each of them.
    public static func evaluate(
        _ directory: RunDirectory, sets: [TaskSet]? = nil, own: [TaskDescription] = [], episodes: Int? = nil, adaptationEpisodes: Int? = nil,
        threads: Int? = nil, context: RunContext
    ) throws -> (step: Int, records: [MetricRecord])? {
        for (option, value, least) in [("episodes", episodes, 1), ("adaptation-episodes", adaptationEpisodes, 0)] {
            guard let value, let fault = Budget.fault(value, least, Budget.mostEpisodes) else { continue }
            throw GaitError.usage("--\(option): \(fault)")
        }
        var run = try open(directory, threads: threads, context: context), sets = sets
        if !own.isEmpty {
            try requirePlayable(own, run)
            run.configuration.testTasks = own
            sets = [.test]
        }
        try requirePolicies(run, sets ?? TaskSet.allCases, areOwn: !own.isEmpty)
        run.configuration.budget.adaptationEpisodes = adaptationEpisodes ?? run.configuration.budget.adaptationEpisodes
        let records = try Evaluation(configuration: run.configuration, family: run.family)
            .run(run.agent, step: run.progress.steps, spent: run.progress.spent, sets: sets, episodes: episodes) {
                context.interruption.requested != nil
            }
        return records.map { (run.progress.steps, $0) }
    }
}

extension Run {
    /// Without its file of presets, an agent has the same settings at `quick` as at `paper`, and may train much longer than expected.
    private static func warnOfMissingPresets(_ configuration: RunConfiguration, _ context: RunContext) {
        guard let file = (try? context.registry.agent(named: configuration.agent))?.presets, !file.isThere else { return }
        context.observe(.warning(
            "\(configuration.agent) has no presets file (\(file.path)); the preset \(configuration.preset.rawValue) changes none of its "
                + "default settings"))
    }

    private typealias Made = (family: any TaskFamily, agent: any Agent)

    /// The family and a new agent. `file` is where the configuration was read from.
    private static func make(
        _ configuration: RunConfiguration, context: RunContext, file: String? = nil
    ) throws -> Made {
        func inFile<T>(_ key: String, program: String = "", _ body: () throws -> T) throws -> T {
            do { return try body() } catch let error where error is GaitError || error is EnvironmentError {
                guard let file else { throw error }
                let isMoved = program.contains("/") && access(program, F_OK) != 0
                throw ConfigurationError(
                    origin: .file(file), key: key, reason: "\(error)" + (isMoved ? "; if it was moved, write there where it is now" : ""))
            }
        }
        let entry = try inFile("agent", program: configuration.agent) { try context.registry.agent(named: configuration.agent) }
        guard entry.budgetUnits.contains(configuration.budget.unit) else {
            let reason = "\(entry.name) counts its budget in \(entry.unitNames()), found one in \(configuration.budget.unit.rawValue)"
            guard let file else { throw GaitError.usage(reason) }
            throw ConfigurationError(origin: .file(file), key: configuration.budget.unit.rawValue, reason: reason)
        }
        let familyEntry = try inFile("family", program: configuration.family) { try context.registry.familyEntry(named: configuration.family) }
        let settings = try entry.settings(ofRun: configuration.settings, origin: file.map { .file($0) } ?? .program)
        if let file {
            if let settings = configuration.familySettings { try familyEntry.validate(settings, origin: .file(file)) }
        }
        let family = try inFile("familySettings") {
            try familyEntry.make(settings: configuration.familySettings, assets: context.registry.assets)
        }
        let problem = Problem(
            environment: family.description, trainTasks: configuration.trainTasks,
            budget: configuration.trainingBudget, threads: configuration.threads,
            makeEnvironment: { try family.makeEnvironment($0, copies: $1) })
        let random = RandomStreams(seed: configuration.seed)
        do {
            return (family, try inFile("tasks") { try entry.make(problem: problem, settings: settings, random: random) })
        } catch let refusal as UnsupportedSpace {
            throw context.registry.naming(families: refusal, entry, familyEntry.name)
        }
    }

    private typealias Start = (family: any TaskFamily, agent: any Agent, progress: RunProgress, log: RunLog, memory: GraphMemory, isSaved: Bool)

    private static func restart(_ configuration: RunConfiguration, _ directory: RunDirectory, _ context: RunContext) throws -> Start {
        var prepared: Made? = try make(configuration, context: context, file: directory.configurationFile)
        let restored: Start? = try directory.checkpoints.newest(warn: { context.observe(.warning($0)) }) { checkpoint in
            let (family, agent) = try prepared ?? make(configuration, context: context)
            prepared = nil
            try requireOwn(checkpoint, configuration, directory, context)
            try checkpoint.restore(agent)
            let log = try RunLog(directory: directory, progress: checkpoint.progress)
            var memory = try GraphMemory(from: checkpoint.state)
            memory.trajectories = memory.trajectories ?? 0
            return (family, agent, checkpoint.progress, log, memory, true)
        }
        guard restored != nil || directory.status()?.state != .finished else {
            throw GaitError.input(
                "\(directory.path): this run is finished, but \(directory.checkpoints.folder) has no checkpoint; restore one, or start the run again in "
                    + "another folder. Its measurements are kept, and `gait report` shows them")
        }
        if restored == nil { try requireNothingLost(configuration, directory) }
        if let restored { try directory.checkpoints.setAside(after: restored.progress.steps) }
        directory.checkpoints.discardHalfWritten()
        if let restored { return restored }
        let (family, agent) = try prepared ?? make(configuration, context: context)
        return (family, agent, RunProgress(), try RunLog(directory: directory, progress: nil), GraphMemory(trajectories: 0), false)
    }

    /// Gives a run another length. Returns what there is to say about it, nil where the length stays.
    private static func setLength(
        of configuration: inout RunConfiguration, to budget: [BudgetUnit: Int], _ directory: RunDirectory
    ) throws -> String? {
        let before = configuration.budget.amount, unit = configuration.budget.unit
        if let other = budget.keys.first(where: { $0 != unit }) {
            throw GaitError.usage("--\(other.rawValue): \(configuration.agent) counts its budget in \(unit.rawValue); give --\(unit.rawValue)")
        }
        guard let amount = budget[unit], amount != before else { return nil }
        if let fault = Budget.fault(amount, 1, Budget.most) { throw GaitError.usage("--\(unit.rawValue): \(fault)") }
        // The status may be lost or older than the checkpoint, where the machine lost its power.
        let saved = unit == .steps ? directory.checkpoints.list().first?.step ?? 0 : 0
        let spent = max(directory.status()?.amount ?? 0, saved)
        guard amount > spent else {
            throw GaitError.usage("--\(unit.rawValue): more than \(grouped(spent)) expected, which the run has behind it; found \(grouped(amount))")
        }
        configuration.budget.amount = amount
        if let fault = configuration.budget.fault { throw GaitError.usage("--\(fault.key): \(fault.reason)") }
        configuration.earlierLengths.append(EarlierBudget(amount: before, spent: spent))
        return "the run's length is now \(grouped(amount)) \(unit.rawValue), \(grouped(before)) before; what an agent does by a schedule follows the new "
            + "length from here on"
    }

    /// Adds to the error of a full disk how to continue the run.
    private static func helpful<T>(_ directory: RunDirectory, _ body: () throws -> T) throws -> T {
        do { return try body() } catch let error as FileError where error.isFull {
            let advice = directory.hasRun ? "continue with `\(resumeCommand(directory.path))`" : "start again"
            throw GaitError.failure("\(error); free some space and \(advice)")
        }
    }
}
