import Agents
import Core
import Environments

/// The agents and families there are. Made once by the command line; the layers below know none of them by name.
public struct Registry: Sendable {
    public let agents: [AgentEntry]
    /// In the order of their names.
    public let families: [FamilyEntry]
    /// Families that this build lacks, by name, and why.
    public let absentFamilies: [String: String]
    /// Where the families find their files.
    public let assets: FamilyAssets

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
        throw GaitError.usage(unknownNameMessage(kind: "agent", name: name, known: agents.map(\.name)))
    }

    /// Throws `GaitError.usage` with the nearest name, or with the reason why this build lacks the family.
    public func familyEntry(named name: String) throws -> FamilyEntry {
        if let family = families.first(where: { $0.name == name }) { return family }
        throw GaitError.usage(whyThereIsNoFamily(named: name))
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

extension Preset {
    /// Throws `GaitError.usage` with the nearest name.
    public init(named name: String) throws {
        guard let preset = Preset(rawValue: name) else {
            throw GaitError.usage(unknownNameMessage(kind: "preset", name: name, known: Preset.allCases.map(\.rawValue)))
        }
        self = preset
    }
}
