import Environments
import Runs

/// Which evaluations a curve or a table's cell is about.
public struct EvaluationFilter: Sendable, Hashable {
    public var policy: EvaluationRecord.Policy
    public var set: TaskSet
    /// One task; nil for the mean over all tasks of the set.
    public var task: String?

    public init(policy: EvaluationRecord.Policy, set: TaskSet, task: String? = nil) {
        self.policy = policy
        self.set = set
        self.task = task
    }
}

extension RunRecord {
    /// A run's returns at one mark.
    struct Mark {
        var step: Int
        /// By name.
        var tasks: [String]
        /// Mean over the evaluation episodes of each task.
        var taskReturns: [Double]
        var mean: Double { Statistics.mean(taskReturns) }
    }

    /// The marks at which the run was evaluated, by step.
    func marks(_ filter: EvaluationFilter) -> [Mark] {
        let rows = evaluations.filter {
            $0.phase == .evaluation && $0.policy == filter.policy && $0.taskSet == filter.set
                && (filter.task == nil || $0.task == filter.task)
        }
        return Dictionary(grouping: rows, by: \.step).sorted { $0.key < $1.key }.map { step, rows in
            let tasks = Dictionary(grouping: rows, by: \.task).sorted { $0.key < $1.key }
            return Mark(step: step, tasks: tasks.map(\.key), taskReturns: tasks.map { Statistics.mean($0.value.map(\.episodeReturn)) })
        }
    }
}
