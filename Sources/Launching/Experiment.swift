import Agents
import Core
import Foundation
import Runs

/// What `gait reproduce` runs: agents times families times seeds. A file of `assets/experiments`.
///
///     name: lambda
///     title: Deep pMeta-RL with several weights of the proximal term
///     agents: [pmeta-rl, pearl, {agent: pearl, name: pearl without KL, settings: {latentWeight: 0}}]
///     families: [half-cheetah-dir, {family: half-cheetah-vel, name: 20 speeds, settings: {trainTasks: 20}}]
///     grid: {pmeta-rl: {proximalWeight: [1, 5, 20]}}
///     seeds: {quick: 1, laptop: 10-14}
///
/// An agent or a family with a slash in its name is a program: its path, relative to the file's folder.
///
/// An entry of `agents` may have `families: [...]`, those of the experiment's families that it plays on. `grid` replaces the agent or family
/// of that name by one variant for every combination of the values. In `seeds` a whole number N is a count, seeds 0 to N - 1; `10-14` and
/// `[10, 12]` name seeds. An experiment with `runs`, which looks at another one's runs, has that one's seeds where it names none.
///
/// With `taskSeed: perSeed` every run draws its tasks from its own seed: each seed has other tasks, the same for all agents.
public struct Experiment: Sendable, Equatable {
    /// As in commands.
    public var name: String
    /// One sentence.
    public var title: String
    public var agents: [Variant]
    public var families: [Variant]
    /// By preset.
    public var seeds: [String: SeedList]
    /// Experiment whose runs it looks at: those that are in its folder are not trained again. Its own runs by default.
    public var runs: String?
    /// What the tasks of a run are drawn with.
    public var taskSeed = TaskSeed.standard

    public init(
        name: String, title: String, agents: [Variant], families: [Variant], seeds: [String: SeedList], runs: String? = nil
    ) {
        self.name = name
        self.title = title
        self.agents = agents
        self.families = families
        self.seeds = seeds
        self.runs = runs
    }

    /// The file's keys.
    private struct File: Decodable {
        var name: String
        var title: String
        var agents: ConfigurationValue
        var families: ConfigurationValue
        var grid: [String: ConfigurationValue]?
        var seeds: [String: SeedList]?
        var runs: String?
        var taskSeed: String?
        /// What the paper claims (`PaperClaims`), and the metrics that reports show; reports read both.
        var claims: ConfigurationValue?
        var metrics: ConfigurationValue?
    }

    /// Reads a file. Throws `ConfigurationError` with file, line and key, for unknown agents, families, settings and presets too.
    public init(contentsOf path: String, registry: Registry) throws {
        let origin = ConfigurationOrigin.file(path)
        let root = try ConfigurationValue(contentsOf: path)
        let file = try root.decode(File.self, origin: origin)
        name = file.name
        title = file.title
        seeds = file.seeds ?? [:]
        runs = file.runs
        if let fault = dashFault(name) ?? Self.nameFault(name) { throw ConfigurationError(origin: origin, line: root["name"]?.line, key: "name", reason: fault) }
        if file.seeds == nil, runs == nil {
            throw ConfigurationError(origin: origin, line: nil, key: "seeds", reason: "this key is missing: the seeds of each preset")
        }
        if let text = file.taskSeed {
            guard let seed = TaskSeed(text) else {
                throw ConfigurationError(
                    origin: origin, line: root["taskSeed"]?.line, key: "taskSeed",
                    reason: "a whole number or '\(TaskSeed.perSeedName)' expected, found '\(text)'")
            }
            taskSeed = seed
        }
        agents = try Variant.list(.agent, in: root, file: path)
        families = try Variant.list(.family, in: root, file: path)
        func check(_ list: String, _ variants: [Variant], _ known: [String], reason: (String) -> String) throws {
            for variant in variants where !known.contains(variant.base) {
                if Registry.isPath(variant.base) { continue }  // read below, with its settings
                throw ConfigurationError(origin: origin, line: variant.line, key: list, reason: reason(variant.base))
            }
        }
        let known = registry.agents.map(\.name)
        try check("agents", agents, known) { unknownNameMessage(kind: "agent", name: $0, known: known) }
        try check("families", families, registry.families.map(\.name)) { registry.whyThereIsNoFamily(named: $0) }
        try expandGrids(root, file: path)
        try checkVariants(registry, file: path)
        let presets = Preset.allCases.map(\.rawValue)
        if let claims = root["claims"] {
            var settings: [String: [String]] = [:]
            for variant in agents {
                let keys = try registry.agent(named: variant.base).defaults().keys
                (settings[variant.name], settings[variant.base]) = (keys, keys)
            }
            let names = PaperClaims.Names(settings: settings, families: families.map(\.name))
            _ = try PaperClaims(claims, file: path, names: names, presets: presets)
        }
        if let metrics = root["metrics"] { _ = try Metric.list(metrics, file: path) }
        for preset in seeds.keys.sorted() where !presets.contains(preset) {
            throw ConfigurationError(
                origin: origin, line: root["seeds"]?.line, key: "seeds", reason: unknownNameMessage(kind: "preset", name: preset, known: presets))
        }
    }

    private mutating func expandGrids(_ root: ConfigurationValue, file: String) throws {
        for field in root["grid"]?.fields ?? [] {
            let key = "grid.\(field.key)"
            func replace(_ variants: inout [Variant]) throws -> Bool {
                guard let index = variants.firstIndex(where: { $0.name == field.key }) else { return false }
                variants.replaceSubrange(index...index, with: try variants[index].combinations(field.value, key: key, file: file))
                return true
            }
            if try !replace(&agents), try !replace(&families) {
                throw ConfigurationError(
                    origin: .file(file), line: field.value.line, key: key,
                    reason: unknownNameMessage(
                        kind: "agent or family", plural: "ones", name: field.key, known: (agents + families).map(\.name)))
            }
        }
    }

    /// Settings that exist, names that differ, families of agents that are there.
    private func checkVariants(_ registry: Registry, file: String) throws {
        func error(_ line: Int?, _ key: String, _ reason: String) -> ConfigurationError {
            ConfigurationError(origin: .file(file), line: line, key: key, reason: reason)
        }
        func check(_ list: String, _ variants: [Variant], known: (Variant) throws -> [String]) throws {
            var folders: [String: Variant] = [:]
            for variant in variants {
                if let other = folders.updateValue(variant, forKey: variant.folder) {
                    let both = other.name == variant.name ? "'\(variant.name)' appears twice" : "'\(other.name)' and '\(variant.name)' are too alike"
                    throw error(variant.line, list, "\(both); give each a name of its own")
                }
                let keys: [String]
                do { keys = try known(variant) } catch let fault as GaitError { throw error(variant.line, list, "\(fault)") }
                for setting in variant.settings where !keys.contains(setting.key) {
                    throw error(
                        setting.value.line, setting.key,
                        unknownNameMessage(kind: "setting of \(variant.base)", plural: "ones", name: setting.key, known: keys))
                }
                for family in variant.families ?? [] where !families.contains(where: { $0.name == family }) {
                    throw error(
                        variant.line, "\(list).families",
                        unknownNameMessage(kind: "family", plural: "families", name: family, known: families.map(\.name)))
                }
            }
        }
        try check("agents", agents) { try registry.agent(named: $0.base).defaults().keys }
        try check("families", families) { try registry.familyEntry(named: $0.base).settings().keys }
    }
}

// MARK: - Finding

extension Experiment {
    /// All experiments of the assets folder, by name. Throws what reading one of them throws.
    public static func all(assets: String, registry: Registry) throws -> [Experiment] {
        try names(assets: assets).map { try shipped($0, assets: assets, registry: registry) }
    }

    /// Why a folder can't be called so; nil where it can.
    private static func nameFault(_ name: String) -> String? {
        let isFolder = !name.isEmpty && ![".", ".."].contains(name) && !name.unicodeScalars.contains { $0 == "/" || $0.value < 32 }
        return isFolder ? nil : "a folder's name expected, without / and control characters, found '\(name)'"
    }

    /// The experiment of that name, or that file where `name` is a path to one.
    /// Throws `GaitError.usage` with the nearest name.
    public static func named(_ name: String, assets: String, registry: Registry) throws -> Experiment {
        let known = names(assets: assets)
        if name.contains("/") || name.hasSuffix(".yaml") {
            var experiment = try Experiment(contentsOf: name, registry: registry)
            try experiment.takeSeeds(known, file: name, assets: assets, registry: registry)
            return experiment
        }
        guard known.contains(name) else { throw GaitError.usage(unknownNameMessage(kind: "experiment", name: name, known: known)) }
        return try shipped(name, assets: assets, registry: registry)
    }

    /// An experiment of the assets folder. Its name must be that of its file, by which users ask for it.
    private static func shipped(_ name: String, assets: String, registry: Registry) throws -> Experiment {
        let path = "\(assets)/experiments/\(name).yaml"
        var experiment = try Experiment(contentsOf: path, registry: registry)
        guard experiment.name == name else {
            throw ConfigurationError(
                origin: .file(path), key: "name", reason: "'\(name)' expected, as its file is called, found '\(experiment.name)'")
        }
        try experiment.takeSeeds(names(assets: assets), file: path, assets: assets, registry: registry)
        return experiment
    }

    /// Takes the seeds of the experiment named by `runs` where it has none of its own. That experiment must exist; otherwise a misspelt one
    /// would be trained again.
    private mutating func takeSeeds(_ known: [String], file: String, assets: String, registry: Registry) throws {
        guard let runs else { return }
        guard known.contains(runs) else {
            throw ConfigurationError(
                origin: .file(file), key: "runs", reason: unknownNameMessage(kind: "experiment", name: runs, known: known))
        }
        if seeds.isEmpty { seeds = try Experiment(contentsOf: "\(assets)/experiments/\(runs).yaml", registry: registry).seeds }
    }

    /// Names of the assets folder's experiments, in alphabetical order.
    public static func names(assets: String) -> [String] { AssetsFolder.names(in: assets + "/experiments") }

    /// Name of the experiment that its runs belong to.
    public var owner: String { runs ?? name }

    /// Where its runs go by default: `runs/NAME`, with the name of the experiment that owns them; and `runs/NAME-PRESET` where that one
    /// exists or the first one has runs of another preset, be they only planned, so that runs of different presets are not mixed.
    public func standardFolder(preset: Preset, root: String = "runs") -> String {
        let plain = "\(root)/\(owner)", separate = "\(root)/\(owner)-\(preset.rawValue)"
        if access(separate, F_OK) == 0 { return separate }
        let others = RunDirectory.all(below: plain).contains { (try? $0.configuration()).map { $0.preset != preset } ?? false }
            || PlanFile.entries(in: plain).contains { !$0.preset.isEmpty && $0.preset != preset.rawValue }
        return others ? separate : plain
    }
}
