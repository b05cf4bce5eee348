import Core
import Formats
import Foundation
import Runs

/// Writes a new baseline into a checkout of this project. It is a copy of assets/templates/baseline, which is compiled and tested itself,
/// with other names; the new target and agent are registered.
struct BaselineSkeleton {
    /// The checkout's folder.
    let project: String
    let name: BaselineName

    private static let templateType = "TemplateBaseline", templateCommand = "template-baseline"

    /// Throws `GaitError.input` if `assets` is not in a checkout of this project.
    init(name: BaselineName, assets: String) throws {
        self.name = name
        project = (assets as NSString).deletingLastPathComponent
        for file in ["Package.swift", "Sources/gait/Registry.swift", "assets/templates/baseline/\(Self.templateType).swift"] {
            guard access("\(project)/\(file)", R_OK) == 0 else {
                throw GaitError.input(
                    "\(project)/\(file) is missing: a baseline is added to a checkout of the project's sources; run ./gait there, or set "
                        + "GAIT_ASSETS to the checkout's 'assets' folder")
            }
        }
    }

    /// Throws `GaitError.usage` if there is already an agent, a family, a target or a type of this name.
    func checkNameIsFree(registry: Registry) throws {
        func plain(_ text: String) -> String { text.lowercased().filter { $0 != "-" && $0 != "_" } }
        func check(_ kind: String, _ taken: [String]) throws {
            guard let known = taken.first(where: { plain($0) == plain(name.type) }) else { return }
            throw GaitError.usage("there is already \(kind) '\(known)'; choose another name")
        }
        try check("an agent", registry.agents.map(\.name))
        try check("a family", registry.families.map(\.name))
        let manifest = try text("Package.swift")
        let quoted = manifest.split(separator: "\"", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
        try check("a target or product", quoted.map { String($0.element) }.filter { !$0.contains("/") })
        try check("a folder baselines/", (try? FileManager.default.contentsOfDirectory(atPath: "\(project)/baselines")) ?? [])
        try check("a Swift module", ["Swift", "Foundation", "Dispatch", "Testing", "XCTest", "Glibc", "Synchronization"])
        try checkTypeIsFree()
    }

    /// The types of the agent and of its settings must not have the name of another type: not of Swift's, nor of the project's own.
    private func checkTypeIsFree() throws {
        for type in [name.type, name.type + "Settings"] {
            if Self.typesElsewhere.contains(type) {
                throw GaitError.usage("'\(type)' is already a type of Swift or Foundation; choose another name")
            }
            try checkDeclarations(of: type, in: "Sources")
        }
    }

    private func checkDeclarations(of type: String, in folder: String) throws {
        let declarations = ["class", "struct", "enum", "protocol", "typealias", "actor"].flatMap { kind in
            [" ", ":", "<", "\n"].map { "\(kind) \(type)\($0)" }
        }
        let files = FileManager.default.enumerator(atPath: "\(project)/\(folder)")?.compactMap { $0 as? String } ?? []
        for file in files.sorted() where file.hasSuffix(".swift") {
            let source = try text("\(folder)/\(file)")
            if declarations.contains(where: source.contains) {
                throw GaitError.usage("\(folder)/\(file) already has a type '\(type)'; choose another name")
            }
        }
    }

    /// Types that a type of a baseline with the same name would hide, as far as they are likely names of an agent.
    private static let typesElsewhere: Set<String> = [
        "Any", "Array", "Bool", "Bundle", "Calendar", "Character", "Clock", "Codable", "Collection", "Comparable", "Data", "Date", "Decimal",
        "Decodable", "Decoder", "Dictionary", "Dimension", "Double", "Duration", "Encodable", "Encoder", "Equatable", "Error", "FileHandle",
        "FileManager", "Float", "Formatter", "Hashable", "Host", "Int", "Iterator", "Locale", "Lock", "Measurement", "Mirror", "Never",
        "Notification", "Operation", "Optional", "Pipe", "Port", "Process", "Progress", "Protocol", "Range", "Regex", "Result", "Scanner",
        "Self", "Sendable", "Sequence", "Set", "Stream", "String", "Substring", "Task", "Thread", "Timer", "Type", "Unit", "UserDefaults",
    ]

    /// Writes all files, or nothing if one fails. Returns the paths of the files in the checkout, the edited ones last.
    /// Throws `GaitError.input` if a file is not as expected, with what to add by hand, or `FileError`.
    func write() throws -> [String] {
        let manifest = try editedManifest(), registry = try editedRegistry()  // before anything is written
        let before = (manifest: try text("Package.swift"), registry: try text("Sources/gait/Registry.swift"))
        let folders = ["baselines/\(name.type)", "Tests/\(name.type)Tests"]
        for folder in folders + [presets] where access("\(project)/\(folder)", F_OK) == 0 {
            throw GaitError.usage("\(project)/\(folder) exists already; choose another name, or move it away")
        }
        var written: [String] = []
        do {
            for (path, text) in try files() {
                try makeFolder((("\(project)/\(path)") as NSString).deletingLastPathComponent)
                try writeAtomically(text, to: "\(project)/\(path)")
                written.append(path)
            }
            try writeAtomically(manifest, to: "\(project)/Package.swift")
            try writeAtomically(registry, to: "\(project)/Sources/gait/Registry.swift")
        } catch {
            for folder in folders + [presets] { try? FileManager.default.removeItem(atPath: "\(project)/\(folder)") }
            if (try? text("Package.swift")) != before.manifest { try? writeAtomically(before.manifest, to: "\(project)/Package.swift") }
            throw error
        }
        return written + ["Package.swift", "Sources/gait/Registry.swift"]
    }

    /// The template's files under their new paths, with the new names in them.
    private func files() throws -> [(path: String, text: String)] {
        let template = "assets/templates/baseline"
        let found = FileManager.default.enumerator(atPath: "\(project)/\(template)")?.compactMap { $0 as? String } ?? []
        return try found.filter { [".swift", ".md", ".yaml"].contains(where: $0.hasSuffix) }.sorted().map { file in
            let place = file == "presets.yaml" ? presets
                : file.hasPrefix("Tests/") ? "Tests/\(name.type)Tests/\(file.dropFirst(6))" : "baselines/\(name.type)/\(file)"
            return (renamed(place), renamed(try text("\(template)/\(file)")))
        }
    }

    private var presets: String { "assets/presets/\(name.command).yaml" }

    private func renamed(_ text: String) -> String {
        text.replacingOccurrences(of: Self.templateType, with: name.type)
            .replacingOccurrences(of: Self.templateCommand, with: name.command)
    }

    private func editedManifest() throws -> String {
        try inserting("    \"\(name.type)\",", atEndOfListAfter: "let baselines: [String] = [", closing: "]", in: "Package.swift")
    }

    private func editedRegistry() throws -> String {
        let file = "Sources/gait/Registry.swift", entry = "AgentEntry(\(name.type).self),"
        var lines = try inserting("                \(entry)", atEndOfListAfter: "agents: [", closing: "],", in: file)
            .components(separatedBy: "\n")
        let imports = lines.indices.filter { lines[$0].hasPrefix("import ") }
        guard let last = imports.last else { throw unexpected(file, lacks: "import Agents", add: "import \(name.type)") }
        let place = imports.first { lines[$0] > "import \(name.type)" } ?? last + 1
        lines.insert("import \(name.type)", at: place)
        return lines.joined(separator: "\n")
    }

    /// The file's text with `line` before the line `closing` that follows the line that ends with `opening`.
    private func inserting(_ line: String, atEndOfListAfter opening: String, closing: String, in file: String) throws -> String {
        var lines = try text(file).components(separatedBy: "\n")
        func bare(_ line: String) -> String { line.trimmingCharacters(in: .whitespaces) }
        guard let start = lines.firstIndex(where: { bare($0).hasSuffix(opening) }),
            let end = lines[(start + 1)...].firstIndex(where: { bare($0) == closing })
        else { throw unexpected(file, lacks: "'\(opening)' and a line '\(closing)' after it", add: bare(line)) }
        lines.insert(line, at: end)
        return lines.joined(separator: "\n")
    }

    private func unexpected(_ file: String, lacks: String, add: String) -> GaitError {
        .input(
            "\(project)/\(file) has no line \(lacks), so nothing was written. Restore it, or add by hand: \"\(name.type)\" to "
                + "`baselines` in Package.swift, and to Sources/gait/Registry.swift `import \(name.type)` and `AgentEntry(\(name.type).self),` "
                + "(here: \(add))")
    }

    private func text(_ path: String) throws -> String {
        guard let text = String(data: try readFile("\(project)/\(path)"), encoding: .utf8) else {
            throw GaitError.input("\(project)/\(path): a text file in UTF-8 expected")
        }
        return text
    }
}
