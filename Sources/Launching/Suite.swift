import Agents
import Core
import Foundation
import Runs

/// Several experiments and studies that make one report: everything that a paper shows. A file of `assets/suites`.
///
///     name: pmeta-rl
///     title: The first paper whole
///     introduction: [What stands below the report's title.]
///     parts:
///       - {experiment: fig2-gridworld, title: "Figure 2, top: tabular pMeta-RL", text: What a reader should know first.}
///       - {experiment: fig4, title: Figure 4, runs: existing}
///       - {experiment: fig5, title: Figure 5, presets: {paper: laptop}}
///       - {study: theorems, title: Theorems 1 and 2}
///
/// Experiments run in the order of the parts. `runs: existing` trains nothing: it takes the runs that are there. `presets` names
/// another preset for the part's runs, where the suite's would take too long. A study may look at the runs of experiments before it.
public struct Suite: Sendable, Equatable {
    public struct Part: Sendable, Equatable {
        public enum Content: Sendable, Equatable {
            /// - Parameter trains: false where only runs that are there are taken.
            case experiment(Experiment, trains: Bool)
            /// By name.
            case study(String)
        }

        public var content: Content
        public var title: String
        public var text: String
        /// The suite's preset -> the part's, where it is another.
        public var presets: [Preset: Preset] = [:]

        /// The preset of the part's runs where the suite's is `preset`.
        public func preset(of preset: Preset) -> Preset { presets[preset] ?? preset }

        /// Of the experiment or study.
        public var name: String {
            switch content {
            case .experiment(let experiment, _): experiment.name
            case .study(let name): name
            }
        }
    }

    /// As in commands.
    public var name: String
    /// One sentence.
    public var title: String
    /// Paragraphs below the report's title.
    public var introduction: [String]
    public var parts: [Part]

    private struct File: Decodable {
        struct Part: Decodable {
            /// Which runs an experiment's part has.
            enum Runs: String, Decodable { case trained, existing }
            var experiment: String?
            var study: String?
            var title: String
            var text: String?
            var runs: Runs?
            var presets: [String: Preset]?
        }
        var name: String
        var title: String
        var introduction: [String]?
        var parts: [Part]
    }

    /// Reads a file.
    ///
    /// - Parameter studies: names of the studies that there are.
    ///
    /// Throws `ConfigurationError` with file, line and key, and what reading the experiments throws.
    public init(contentsOf path: String, assets: String, registry: Registry, studies: [String]) throws {
        let root = try ConfigurationValue(contentsOf: path)
        let file = try root.decode(File.self, origin: .file(path))
        func error(_ index: Int?, _ key: String, _ reason: String) -> ConfigurationError {
            var line = root["parts"]?.line
            if let index, case .list(let items)? = root["parts"]?.content { line = items[index].line ?? line }
            return ConfigurationError(origin: .file(path), line: line, key: index.map { "parts.\($0)\(key)" } ?? key, reason: reason)
        }
        if file.parts.isEmpty { throw error(nil, "parts", "at least one part expected") }
        name = file.name
        title = file.title
        introduction = file.introduction ?? []
        var names: Set<String> = []
        parts = try file.parts.enumerated().map { index, part in
            let content: Part.Content
            switch (part.experiment, part.study) {
            case (let experiment?, nil):
                let known = Experiment.names(assets: assets)
                guard known.contains(experiment) else {
                    throw error(index, ".experiment", unknownNameMessage(kind: "experiment", name: experiment, known: known))
                }
                content = .experiment(
                    try Experiment.named(experiment, assets: assets, registry: registry), trains: part.runs ?? .trained == .trained)
            case (nil, let study?):
                guard studies.contains(study) else {
                    throw error(index, ".study", unknownNameMessage(kind: "study", plural: "studies", name: study, known: studies))
                }
                if part.runs != nil { throw error(index, ".runs", "'runs' belongs to an experiment") }
                if part.presets != nil { throw error(index, ".presets", "'presets' belongs to an experiment") }
                content = .study(study)
            default:
                throw error(index, "", "exactly one of the keys 'experiment' and 'study' expected")
            }
            let presets = try (part.presets ?? [:]).map { name, own in
                guard let preset = Preset(rawValue: name) else {
                    let known = Preset.allCases.map(\.rawValue)
                    throw error(index, ".presets", unknownNameMessage(kind: "preset", name: name, known: known))
                }
                return (preset, own)
            }
            let part = Part(content: content, title: part.title, text: part.text ?? "", presets: Dictionary(uniqueKeysWithValues: presets))
            guard names.insert(part.name).inserted else { throw error(index, "", "'\(part.name)' appears twice") }
            return part
        }
    }

    /// Names of the assets folder's suites, in alphabetical order.
    public static func names(assets: String) -> [String] { AssetsFolder.names(in: assets + "/suites") }

    /// The suite of that name. Throws `ConfigurationError`; its name must be that of its file.
    public static func named(_ name: String, assets: String, registry: Registry, studies: [String]) throws -> Suite {
        let path = "\(assets)/suites/\(name).yaml"
        let suite = try Suite(contentsOf: path, assets: assets, registry: registry, studies: studies)
        guard suite.name == name else {
            throw ConfigurationError(origin: .file(path), key: "name", reason: "'\(name)' expected, as its file is called, found '\(suite.name)'")
        }
        return suite
    }

    /// Where its runs go by default: `runs/NAME` for the preset `quick`, ... `runs/NAME-PRESET` for the others.
    public func standardFolder(preset: Preset, root: String = "runs") -> String {
        preset == .quick ? "\(root)/\(name)" : "\(root)/\(name)-\(preset.rawValue)"
    }
}
