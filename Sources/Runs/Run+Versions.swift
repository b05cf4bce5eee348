import Core
import Learning

/// What a run was trained with, its engine, processor and program, beside what this program has.
extension Run {
    /// The version of MuJoCo that a run was trained with last, and this program's, where they differ and MuJoCo simulates the run's family.
    static func engineChange(_ configuration: RunConfiguration, _ context: RunContext) -> (before: String, now: String)? {
        let before = configuration.versions.lastMuJoCo, now = context.versions.mujoco
        guard before != now, (try? context.registry.familyEntry(named: configuration.family))?.usesMuJoCo == true else { return nil }
        return (before, now)
    }

    /// Why a run can't be continued by this program unless the user says so: it was trained with another version of MuJoCo. Nil where it can.
    package static func otherEngine(_ configuration: RunConfiguration, _ directory: RunDirectory, _ context: RunContext) -> GaitError? {
        guard let (before, now) = engineChange(configuration, context) else { return nil }
        return .usage(
            "\(directory.path): this run was trained with MuJoCo \(before), and this program has \(now), where the same actions lead elsewhere. "
                + "Continue it with \(before) (the variable MUJOCO_ROOT chooses it; without it, it is Debian's), or with --other-engine: its config.yaml and "
                + "reports will name both")
    }

    /// A run that is continued with another version of MuJoCo says so in its config.yaml. False where it is the same.
    static func noteEngine(in configuration: inout RunConfiguration, _ context: RunContext) -> Bool {
        guard let (_, now) = engineChange(configuration, context) else { return false }
        configuration.versions.continueWith(mujoco: now)
        return true
    }

    /// What trains a run: the processor, and what multiplies there in bfloat16, where the run does. AVX512-BF16 was the only unit for long and is not
    /// named.
    static func processor(of configuration: RunConfiguration, _ context: RunContext) -> String {
        let unit: String? = switch Precision.bfloat16Unit {
        case nil, .avx512: nil
        case .amx: "on AMX"
        case .emulated: "emulated"
        }
        guard configuration.precision == .bfloat16, let unit else { return context.versions.processor }
        return context.versions.processor + bfloat16Mark + unit
    }

    private static let bfloat16Mark = ", bfloat16 "

    static func warnOfOtherVersions(_ configuration: RunConfiguration, _ context: RunContext) {
        let before = configuration.versions, now = context.versions
        var old = before.processor
        // Earlier versions named it for runs in float32, too.
        if configuration.precision != .bfloat16, let mark = old.range(of: bfloat16Mark) { old = String(old[..<mark.lowerBound]) }
        var pairs = [("gait", before.gait, now.gait), ("BLAS", before.blas, now.blas), ("processor", old, processor(of: configuration, context))]
        if let engine = engineChange(configuration, context) { pairs.append(("MuJoCo", engine.before, engine.now)) }
        let agent = try? context.registry.agent(named: configuration.agent), family = try? context.registry.familyEntry(named: configuration.family)
        for (name, old, new) in [(configuration.agent, before.agentProgram, agent?.hash), (configuration.family, before.familyProgram, family?.hash)]
        where old != new && new != nil {
            context.observe(.warning("\(name) was changed since the run was started with it: it continues with the changed program"))
        }
        for (name, old, new) in pairs where old != new {
            context.observe(.warning(
                "the run was started with \(name) \(old), and this is \(new): it continues, but the result will not be the same bit for bit"))
        }
    }

    static func warnOfSlowPrecision(_ configuration: RunConfiguration, _ context: RunContext) {
        guard configuration.precision == .bfloat16,
            let caution = Precision.caution(Precision.bfloat16Unit, processor: context.versions.processor) else { return }
        context.observe(.warning("precision: \(caution)"))
    }
}
