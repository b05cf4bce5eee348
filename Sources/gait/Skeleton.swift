import Core
import Formats
import Foundation
import Runs

/// Writes a new baseline or family into a checkout of this project. It is a copy of a template, which is compiled and tested itself, with
/// other names; the new target and its type are registered.
struct Skeleton {
    enum Kind: String {
        case baseline, family

        /// The template's folder, type and command.
        var template: (folder: String, type: String, command: String) {
            switch self {
            case .baseline: ("assets/templates/baseline", "TemplateBaseline", "template-baseline")
            case .family: ("assets/templates/family", "TemplateFamily", "template-family")
            }
        }
        /// Where the new folder goes.
        var home: String { self == .baseline ? "baselines" : "Sources/Families" }
        /// The list in Package.swift that names the new target.
        var manifestList: String { self == .baseline ? "baselines" : "families" }
        /// The line of the registry after which the list begins that gets the new type.
        var registryList: String { self == .baseline ? "agents: [" : "families: EngineParts.families + [" }
        func entry(_ type: String) -> String { self == .baseline ? "AgentEntry(\(type).self)," : "FamilyEntry(\(type).self)," }
    }

    let kind: Kind
    /// The checkout's folder.
    let project: String
    let name: NewName

    private static let registryFile = "Sources/gait/Registry.swift"

    /// Throws `GaitError.input` if `assets` is not in a checkout of this project.
    init(_ kind: Kind, name: NewName, assets: String) throws {
        self.kind = kind
        self.name = name
        project = (assets as NSString).deletingLastPathComponent
        for file in ["Package.swift", Self.registryFile, "\(kind.template.folder)/\(kind.template.type).swift"] {
            guard access("\(project)/\(file)", R_OK) == 0 else {
                throw GaitError.input(
                    "\(project)/\(file) is missing: a \(kind.rawValue) is added to a checkout of the project's sources; run ./gait there, or set "
                        + "GAIT_ASSETS to the checkout's 'assets' folder")
            }
        }
    }

    /// The new folder, by its path in the checkout.
    var folder: String { "\(kind.home)/\(name.type)" }

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
        for home in [Kind.baseline, .family].map(\.home) {
            try check("a folder \(home)/", (try? FileManager.default.contentsOfDirectory(atPath: "\(project)/\(home)")) ?? [])
        }
        try check("a Swift module", ["Swift", "Foundation", "Dispatch", "Testing", "XCTest", "Glibc", "Synchronization"])
        try checkTypeIsFree()
    }

    /// The new type and its settings must not have the name of another type, neither of Swift's nor of the project's own.
    private func checkTypeIsFree() throws {
        for type in [name.type, name.type + "Settings"] {
            if Self.typesElsewhere.contains(type) {
                throw GaitError.usage("'\(type)' is already a type of Swift or Foundation; choose another name")
            }
            for folder in ["Sources", "baselines"] { try checkDeclarations(of: type, in: folder) }
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

    /// Types that a new type of the same name would hide, as far as somebody may choose their names.
    private static let typesElsewhere: Set<String> = [
        "Any", "Array", "Bool", "Bundle", "Calendar", "Character", "Clock", "Codable", "Collection", "Comparable", "Data", "Date", "Decimal",
        "Decodable", "Decoder", "Dictionary", "Dimension", "Double", "Duration", "Encodable", "Encoder", "Equatable", "Error", "FileHandle",
        "FileManager", "Float", "Formatter", "Hashable", "Host", "Int", "Issue", "Iterator", "Locale", "Lock", "Measurement", "Mirror", "Never",
        "Notification", "Operation", "Optional", "Pipe", "Port", "Process", "Progress", "Protocol", "Range", "Regex", "Result", "Scanner",
        "Self", "Sendable", "Sequence", "Set", "Stream", "String", "Substring", "Suite", "Tag", "Task", "Test", "Thread", "Timer", "Type", "Unit", "UserDefaults",
    ]

    /// Writes all files, or nothing if one fails. Returns the paths of the files in the checkout, the edited ones last.
    /// Throws `GaitError.input` if a file is not as expected, with what to add by hand, or `FileError`.
    func write() throws -> [String] {
        let manifest = try editedManifest(), registry = try editedRegistry()  // before anything is written
        let before = (manifest: try text("Package.swift"), registry: try text(Self.registryFile))
        let new = [folder, "Tests/\(name.type)Tests"] + (kind == .baseline ? [presets] : [])
        for path in new where access("\(project)/\(path)", F_OK) == 0 {
            throw GaitError.usage("\(project)/\(path) exists already; choose another name, or move it away")
        }
        var written: [String] = []
        do {
            for (path, text) in try files() {
                try makeFolder((("\(project)/\(path)") as NSString).deletingLastPathComponent)
                try writeAtomically(text, to: "\(project)/\(path)")
                written.append(path)
            }
            try writeAtomically(manifest, to: "\(project)/Package.swift")
            try writeAtomically(registry, to: "\(project)/\(Self.registryFile)")
        } catch {
            for path in new { try? FileManager.default.removeItem(atPath: "\(project)/\(path)") }
            if (try? text("Package.swift")) != before.manifest { try? writeAtomically(before.manifest, to: "\(project)/Package.swift") }
            throw error
        }
        return written + ["Package.swift", Self.registryFile]
    }

    /// The template's files under their new paths, with the new names in them.
    private func files() throws -> [(path: String, text: String)] {
        let template = kind.template.folder
        let found = FileManager.default.enumerator(atPath: "\(project)/\(template)")?.compactMap { $0 as? String } ?? []
        return try found.filter { [".swift", ".md", ".yaml"].contains(where: $0.hasSuffix) }.sorted().map { file in
            let place = file == "presets.yaml" ? presets
                : file.hasPrefix("Tests/") ? "Tests/\(name.type)Tests/\(file.dropFirst(6))" : "\(folder)/\(file)"
            return (renamed(place), renamed(try text("\(template)/\(file)")))
        }
    }

    private var presets: String { "assets/presets/\(name.command).yaml" }

    private func renamed(_ text: String) -> String {
        text.replacingOccurrences(of: kind.template.type, with: name.type)
            .replacingOccurrences(of: kind.template.command, with: name.command)
    }

    private func editedManifest() throws -> String {
        try inserting(
            "    \"\(name.type)\",", atEndOfListAfter: "let \(kind.manifestList): [String] = [", closing: "]", in: "Package.swift")
    }

    private func editedRegistry() throws -> String {
        let file = Self.registryFile, entry = kind.entry(name.type)
        var lines = try inserting("                \(entry)", atEndOfListAfter: kind.registryList, closing: "],", in: file)
            .components(separatedBy: "\n")
        let imports = lines.indices.filter { lines[$0].hasPrefix("import ") }
        guard let last = imports.last else { throw unexpected(file, lacks: "import Runs", add: "import \(name.type)") }
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
                + "`\(kind.manifestList)` in Package.swift, and to \(Self.registryFile) `import \(name.type)` and `\(kind.entry(name.type))` "
                + "(here: \(add))")
    }

    private func text(_ path: String) throws -> String {
        guard let text = String(data: try readFile("\(project)/\(path)"), encoding: .utf8) else {
            throw GaitError.input("\(project)/\(path): a text file in UTF-8 expected")
        }
        return text
    }
}

extension Skeleton {
    /// Writes a baseline or a family for a command, and prints what was written and the commands to type next.
    static func create(_ kind: Kind, _ text: String, json: Bool, next: (NewName) -> [String]) throws {
        let skeleton = try Skeleton(kind, name: NewName(text), assets: AssetsFolder.find()), name = skeleton.name
        try skeleton.checkNameIsFree(registry: Registry.withoutAssets)
        let files = try skeleton.write()
        if json {
            return Console.json(["name": name.command, "target": name.type, "folder": "\(skeleton.project)/\(skeleton.folder)"])
        }
        Console.note("in \(skeleton.project):")
        for file in files { Console.note("  \(file)") }
        Console.note("next:")
        for command in next(name) { Console.note("  ./gait \(command)") }
    }
}
