import Agents
import Environments
import Learning

/// Everything that a run's result depends on, and what it was made with: `config.yaml`.
public struct RunConfiguration: Sendable, Equatable {
    public var agent: String
    public var family: String
    /// What tables and figures call the agent, where an experiment has several variants of it; it does not change the result.
    public var variant: String?
    /// The same for the family.
    public var familyVariant: String?
    /// The experiment that the run was made for; it does not change the result.
    public var experiment: String?
    public var preset: Preset
    public var seed: UInt64
    /// Draws the family's tasks.
    public var taskSeed: UInt64
    /// `taskSeed` is the run's seed, because every seed of an experiment has tasks of its own: reports average over them, too.
    public var tasksPerSeed = false
    public var budget: Budget
    /// The lengths that the run had before its present one.
    public var earlierLengths: [EarlierBudget] = []
    /// How evaluations are made, see `Evaluation.protocolVersion`; 1 in files from before there was another.
    public var evaluationProtocol = Evaluation.protocolVersion
    /// Threads that the agent may use; they do not change the result.
    public var threads: Int
    /// Every setting of the agent, resolved, in the agent's order.
    public var settings: ConfigurationValue
    /// Every setting of the family, resolved; nil in files from before families had settings, which means the defaults.
    public var familySettings: ConfigurationValue?
    public var trainTasks: [TaskDescription]
    public var testTasks: [TaskDescription]
    public var versions: Versions
    /// The command that began the run.
    public var command: String

    public init(
        agent: String, family: String, preset: Preset, seed: UInt64, taskSeed: UInt64 = RunRequest.standardTaskSeed, budget: Budget, threads: Int,
        settings: ConfigurationValue, familySettings: ConfigurationValue? = nil, trainTasks: [TaskDescription], testTasks: [TaskDescription],
        versions: Versions, command: String
    ) {
        self.agent = agent
        self.family = family
        self.preset = preset
        self.seed = seed
        self.taskSeed = taskSeed
        self.budget = budget
        self.threads = threads
        self.settings = settings
        self.familySettings = familySettings
        self.trainTasks = trainTasks
        self.testTasks = testTasks
        self.versions = versions
        self.command = command
    }

    /// Both sets hold the same tasks, as in the two-task families; they are then evaluated once, as train tasks.
    public var setsCoincide: Bool { trainTasks.map(\.parameters) == testTasks.map(\.parameters) }

    public func tasks(_ set: TaskSet) -> [TaskDescription] { set == .train ? trainTasks : testTasks }

    /// The same as a run of this version would have it: with the defaults of the family's settings where the file had none, and with the
    /// agent's present keys. Throws `GaitError.usage` for an unknown agent or family, `ConfigurationError` naming `origin` where a setting is
    /// gone that the run depends on.
    public func completed(by registry: Registry, origin: ConfigurationOrigin = .program) throws -> RunConfiguration {
        var result = self
        result.settings = try registry.agent(named: agent).upToDate(settings, origin: origin)
        result.familySettings = try familySettings ?? registry.familyEntry(named: family).settings()
        return result
    }

    /// Why this machine can't train or play the run; nil where it can, as far as that is known. A program's settings are its own affair.
    public var obstacle: String? { precision?.obstacle }

    /// What operands of large products are rounded to; nil where the agent has no such setting, and for a program.
    var precision: Precision? { Registry.isPath(agent) ? nil : settings["precision"].flatMap { Precision(rawValue: $0.inline) } }

    /// What the agent is given.
    var trainingBudget: TrainingBudget { TrainingBudget(budget.amount, budget.unit, earlier: earlierLengths) }

    /// The first difference to another configuration that changes the result: key, value here, value there. Threads, versions, the command
    /// and the names of variants and experiments do not count; nor do earlier lengths, though they may change the result, so that a run with
    /// another length than it began with can be continued.
    public func firstDifference(to other: RunConfiguration) -> (key: String, here: String, there: String)? {
        func comparable(_ configuration: RunConfiguration) -> [ConfigurationValue.Field] {
            var file = RunFile(configuration)
            file.threads = 0
            file.command = ""
            file.versions = Versions(gait: "", mujoco: "", blas: "", swift: "", system: "", processor: "")
            (file.variant, file.familyVariant, file.experiment, file.earlierLengths) = (nil, nil, nil, nil)
            let fields = (try? ConfigurationValue(encoding: file).fields) ?? []
            let family = (configuration.familySettings?.fields ?? []).map { ConfigurationValue.Field("family.\($0.key)", $0.value) }
            return fields.filter { !["settings", "familySettings", "tasks"].contains($0.key) && $0.value.content != .null }
                + configuration.settings.fields + family + fields.filter { $0.key == "tasks" }
        }
        let here = comparable(self), there = comparable(other)
        for field in here {
            let match = there.first { $0.key == field.key }?.value
            if match != field.value { return (field.key, field.value.inline, match?.inline ?? "nothing") }
        }
        return there.first { field in !here.contains { $0.key == field.key } }.map { ($0.key, "nothing", $0.value.inline) }
    }
}

/// The file's layout. `command` comes last and is quoted, so that an incomplete file is always recognised.
/// What is nil is left out.
private struct RunFile: Codable {
    struct Tasks: Codable {
        var train: [TaskDescription]
        var test: [TaskDescription]
    }
    var agent: String
    var family: String
    var variant: String?
    var familyVariant: String?
    var experiment: String?
    var preset: Preset
    var seed: UInt64
    var taskSeed: UInt64
    var tasksPerSeed: Bool?
    // The budget, by its unit.
    var steps: Int?
    var rounds: Int?
    var trajectories: Int?
    var earlierLengths: [EarlierBudget]?
    var evaluateEvery: EvaluationInterval
    var checkpointEvery: Int
    var evaluationEpisodes: Int
    var adaptationEpisodes: Int
    var evaluationProtocol: Int?
    var threads: Int
    var settings: ConfigurationValue
    var familySettings: ConfigurationValue?
    var tasks: Tasks
    var versions: Versions
    var command: String

    init(_ run: RunConfiguration) {
        agent = run.agent
        family = run.family
        variant = run.variant
        familyVariant = run.familyVariant
        experiment = run.experiment
        preset = run.preset
        seed = run.seed
        taskSeed = run.taskSeed
        tasksPerSeed = run.tasksPerSeed ? true : nil
        switch run.budget.unit {
        case .steps: steps = run.budget.amount
        case .rounds: rounds = run.budget.amount
        case .trajectories: trajectories = run.budget.amount
        }
        earlierLengths = run.earlierLengths.isEmpty ? nil : run.earlierLengths
        evaluateEvery = run.budget.evaluateEvery
        checkpointEvery = run.budget.checkpointEvery
        evaluationEpisodes = run.budget.evaluationEpisodes
        adaptationEpisodes = run.budget.adaptationEpisodes
        evaluationProtocol = run.evaluationProtocol
        threads = run.threads
        settings = run.settings
        familySettings = run.familySettings
        tasks = Tasks(train: run.trainTasks, test: run.testTasks)
        versions = run.versions
        command = run.command
    }

    /// Nil unless exactly one unit is there.
    var budget: Budget? {
        let amounts: [(BudgetUnit, Int)] = [(.steps, steps), (.rounds, rounds), (.trajectories, trajectories)].compactMap { unit, amount in
            amount.map { (unit, $0) }
        }
        guard amounts.count == 1, let (unit, amount) = amounts.first else { return nil }
        return Budget(
            unit: unit, amount: amount, evaluateEvery: evaluateEvery, checkpointEvery: checkpointEvery,
            evaluationEpisodes: evaluationEpisodes, adaptationEpisodes: adaptationEpisodes)
    }
}

extension RunConfiguration {
    /// The content of `config.yaml`. Reading it gives the same configuration.
    public func yaml() throws -> String {
        var fields = try ConfigurationValue(encoding: RunFile(self)).fields.filter { $0.value.content != .null }
        for index in fields.indices where fields[index].key == "versions" {
            fields[index].value.content = .mapping(fields[index].value.fields.filter { $0.value.content != .null })
        }
        return "# A run of gait; `gait resume` and `gait evaluate` read this file.\n" + ConfigurationValue(.mapping(fields)).yaml
    }

    /// Reads a run's `config.yaml`. Throws `ConfigurationError` with file, line, key and what was expected, or
    /// `GaitError.input`.
    public init(contentsOf path: String) throws {
        try self.init(ConfigurationValue(contentsOf: path), origin: .file(path))
    }

    /// The same from its text.
    init(yaml: String, origin: ConfigurationOrigin) throws { try self.init(ConfigurationValue(yaml: yaml, origin: origin), origin: origin) }

    private init(_ root: ConfigurationValue, origin: ConfigurationOrigin) throws {
        func error(_ key: String, _ reason: String) -> ConfigurationError {
            ConfigurationError(origin: origin, line: root[key]?.line, key: key, reason: reason)
        }
        guard root["settings"] != nil else {
            throw error("settings", "the agent's settings are missing; the file may be incomplete, or not a run's config.yaml")
        }
        for key in ["settings", "familySettings"] {
            guard let value = root[key] else { continue }
            if case .mapping = value.content { continue }
            guard value.content == .null else { throw error(key, "a mapping of keys expected, found \(value.found)") }
        }
        let file = try root.decode(RunFile.self, origin: origin)
        let units = BudgetUnit.allCases.map(\.rawValue)
        guard let budget = file.budget else {
            let found = units.filter { root[$0] != nil }
            if found.isEmpty { throw error("", "the run's length is missing: one of \(units.joined(separator: ", ")) expected") }
            throw error(found[1], "one of \(units.joined(separator: ", ")) expected, found \(found.joined(separator: " and "))")
        }
        self.init(
            agent: file.agent, family: file.family, preset: file.preset, seed: file.seed, taskSeed: file.taskSeed, budget: budget,
            threads: file.threads, settings: file.settings.content == .null ? ConfigurationValue(.mapping([])) : file.settings,
            familySettings: file.familySettings, trainTasks: file.tasks.train,
            testTasks: file.tasks.test, versions: file.versions, command: file.command)
        (variant, familyVariant, experiment) = (file.variant, file.familyVariant, file.experiment)
        earlierLengths = file.earlierLengths ?? []
        evaluationProtocol = file.evaluationProtocol ?? 1
        tasksPerSeed = file.tasksPerSeed ?? false
        if let fault = budget.fault { throw error(fault.key, fault.reason) }
        for earlier in earlierLengths {
            for (key, value, least) in [("amount", earlier.amount, 1), ("spent", earlier.spent, 0)] {
                if let fault = Budget.fault(value, least, Budget.most) { throw error("earlierLengths", "\(key): \(fault)") }
            }
        }
        if threads < 1 { throw error("threads", "at least 1 expected, found \(threads)") }
        if trainTasks.isEmpty {
            throw ConfigurationError(
                origin: origin, line: root["tasks"]?["train"]?.line, key: "tasks.train", reason: "at least one task expected, found none")
        }
    }
}
