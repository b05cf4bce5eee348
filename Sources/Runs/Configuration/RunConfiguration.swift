import Agents
import Environments
import Foundation

/// What made a run: programs, libraries and machine, for the record.
public struct Versions: Codable, Sendable, Equatable {
    public var gait: String
    /// The MuJoCo library's version.
    public var mujoco: String
    /// The BLAS kernels in use.
    public var blas: String
    public var swift: String
    public var system: String
    public var processor: String

    public init(
        gait: String, mujoco: String, blas: String, swift: String = Versions.compiler,
        system: String = Versions.operatingSystem(), processor: String = Versions.processorModel()
    ) {
        self.gait = gait
        self.mujoco = mujoco
        self.blas = blas
        self.swift = swift
        self.system = system
        self.processor = processor
    }

    /// The compiler that built this program, as far as a program can tell.
    public static var compiler: String {
        #if compiler(>=6.4)
            "6.4 or later"
        #elseif compiler(>=6.3)
            "6.3"
        #elseif compiler(>=6.2)
            "6.2"
        #elseif compiler(>=6.1)
            "6.1"
        #else
            "6.0"
        #endif
    }

    /// `Debian GNU/Linux 13 (trixie)`, or the kernel's name.
    public static func operatingSystem() -> String {
        let release = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)) ?? ""
        for line in release.split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
            return line.dropFirst("PRETTY_NAME=".count).trimmingCharacters(in: CharacterSet(charactersIn: "\""))
        }
        return ProcessInfo.processInfo.operatingSystemVersionString
    }

    public static func processorModel() -> String {
        let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        for line in information.split(separator: "\n") where line.hasPrefix("model name") {
            if let colon = line.firstIndex(of: ":") {
                return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            }
        }
        return "unknown"
    }
}

/// Everything that a run's result depends on, and what it was made with: `config.yaml`.
public struct RunConfiguration: Sendable, Equatable {
    public var agent: String
    public var family: String
    public var preset: Preset
    public var seed: UInt64
    /// Draws the family's tasks.
    public var taskSeed: UInt64
    public var budget: Budget
    /// Threads that the agent may use; they do not change the result.
    public var threads: Int
    /// Every setting of the agent, resolved, in the agent's order.
    public var settings: ConfigurationValue
    public var trainTasks: [TaskDescription]
    public var testTasks: [TaskDescription]
    public var versions: Versions
    /// The command that began the run.
    public var command: String

    public init(
        agent: String, family: String, preset: Preset, seed: UInt64, taskSeed: UInt64 = RunRequest.standardTaskSeed, budget: Budget, threads: Int,
        settings: ConfigurationValue, trainTasks: [TaskDescription], testTasks: [TaskDescription], versions: Versions,
        command: String
    ) {
        self.agent = agent
        self.family = family
        self.preset = preset
        self.seed = seed
        self.taskSeed = taskSeed
        self.budget = budget
        self.threads = threads
        self.settings = settings
        self.trainTasks = trainTasks
        self.testTasks = testTasks
        self.versions = versions
        self.command = command
    }

    /// Both sets hold the same tasks, as in the two-task families; they are then evaluated once, as train tasks.
    public var setsCoincide: Bool { trainTasks.map(\.parameters) == testTasks.map(\.parameters) }

    public func tasks(_ set: TaskSet) -> [TaskDescription] { set == .train ? trainTasks : testTasks }

    /// The first difference to another configuration that changes the result: key, value here, value there. Threads,
    /// versions and the command do not count.
    public func firstDifference(to other: RunConfiguration) -> (key: String, here: String, there: String)? {
        func comparable(_ configuration: RunConfiguration) -> [ConfigurationValue.Field] {
            var file = RunFile(configuration)
            file.threads = 0
            file.command = ""
            file.versions = Versions(gait: "", mujoco: "", blas: "", swift: "", system: "", processor: "")
            let fields = (try? ConfigurationValue(encoding: file).fields) ?? []
            return fields + configuration.settings.fields
        }
        let here = comparable(self), there = comparable(other)
        for field in here {
            let match = there.first { $0.key == field.key }?.value
            if match != field.value { return (field.key, field.value.inline, match?.inline ?? "nothing") }
        }
        return there.first { field in !here.contains { $0.key == field.key } }.map { ($0.key, "nothing", $0.value.inline) }
    }
}

/// The file's layout. `command` comes last and is quoted, so that a file cut short anywhere can't be read as a whole one.
private struct RunFile: Codable {
    struct Tasks: Codable {
        var train: [TaskDescription]
        var test: [TaskDescription]
    }
    var agent: String
    var family: String
    var preset: Preset
    var seed: UInt64
    var taskSeed: UInt64
    var steps: Int
    var evaluateEvery: EvaluationInterval
    var checkpointEvery: Int
    var evaluationEpisodes: Int
    var adaptationEpisodes: Int
    var threads: Int
    var tasks: Tasks
    var versions: Versions
    var command: String

    init(_ run: RunConfiguration) {
        agent = run.agent
        family = run.family
        preset = run.preset
        seed = run.seed
        taskSeed = run.taskSeed
        steps = run.budget.steps
        evaluateEvery = run.budget.evaluateEvery
        checkpointEvery = run.budget.checkpointEvery
        evaluationEpisodes = run.budget.evaluationEpisodes
        adaptationEpisodes = run.budget.adaptationEpisodes
        threads = run.threads
        tasks = Tasks(train: run.trainTasks, test: run.testTasks)
        versions = run.versions
        command = run.command
    }
}

extension RunConfiguration {
    /// The content of `config.yaml`. Reading it gives the same configuration.
    public func yaml() throws -> String {
        var fields = try ConfigurationValue(encoding: RunFile(self)).fields
        let place = fields.firstIndex { $0.key == "tasks" } ?? fields.count
        fields.insert(.init("settings", settings), at: place)
        return "# A run of gait; `gait resume` and `gait evaluate` read this file.\n" + ConfigurationValue(.mapping(fields)).yaml
    }

    /// Reads a run's `config.yaml`. Throws `ConfigurationError` with file, line, key and what was expected, or
    /// `GaitError.input`.
    public init(contentsOf path: String) throws {
        let origin = ConfigurationOrigin.file(path)
        var root = try ConfigurationValue(contentsOf: path)
        var fields = root.fields
        guard let index = fields.firstIndex(where: { $0.key == "settings" }) else {
            throw ConfigurationError(
                origin: origin, key: "settings", reason: "the agent's settings are missing; is this a run's config.yaml, and whole?")
        }
        let settings = fields.remove(at: index).value
        guard settings.content == .null || !settings.fields.isEmpty || settings.content == .mapping([]) else {
            throw ConfigurationError(
                origin: origin, line: settings.line, key: "settings", reason: "a mapping of keys expected, found \(settings.found)")
        }
        root.content = .mapping(fields)
        let file = try root.decode(RunFile.self, origin: origin)
        self.init(
            agent: file.agent, family: file.family, preset: file.preset, seed: file.seed, taskSeed: file.taskSeed,
            budget: Budget(
                steps: file.steps, evaluateEvery: file.evaluateEvery, checkpointEvery: file.checkpointEvery,
                evaluationEpisodes: file.evaluationEpisodes, adaptationEpisodes: file.adaptationEpisodes),
            threads: file.threads, settings: settings, trainTasks: file.tasks.train, testTasks: file.tasks.test,
            versions: file.versions, command: file.command)
        if let fault = budget.fault {
            throw ConfigurationError(origin: origin, line: root[fault.key]?.line, key: fault.key, reason: fault.reason)
        }
        if threads < 1 {
            throw ConfigurationError(origin: origin, line: root["threads"]?.line, key: "threads", reason: "at least 1 expected, found \(threads)")
        }
    }
}
