import Core
import Learning

/// What a run was trained with, its engine, processor and program, beside what this program has.
extension Run {
    /// The version of MuJoCo that a run was trained with last, and this program's, where they differ and MuJoCo simulates the run's family.
    static func engineChange(_ configuration: RunConfiguration, _ context: RunContext) -> (before: String, now: String)? {
        let before = configuration.versions.lastMuJoCo, now = context.versions.mujoco
        return before == now || !isSimulated(configuration, context) ? nil : (before, now)
    }

    /// Why a run can't be continued by this program unless the user says so: it was trained with another version of MuJoCo. Nil where it can.
    /// Nil also where it has no checkpoint, so that it begins anew.
    package static func otherEngine(_ configuration: RunConfiguration, _ directory: RunDirectory, _ context: RunContext) -> GaitError? {
        guard let (before, now) = engineChange(configuration, context), !directory.checkpoints.list().isEmpty else { return nil }
        return .usage(
            "\(directory.path): this run was trained with MuJoCo \(before), and this program has \(now), where the same actions lead elsewhere. "
                + "Continue it with \(before) (the variable MUJOCO_ROOT chooses it; without it, it is Debian's), or with --other-engine: its config.yaml and "
                + "reports will name both")
    }

    /// What a run was trained with, as its config.yaml says it (`4.0.0`, `2.2.2 then 4.0.0`), where that is not this program's version of MuJoCo alone; nil
    /// where it is, or MuJoCo does not simulate the run's family.
    package static func engineOfItsOwn(_ configuration: RunConfiguration, _ context: RunContext) -> String? {
        configuration.versions.mujoco == context.versions.mujoco || !isSimulated(configuration, context) ? nil : configuration.versions.mujoco
    }

    private static func isSimulated(_ configuration: RunConfiguration, _ context: RunContext) -> Bool {
        (try? context.registry.familyEntry(named: configuration.family))?.usesMuJoCo == true
    }

    /// What this program trains a run with.
    static func versions(for configuration: RunConfiguration, _ context: RunContext) -> Versions {
        var versions = context.versions
        versions.processor = processor(of: configuration, context)
        versions.agentProgram = (try? context.registry.agent(named: configuration.agent))?.hash
        versions.familyProgram = (try? context.registry.familyEntry(named: configuration.family))?.hash
        return versions
    }

    /// The configuration of a run that is continued, with everything that it is continued with; a run that `begins` was not trained before.
    static func continued(_ configuration: RunConfiguration, begins: Bool, _ context: RunContext) -> RunConfiguration {
        var continued = configuration
        let now = versions(for: configuration, context)
        if begins {
            continued.versions = now
        } else {
            continued.versions.processor = trainedOn(configuration)
            for field in [\Versions.gait, \.blas, \.processor] { continued.versions.add(field, of: now) }
            if let engine = engineChange(configuration, context) { continued.versions.continueWith(mujoco: engine.now) }
        }
        return continued
    }

    /// What trains a run: the processor, and what multiplies there in bfloat16, where the run does. AVX512-BF16 was the only unit for long and is not
    /// named.
    private static func processor(of configuration: RunConfiguration, _ context: RunContext) -> String {
        let unit: String? = switch Precision.bfloat16Unit {
        case nil, .avx512: nil
        case .amx: "on AMX"
        case .emulated: "emulated"
        }
        guard configuration.precision == .bfloat16, let unit else { return context.versions.processor }
        return context.versions.processor + bfloat16Mark + unit
    }

    private static let bfloat16Mark = ", bfloat16 "

    /// The processors that a run was trained on so far. Earlier versions named what multiplies in bfloat16 for runs in float32, too.
    private static func trainedOn(_ configuration: RunConfiguration) -> String {
        let text = configuration.versions.processor
        guard configuration.precision != .bfloat16, let mark = text.range(of: bfloat16Mark) else { return text }
        return String(text[..<mark.lowerBound])
    }

    static func warnOfOtherVersions(_ configuration: RunConfiguration, _ context: RunContext) {
        var before = configuration.versions
        before.processor = trainedOn(configuration)
        let now = versions(for: configuration, context)
        var pairs: [(name: String, before: String, now: String)] = []
        for (name, field) in [("gait", \Versions.gait), ("BLAS", \.blas), ("processor", \.processor)] where !before.has(field, of: now) {
            pairs.append((name, before[keyPath: field], now[keyPath: field]))
        }
        if let engine = engineChange(configuration, context) { pairs.append(("MuJoCo", engine.before, engine.now)) }
        for (name, old, new) in [
            (configuration.agent, before.agentProgram, now.agentProgram), (configuration.family, before.familyProgram, now.familyProgram),
        ] where old != new && new != nil {
            context.observe(.warning("\(name) was changed since the run was started with it: it continues with the changed program"))
        }
        for (name, before, now) in pairs {
            context.observe(.warning(
                "the run was trained with \(name) \(before), and this is \(now): it continues, but the result may not be the same bit for bit"))
        }
    }

    static func warnOfSlowPrecision(_ configuration: RunConfiguration, _ context: RunContext) {
        guard configuration.precision == .bfloat16,
            let caution = Precision.caution(Precision.bfloat16Unit, processor: context.versions.processor) else { return }
        context.observe(.warning("precision: \(caution)"))
    }
}
