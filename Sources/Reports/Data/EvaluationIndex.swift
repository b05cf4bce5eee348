import Environments
import Runs
import Synchronization

/// A run's evaluations by what they are of, sorted out at the first question: a report asks for every policy, metric and set of tasks many times.
final class EvaluationIndex: Sendable {
    private struct Key: Hashable {
        var policy: String
        var metric: String
        var set: TaskSet
        var phase: MetricRecord.Phase
    }

    private struct Contents {
        /// Places in the list of evaluations, in its order.
        var rows: [Key: [Int]] = [:]
        var firstNonFinite: Int?
    }

    private let contents = Mutex<Contents?>(nil)

    private func sorted(_ evaluations: [MetricRecord]) -> Contents {
        contents.withLock { contents in
            if let contents { return contents }
            var made = Contents()
            for (place, row) in evaluations.enumerated() {
                made.rows[Key(policy: row.policy, metric: row.metric, set: row.taskSet, phase: row.phase), default: []].append(place)
                if made.firstNonFinite == nil, !(abs(row.value) < 1e100) { made.firstNonFinite = place }
            }
            contents = made
            return made
        }
    }

    func rows(_ policy: String, _ set: TaskSet, _ metric: String, _ phase: MetricRecord.Phase, of evaluations: [MetricRecord]) -> [MetricRecord] {
        let places = sorted(evaluations).rows[Key(policy: policy, metric: metric, set: set, phase: phase)] ?? []
        return places.map { evaluations[$0] }
    }

    func firstNonFinite(of evaluations: [MetricRecord]) -> MetricRecord? { sorted(evaluations).firstNonFinite.map { evaluations[$0] } }
}

extension EvaluationIndex: Equatable {
    /// It says nothing that the evaluations don't.
    static func == (a: EvaluationIndex, b: EvaluationIndex) -> Bool { true }
}

extension RunRecord {
    /// Evaluations of a policy on a set of tasks by one metric, in the order in which they were recorded.
    func rows(_ policy: String, _ set: TaskSet, _ metric: String, _ phase: MetricRecord.Phase = .evaluation) -> [MetricRecord] {
        index.rows(policy, set, metric, phase, of: evaluations)
    }
}
