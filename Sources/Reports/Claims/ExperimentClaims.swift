import Foundation
import Runs

/// What a report takes from an experiment's file besides the runs: its title, the paper's claims and the metrics that it declares.
///
/// A report keeps them beside its raw data, in claims.yaml, so that it can be made again from its own folder.
public struct ExperimentClaims: Sendable, Equatable {
    /// A report's own file.
    static let fileName = "claims.yaml"
    private static let keys = ["title", "metrics", "claims"]

    public var experiment: String
    /// One line; nil in reports from before it was kept.
    public var title: String?
    public var metrics: [Metric]
    public var claims: PaperClaims?
    /// As written: a mapping with some of the keys `title`, `metrics` and `claims`.
    private var content: ConfigurationValue

    /// From an experiment's mapping, other keys of which are ignored. Throws `ConfigurationError`.
    init(_ root: ConfigurationValue, experiment: String, file: String) throws {
        self.experiment = experiment
        title = try root["title"]?.decode(String.self, origin: .file(file), key: "title")
        metrics = try root["metrics"].map { try Metric.list($0, file: file) } ?? []
        claims = try root["claims"].map { try PaperClaims($0, file: file) }
        content = ConfigurationValue(.mapping(root.fields.filter { Self.keys.contains($0.key) }))
    }

    /// Of an experiment's file. Throws `ConfigurationError`, or `GaitError.input` where it can't be read.
    public init(contentsOf path: String) throws {
        let root = try ConfigurationValue(contentsOf: path)
        let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        try self.init(root, experiment: root["name"]?.inline ?? name, file: path)
    }

    private var isEmpty: Bool { content.fields.isEmpty }

    /// A report's claims.yaml. Throws `ConfigurationError`, or `GaitError.input`.
    static func read(_ path: String) throws -> [ExperimentClaims] {
        let root = try ConfigurationValue(contentsOf: path)
        guard case .mapping(let fields) = root.content else {
            throw ConfigurationError(origin: .file(path), line: root.line, key: "", reason: "a mapping of experiments expected, found \(root.found)")
        }
        return try fields.map { field in
            guard case .mapping = field.value.content else {
                throw ConfigurationError(
                    origin: .file(path), line: field.value.line, key: field.key, reason: "a mapping of keys expected, found \(field.value.found)")
            }
            return try ExperimentClaims(field.value, experiment: field.key, file: path)
        }
    }

    /// The text of claims.yaml; nil where there is nothing to keep.
    static func text(_ experiments: [ExperimentClaims]) -> String? {
        let kept = experiments.filter { !$0.isEmpty }
        guard !kept.isEmpty else { return nil }
        return ConfigurationValue(.mapping(kept.map { ConfigurationValue.Field($0.experiment, $0.content) })).yaml
    }

    /// Those of the assets folder that runs belong to: experiments of the runs' name, and those that look at its runs, by name. A file of
    /// another experiment that can't be read is left out.
    ///
    /// Throws what reading an experiment's file throws.
    static func shipped(_ runs: [RunRecord], assets: String) throws -> [ExperimentClaims] {
        let wanted = Set(runs.flatMap(\.experimentNames))
        guard !wanted.isEmpty else { return [] }
        let folder = assets + "/experiments"
        let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".yaml") }.sorted()
        return try files.compactMap { file in
            let path = "\(folder)/\(file)", name = String(file.dropLast(5))
            if wanted.contains(name) { return try ExperimentClaims(contentsOf: path) }
            guard let root = try? ConfigurationValue(contentsOf: path), let owner = root["runs"]?.inline, wanted.contains(owner) else { return nil }
            let other = try ExperimentClaims(contentsOf: path)
            return other.claims == nil && other.metrics.isEmpty ? nil : other
        }.filter { !$0.isEmpty }
    }
}

extension RunRecord {
    /// What its experiment may be called: runs of another preset lie in a folder with that preset's name behind the experiment's.
    var experimentNames: [String] {
        guard !experiment.isEmpty else { return [] }
        let suffix = "-" + preset
        return [experiment] + (!preset.isEmpty && experiment.hasSuffix(suffix) ? [String(experiment.dropLast(suffix.count))] : [])
    }
}
