import Agents
import Core
import Foundation
import Runs

/// What `gait reproduce` runs: agents times families times seeds. A file of `assets/experiments`.
///
///     name: fig4
///     title: Deep pMeta-RL on four families
///     agents: [pmeta-rl]
///     families: [ant-fwd-back, half-cheetah-dir]
///     seeds: {quick: 1, laptop: 3, paper: 3}
public struct Experiment: Sendable, Equatable, Codable {
    /// As in commands.
    public var name: String
    /// One sentence.
    public var title: String
    public var agents: [String]
    public var families: [String]
    /// How many seeds, 0, 1, ..., by preset.
    public var seeds: [String: Int]
    /// Experiment whose runs it looks at: those that are in its folder are not trained again. Its own runs unless told.
    public var runs: String?

    public init(name: String, title: String, agents: [String], families: [String], seeds: [String: Int], runs: String? = nil) {
        self.name = name
        self.title = title
        self.agents = agents
        self.families = families
        self.seeds = seeds
        self.runs = runs
    }

    /// Reads a file. Throws `ConfigurationError` with file, line and key, for unknown agents, families and presets too.
    public init(contentsOf path: String, registry: Registry) throws {
        let origin = ConfigurationOrigin.file(path)
        var root = try ConfigurationValue(contentsOf: path)
        let claims = root["claims"], metrics = root["metrics"]
        root.content = .mapping(root.fields.filter { !["claims", "metrics"].contains($0.key) })
        self = try root.decode(Experiment.self, origin: origin)
        func check(_ key: String, _ names: [String], kind: String, plural: String, _ known: [String]) throws {
            let line = root[key]?.line
            if names.isEmpty {
                throw ConfigurationError(origin: origin, line: line, key: key, reason: "at least one \(kind) expected")
            }
            for name in names where !known.contains(name) {
                throw ConfigurationError(
                    origin: origin, line: line, key: key, reason: unknownNameMessage(kind: kind, plural: plural, name: name, known: known))
            }
        }
        try check("agents", agents, kind: "agent", plural: "agents", registry.agents.map(\.name))
        try check("families", families, kind: "family", plural: "families", registry.families.map(\.name))
        try check("seeds", seeds.keys.sorted(), kind: "preset", plural: "presets", Preset.allCases.map(\.rawValue))
        if let claims {
            _ = try PaperClaims(
                claims, file: path, names: PaperClaims.Names(agents: agents, families: families), presets: Preset.allCases.map(\.rawValue))
        }
        if let metrics { _ = try Metric.list(metrics, file: path) }
        for (preset, count) in seeds where count < 1 {
            throw ConfigurationError(
                origin: origin, line: root["seeds"]?[preset]?.line, key: "seeds.\(preset)", reason: "at least 1 expected, found \(count)")
        }
    }

    /// All experiments of the assets folder, by name. Throws what reading one of them throws.
    public static func all(assets: String, registry: Registry) throws -> [Experiment] {
        try names(assets: assets).map { try shipped($0, assets: assets, registry: registry) }
    }

    /// The experiment of that name, or that file where `name` is a path to one.
    /// Throws `GaitError.usage` with the nearest name.
    public static func named(_ name: String, assets: String, registry: Registry) throws -> Experiment {
        let known = names(assets: assets)
        if name.contains("/") || name.hasSuffix(".yaml") {
            let experiment = try Experiment(contentsOf: name, registry: registry)
            try experiment.checkRuns(known, file: name)
            return experiment
        }
        guard known.contains(name) else { throw GaitError.usage(unknownNameMessage(kind: "experiment", name: name, known: known)) }
        return try shipped(name, assets: assets, registry: registry)
    }

    /// One of the assets folder, which must be called what its file is called: otherwise nobody could ask for it.
    private static func shipped(_ name: String, assets: String, registry: Registry) throws -> Experiment {
        let path = "\(assets)/experiments/\(name).yaml"
        let experiment = try Experiment(contentsOf: path, registry: registry)
        guard experiment.name == name else {
            throw ConfigurationError(
                origin: .file(path), key: "name", reason: "'\(name)' expected, as its file is called, found '\(experiment.name)'")
        }
        try experiment.checkRuns(names(assets: assets), file: path)
        return experiment
    }

    /// An experiment whose runs are looked at must be one that there is: a misspelt one would be trained anew.
    private func checkRuns(_ known: [String], file: String) throws {
        guard let runs, !known.contains(runs) else { return }
        throw ConfigurationError(
            origin: .file(file), key: "runs", reason: unknownNameMessage(kind: "experiment", name: runs, known: known))
    }

    private static func names(assets: String) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: assets + "/experiments")) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }

    /// Where its runs go by default: `runs/NAME`, with the name of the experiment that owns them; and `runs/NAME-PRESET` where that one
    /// exists or the first one has runs of another preset, so that a laptop's runs do not meet quick ones.
    public func standardFolder(preset: Preset, root: String = "runs") -> String {
        let owner = runs ?? name
        let plain = "\(root)/\(owner)", separate = "\(root)/\(owner)-\(preset.rawValue)"
        if access(separate, F_OK) == 0 { return separate }
        let others = RunDirectory.all(below: plain).contains { (try? $0.configuration()).map { $0.preset != preset } ?? false }
        return others ? separate : plain
    }
}
