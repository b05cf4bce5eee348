import Agents
import Core
import Environments
import Foundation

/// The agents and families there are. Made once by the command line; the layers below know none of them by name.
public struct Registry: Sendable {
    public let agents: [AgentEntry]
    /// In the order of their names.
    public let families: [FamilyEntry]
    /// Families that this build lacks, by name, and why.
    public let absentFamilies: [String: String]
    /// Where the families find their files.
    public let assets: FamilyAssets
    /// Finds agents and families that are programs of their own, whose names are paths; nil where there are none.
    public var programs: (any ProgramFinder)?

    /// `presets` is the folder with a file AGENT.yaml for each agent whose presets change anything.
    public init(
        agents: [AgentEntry], families: [FamilyEntry], absentFamilies: [String: String] = [:], assets: FamilyAssets = FamilyAssets(),
        presets: String? = nil
    ) {
        self.agents = agents.map { agent in
            var agent = agent
            agent.presets = presets.map {
                PresetFile(path: "\($0)/\(agent.name).yaml", families: families.map(\.name) + absentFamilies.keys.sorted())
            }
            return agent
        }
        self.families = families.sorted { $0.name < $1.name }
        self.absentFamilies = absentFamilies
        self.assets = assets
    }

    /// Throws `GaitError.usage` with the nearest name.
    public func agent(named name: String) throws -> AgentEntry {
        if let agent = agents.first(where: { $0.name == name }) { return agent }
        if Self.isPath(name), let programs { return try programs.agent(at: name) }
        throw GaitError.usage(unknownNameMessage(kind: "agent", name: name, known: agents.map(\.name)) + Self.programHint(name))
    }

    /// Throws `GaitError.usage` with the nearest name, or with the reason why this build lacks the family.
    public func familyEntry(named name: String) throws -> FamilyEntry {
        if let family = families.first(where: { $0.name == name }) { return family }
        if Self.isPath(name), let programs { return try programs.family(at: name) }
        throw GaitError.usage(whyThereIsNoFamily(named: name) + Self.programHint(name))
    }

    /// Whether a name is the path of a program: it has a slash.
    public static func isPath(_ name: String) -> Bool { name.contains("/") }

    /// For the message about an unknown name that is a file's here.
    private static func programHint(_ name: String) -> String {
        var isFolder: ObjCBool = false
        let isFile = FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) && !isFolder.boolValue
        return isFile ? "; a program of your own is given by its path: ./\(name)" : ""
    }

    /// The path of a program from the root, without `.` and `..`; links are not followed, because a program may look at its own name.
    public static func fullPath(_ path: String, from folder: String = FileManager.default.currentDirectoryPath) -> String {
        var parts: [Substring] = []
        for part in (path.hasPrefix("/") ? path : folder + "/" + path).split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// What reports call an agent or a family of this name: of a path, the file's name without its ending.
    public static func standardName(_ name: String) -> String {
        guard isPath(name) else { return name }
        return ((name as NSString).lastPathComponent as NSString).deletingPathExtension
    }

    /// The nearest name, or the reason why this build lacks the family.
    package func whyThereIsNoFamily(named name: String) -> String {
        absentFamilies[name].map { "family '\(name)' is not available: \($0)" }
            ?? unknownNameMessage(kind: "family", plural: "families", name: name, known: families.map(\.name))
    }

    /// The family of a name with settings that were checked before, or with its defaults. Throws as `familyEntry(named:)` does.
    public func family(named name: String, settings: ConfigurationValue? = nil) throws -> any TaskFamily {
        try familyEntry(named: name).make(settings: settings, assets: assets)
    }

    /// Every family with its default settings.
    public func allFamilies() throws -> [any TaskFamily] {
        try families.map { try $0.make(assets: assets) }
    }
}

/// Finds agents and families by their paths.
public protocol ProgramFinder: Sendable {
    /// Starts the program to ask what it is. Throws `GaitError.usage` where it can't be started, or is no agent.
    func agent(at path: String) throws -> AgentEntry
    /// The same of a family.
    func family(at path: String) throws -> FamilyEntry
}

extension Preset {
    /// Throws `GaitError.usage` with the nearest name.
    public init(named name: String) throws {
        guard let preset = Preset(rawValue: name) else {
            throw GaitError.usage(unknownNameMessage(kind: "preset", name: name, known: Preset.allCases.map(\.rawValue)))
        }
        self = preset
    }
}
