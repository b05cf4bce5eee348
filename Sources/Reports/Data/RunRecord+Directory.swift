import Foundation
import Runs

extension RunRecord {
    /// Reads a run directory, whatever state the run is in. Throws `ConfigurationError`, `GaitError.input` or `ReportError`,
    /// naming the file and line.
    ///
    /// - Parameter registry: brings the settings of a run of an earlier version up to date, where that changes nothing. The run of a program is
    ///   shown as it is.
    public init(_ directory: RunDirectory, registry: Registry? = nil) throws {
        let recorded = try directory.configuration()
        let isProgram = Registry.isPath(recorded.agent) || Registry.isPath(recorded.family)
        let configuration = (isProgram ? nil : registry).flatMap { try? recorded.completed(by: $0) } ?? recorded
        let status = directory.status()
        let file = directory.evaluationsFile
        let evaluations = FileManager.default.fileExists(atPath: file) ? try MetricRecord.read(file) : []
        self.init(
            family: configuration.familyVariant ?? Registry.standardName(configuration.family),
            agent: configuration.variant ?? Registry.standardName(configuration.agent),
            seed: configuration.seed,
            state: status.map { State($0.state) } ?? .stopped,
            steps: status?.steps ?? evaluations.last?.step ?? 0, totalSteps: configuration.budget.amount)
        baseAgent = Registry.standardName(configuration.agent)
        budgetUnit = configuration.budget.unit.rawValue
        spent = status?.amount ?? evaluations.last?.spent ?? 0
        policyTitles = try directory.policyTitles()
        experiment = RunRecord.experiment(of: directory, configuration)
        preset = configuration.preset.rawValue
        updates = status?.updates ?? 0
        wallSeconds = status?.seconds ?? 0
        unstableEpisodes = status?.unstableEpisodes ?? 0
        warnings = status?.warnings ?? []
        // The other families have nothing of MuJoCo, whichever the program was built with.
        let isSimulated = (try? registry?.familyEntry(named: configuration.family))?.usesMuJoCo != false
        machine = configuration.versions.processor + (isSimulated ? ", MuJoCo \(configuration.versions.mujoco)" : "")
            + ", BLAS \(configuration.versions.blas)"
        software = "Gait \(configuration.versions.gait), Swift \(configuration.versions.swift), \(configuration.versions.system)"
            + (configuration.versions.agentProgram.map { ", \(RunRecord.agentProgram) \($0)" } ?? "")
            + (configuration.versions.familyProgram.map { ", \(RunRecord.familyProgram) \($0)" } ?? "")
        command = RunRecord.withoutPlaces(configuration.command)
        for field in configuration.settings.fields { settings[field.key] = field.value.inline }
        for field in configuration.familySettings?.fields ?? [] { settings["family.\(field.key)"] = field.value.inline }
        settings["evaluationEpisodes"] = "\(configuration.budget.evaluationEpisodes)"
        settings["adaptationEpisodes"] = "\(configuration.budget.adaptationEpisodes)"
        // Reports made before there was a second protocol do not have it.
        if configuration.evaluationProtocol != 1 { settings["evaluationProtocol"] = "\(configuration.evaluationProtocol)" }
        if !configuration.earlierLengths.isEmpty {
            settings["earlierLengths"] = configuration.earlierLengths.map { "\($0.amount) until \($0.spent)" }.joined(separator: ", ")
        }
        if configuration.tasksPerSeed { settings[RunRecord.taskSeedKey] = TaskSeed.perSeedName }
        tasks = RunRecord.tasks(configuration)
        self.evaluations = evaluations
    }

    /// Before the SHA-256 of an agent or a family that is a program of its own, in `software`.
    static let agentProgram = "agent program SHA-256", familyProgram = "family program SHA-256"
    /// Whether its agent or its family is a program of its own.
    var isOfProgram: Bool { [Self.agentProgram, Self.familyProgram].contains(where: software.contains) }

    /// As recorded; of earlier runs `fig4` of `.../fig4/FAMILY/AGENT/seed-N`, empty where the folders are named otherwise.
    private static func experiment(of directory: RunDirectory, _ run: RunConfiguration) -> String {
        if let name = run.experiment { return name }
        let path = Array(URL(fileURLWithPath: directory.path).standardizedFileURL.pathComponents.suffix(4))
        guard path.count == 4, path[1] == RunDirectory.folderName(run.familyVariant ?? run.family),
            path[2] == RunDirectory.folderName(run.variant ?? run.agent), path[3] == "seed-\(run.seed)" else { return "" }
        return path[0]
    }

    /// `command` with every absolute path cut down to its last name: `--out .../mine`. Folders of the machine that ran
    /// it are private and of no use elsewhere.
    public static func withoutPlaces(_ command: String) -> String {
        var text = "", path: String?, quote: Character?, previous: Character = " "
        func shortened(_ path: String) -> String { "..." + (path.split(separator: "/").last.map { "/" + $0 } ?? "") }
        for character in command {
            let isQuote = character == "'" || character == "\""
            let ends = quote.map { $0 == character } ?? (isQuote || character.isWhitespace)
            if ends, let found = path {
                text += shortened(found)
                path = nil
            }
            if path != nil {
                path?.append(character)
            } else if character == "/", previous.isWhitespace || "'\"=:,".contains(previous) {
                path = "/"
            } else {
                text.append(character)
            }
            if isQuote, quote == nil || quote == character { quote = quote == nil ? character : nil }
            previous = character
        }
        return text + (path.map(shortened) ?? "")
    }

    private static func tasks(_ run: RunConfiguration) -> String {
        [("train", run.trainTasks), ("test", run.testTasks)].map { set, tasks in
            set + ": " + tasks.map { task in
                let numbers = task.parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                return "\(task.name) {\(numbers.joined(separator: ", "))}"
            }.joined(separator: "; ")
        }.joined(separator: "\n")
    }
}

extension RunRecord.State {
    init(_ state: RunStatus.State) {
        switch state {
        case .running: self = .running
        case .finished: self = .finished
        case .interrupted: self = .stopped
        case .failed: self = .failed
        }
    }
}
