import Core
import Foundation

/// A state of form 1, as it was written before every type described its state once, in the present form.
///
/// - Keys of parts were `task-0/replay.rows`, `optimizer.steps`; they are `task-0/replay/rows`, `optimizer/steps`.
/// - Several counters were packed into one entry.
/// - Agents that count their rounds now did not then; they count on from 0.
///
/// Environments were one array each; the environments themselves still read it.
package func upgradedFromFormat1(_ state: StateDictionary) throws -> StateDictionary {
    var upgraded = StateDictionary()
    for (key, entry) in state.entries {
        if let (prefix, parts) = packedParts(key) {
            guard case .int64(let values) = entry.values, values.count == parts.count else {
                throw StateError.invalid(key, "\(parts.count) counters expected")
            }
            for (part, value) in zip(parts, values) { upgraded.store(Int(value), at: prefix + part) }
        } else if key.hasSuffix("/entropy"), case .float32(let values) = entry.values {
            let parts = ["value", "logAlpha", "firstMoment", "secondMoment"]
            guard values.count == parts.count else { throw StateError.invalid(key, "\(parts.count) numbers expected") }
            for (part, value) in zip(parts, values) { upgraded.store([value], at: "\(key)/\(part)") }
        } else {
            upgraded[key.hasSuffix("/latentWeight") ? key + "/value" : separated(key)] = entry
        }
    }
    if state["updatesInRound"] != nil { upgraded.store(0, at: "rounds") }
    return upgraded
}

/// What the counters of an entry are: where they are now. Nil for an entry that is no packed one.
private func packedParts(_ key: String) -> (prefix: String, parts: [String])? {
    let tables: [(key: String, parts: [String])] = [
        ("schedule.counters", ["schedule/iteration", "schedule/updatesLeft"]),
        ("rollouts/counters", ["rollouts/next", "rollouts/unstableEpisodes"]),
        ("learning.counters", ["learning/epoch", "learning/minibatch"]),
        ("counters", ["environmentSteps", "unstableEpisodes", "iteration", "phase"]),
    ]
    if let table = tables.first(where: { $0.key == key }) { return ("", table.parts) }
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
