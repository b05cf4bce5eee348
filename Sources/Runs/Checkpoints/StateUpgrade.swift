import Core
import Foundation

/// A state of form 1, as it was written before every type described its state once, in the present form.
///
/// - Keys of parts were `task-0/replay.rows`, `optimizer.steps`; they are `task-0/replay/rows`, `optimizer/steps`.
/// - Several counters were packed into one entry.
/// - Environments were one array each, in a form that only the engine of that time could read. In their place is the state of
///   `fresh`, an agent of the same problem and settings: that of environments that were never stepped. Agents whose pauses are
///   between episodes go on from it all the same; where an episode was under way, the run can only be evaluated.
package func upgradedFromFormat1(_ state: StateDictionary, fresh: StateDictionary) throws -> StateDictionary {
    var upgraded = StateDictionary()
    for (key, entry) in state.entries {
        if let (prefix, parts) = packedParts(key, entry.values.count) {
            guard case .int64(let values) = entry.values, values.count == parts.count else {
                throw StateError.invalid(key, "\(parts.count) counters expected")
            }
            for (part, value) in zip(parts, values) { upgraded.store(Int(value), at: prefix + part) }
        } else if key.hasSuffix("/entropy"), case .float32(let values) = entry.values {
            let parts = ["value", "logAlpha", "firstMoment", "secondMoment"]
            guard values.count == parts.count else { throw StateError.invalid(key, "\(parts.count) numbers expected") }
            for (part, value) in zip(parts, values) { upgraded.store([value], at: "\(key)/\(part)") }
        } else if key.hasSuffix("/environment"), case .float64(let values) = entry.values {
            // Its third number was the count of unstable episodes.
            if values.count > 2, let unstable = Int(exactly: values[2]) { upgraded.store(unstable, at: key + "/unstableEpisodes") }
        } else {
            upgraded[key.hasSuffix("/latentWeight") ? key + "/value" : separated(key)] = entry
        }
    }
    for (key, entry) in fresh.entries where upgraded[key] == nil && (key.contains("/environment/") || key == "rounds") {
        upgraded[key] = entry
    }
    return upgraded
}

/// Whether an episode was under way when a state of form 1 was saved, so that the state of its environment matters.
package func isUnderWayInFormat1(_ state: StateDictionary) -> Bool {
    state.entries.contains { key, entry in
        guard packedParts(key, entry.values.count)?.parts.last == "isUnderWay", case .int64(let values) = entry.values else { return false }
        return values.last == 1
    }
}

/// What the counters of an entry are: where they are now. Nil for an entry that is no packed one.
private func packedParts(_ key: String, _ count: Int) -> (prefix: String, parts: [String])? {
    let tables: [(suffix: String, parts: [String])] = [
        ("schedule.counters", ["schedule/iteration", "schedule/updatesLeft"]),
        ("rollouts/counters", ["rollouts/next", "rollouts/unstableEpisodes"]),
        ("learning.counters", ["learning/epoch", "learning/minibatch"]),
    ]
    if let table = tables.first(where: { $0.suffix == key }) { return ("", table.parts) }
    if key == "counters" {
        return ("", count == 3 ? ["environmentSteps", "gradientUpdates", "unstableEpisodes"]
            : ["environmentSteps", "unstableEpisodes", "iteration", "phase"])
    }
    guard key.hasPrefix("task-"), key.hasSuffix("/counters") else { return nil }
    return (String(key.dropLast("counters".count)), ["updates", "environmentSteps", "episodeInCycle", "isUnderWay"])
}

/// A key of a part, with a slash before its last name where it had a dot: `replay.rows` as `replay/rows`. Keys of weights and of random
/// streams stay.
private func separated(_ key: String) -> String {
    guard !key.hasPrefix("networks/") else { return key }
    let parts = [
        "rows", "next", "steps", "updates", "collecting", "random", "observations", "actions", "finalObservations", "rewards",
        "segments", "unstableEpisodes", "inputs", "logProbabilities", "ends", "collected", "tasks", "advantages", "targets", "order",
    ]
    let names = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard names.count > 1, let last = names.last else { return key }
    let before = names.dropLast()
    if parts.contains(last), before.last?.hasSuffix("random") != true { return before.joined(separator: ".") + "/" + last }
    // Adam's moments: optimizer.0.first
    if ["first", "second"].contains(last), let index = before.last, Int(index) != nil {
        return before.dropLast().joined(separator: ".") + "/\(index).\(last)"
    }
    return key
}
