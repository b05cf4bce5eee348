import Core
import Runs

extension Experiment {
    /// Changes settings of every agent that has them, or, written `family.KEY`, of every family. Names of agents and families stay.
    ///
    /// Throws `GaitError.usage` with the nearest setting where no agent or family has one, and for a setting that the experiment gives itself:
    /// its variants differ in it and are named after it.
    public mutating func set(_ overrides: [SettingOverride], registry: Registry) throws {
        let (ofAgents, ofFamilies) = SettingOverride.split(overrides)
        agents = try Self.set(ofAgents, of: agents, prefix: "", plural: "agents") {
            try registry.agent(named: $0.base).defaults().keys
        }
        families = try Self.set(ofFamilies, of: families, prefix: "family.", plural: "families") {
            try registry.familyEntry(named: $0.base).settings().keys
        }
    }

    private static func set(
        _ overrides: [SettingOverride], of variants: [Variant], prefix: String, plural: String, keys: (Variant) throws -> [String]
    ) throws -> [Variant] {
        if overrides.isEmpty { return variants }
        let known = try variants.map(keys)
        for override in overrides {
            func error(_ reason: String) -> GaitError { .usage("--set \(prefix)\(override.key): \(reason)") }
            if let own = variants.first(where: { $0.settings.contains { $0.key == override.key } }) {
                throw error("the experiment sets it itself, for '\(own.name)'; change it in a copy of the experiment's file")
            }
            if !known.contains(where: { $0.contains(override.key) }) {
                let all = Set(known.joined()).sorted()
                throw error(
                    unknownNameMessage(kind: "setting of this experiment's \(plural)", plural: "ones", name: override.key, known: all))
            }
        }
        return zip(variants, known).map { variant, keys in
            var variant = variant
            variant.settings += overrides.filter { keys.contains($0.key) }
            return variant
        }
    }
}
