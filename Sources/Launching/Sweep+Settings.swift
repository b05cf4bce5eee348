import Core
import Runs

extension Sweep {
    /// Changes settings of every chosen agent (`only`) that has them, or, written `family.KEY`, of every chosen family that has them. Names of
    /// agents and families stay.
    ///
    /// Throws `GaitError.usage` with the nearest setting where no agent or family has one, for a setting that the experiment gives itself (its
    /// variants differ in it and are named after it), and for unknown names in `only`.
    public mutating func set(_ overrides: [SettingOverride], registry: Registry) throws {
        let (ofAgents, ofFamilies) = SettingOverride.split(overrides), (agents, families) = try chosen()
        experiment.agents = try Self.set(ofAgents, of: experiment.agents, chosen: agents, prefix: "", plural: "agents") {
            try registry.agent(named: $0.base).defaults().keys
        }
        experiment.families = try Self.set(ofFamilies, of: experiment.families, chosen: families, prefix: "family.", plural: "families") {
            try registry.familyEntry(named: $0.base).settings().keys
        }
    }

    private static func set(
        _ overrides: [SettingOverride], of variants: [Variant], chosen: [Variant], prefix: String, plural: String, keys: (Variant) throws -> [String]
    ) throws -> [Variant] {
        if overrides.isEmpty { return variants }
        let names = Set(chosen.map(\.name)), known = try variants.map { names.contains($0.name) ? try keys($0) : [] }
        for override in overrides {
            func error(_ reason: String) -> GaitError { .usage("--set \(prefix)\(override.key): \(reason)") }
            if let own = chosen.first(where: { $0.settings.contains { $0.key == override.key } }) {
                throw error("the experiment sets it itself, for '\(own.name)'; change it in a copy of the experiment's file")
            }
            guard !known.contains(where: { $0.contains(override.key) }) else { continue }
            let whose = chosen.count == variants.count ? "this experiment's \(plural)" : Set(chosen.map(\.name)).sorted().joined(separator: ", ")
            throw error(
                unknownNameMessage(kind: "setting of \(whose)", plural: "ones", name: override.key, known: Set(known.joined()).sorted()))
        }
        return zip(variants, known).map { variant, keys in
            var variant = variant
            variant.settings += overrides.filter { keys.contains($0.key) }
            return variant
        }
    }

    /// Whether runs of this agent on this family are asked for. Throws `GaitError.usage` for unknown names in `only`.
    public func asks(for agent: String, on family: String) throws -> Bool {
        let (agents, families) = try chosen()
        return agents.contains { $0.name == agent } && families.contains { $0.name == family }
    }
}
