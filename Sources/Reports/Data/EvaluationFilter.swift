import Environments
import Runs

/// Which evaluations a curve or a table's cell is about.
public struct EvaluationFilter: Sendable, Hashable {
    public var policy: String
    public var set: TaskSet
    public var metric: Metric
    /// One task; nil for the mean over all tasks of the set.
    public var task: String?

    public init(policy: String, set: TaskSet, metric: Metric = .episodeReturn, task: String? = nil) {
        self.policy = policy
        self.set = set
        self.metric = metric
        self.task = task
    }
}

extension RunRecord {
    /// A metric of a run at one mark.
    struct Mark {
        var step: Int
        /// What was spent of the budget, in its own unit.
        var spent: Int
        /// By name.
        var tasks: [String]
        /// Mean over the evaluation episodes of each task.
        var taskValues: [Double]
        var mean: Double { Statistics.mean(taskValues) }
    }

    /// The marks at which the run was evaluated, by step.
    func marks(_ filter: EvaluationFilter) -> [Mark] {
        let rows = self.rows(filter.policy, filter.set, filter.metric.name).filter { filter.task == nil || $0.task == filter.task }
        return Dictionary(grouping: rows, by: \.step).sorted { $0.key < $1.key }.map { step, rows in
            let tasks = Dictionary(grouping: rows, by: \.task).sorted { $0.key < $1.key }
            return Mark(
                step: step, spent: rows.map(\.spent).max() ?? step, tasks: tasks.map(\.key),
                taskValues: tasks.map { Statistics.mean($0.value.map(\.value)) })
        }
    }

    /// Environment steps that a policy spent on adapting to each of `tasks` before its evaluation at `step`; 0 where none is recorded.
    func adaptationSteps(_ policy: String, _ set: TaskSet, step: Int, tasks: [String]) -> [Int] {
        let rows = MetricRecord.Phase.allCases.flatMap { self.rows(policy, set, Metric.adaptationSteps.name, $0) }.filter { $0.step == step }
        return tasks.map { task in rows.filter { $0.task == task }.map(\.stepCount).max() ?? 0 }
    }
}

extension MetricRecord {
    /// The value as a number of steps: files may hold anything.
    var stepCount: Int { value.isNaN ? 0 : Int(min(max(value, 0), 1e15).rounded()) }
}
