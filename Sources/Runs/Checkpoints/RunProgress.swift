/// The progress of a run: the training loop's own state, saved beside the agent's.
public struct RunProgress: Codable, Sendable, Equatable {
    /// Environment steps of training.
    public var steps = 0
    /// What is spent of the budget, in its unit.
    public var spent = 0
    public var updates = 0
    public var unstableEpisodes = 0
    /// Rounds of the agent that are complete.
    public var rounds = 0
    /// The agent paused at a round's end, where evaluating is fair.
    public var isAtRoundEnd = false
    /// First mark, in the budget's unit, that has not been evaluated, logged, or saved.
    public var nextEvaluation = 0
    public var nextLog = 0
    public var nextCheckpoint = 0
    /// What was spent at the last evaluation.
    public var lastEvaluated: Int?
    /// Mean return of the last evaluation on training tasks, and the policy that it is of.
    public var lastReturn: Double?
    public var lastReturnPolicy: String?
    /// Complete rows of progress.csv and evaluations.csv, and progress.csv's columns so far.
    public var progressRows = 0
    public var progressColumns: [String] = []
    public var evaluationRows = 0
    /// Sums and counts of the agent's scalars since the last row of progress.csv.
    public var metricSums: [String: Double] = [:]
    public var metricCounts: [String: Int] = [:]
    /// Seconds of training and evaluating, without interruptions.
    public var trainingSeconds = 0.0
    public var evaluationSeconds = 0.0

    public init() {}

    /// Whether a run can be there: no count is negative or larger than any run.
    package var isPossible: Bool {
        let counts = [
            steps, spent, updates, unstableEpisodes, rounds, nextEvaluation, nextLog, nextCheckpoint, lastEvaluated ?? 0, progressRows, evaluationRows,
        ]
        return (counts + metricCounts.values).allSatisfy((0...1_000_000_000_000_000).contains)
    }
}

extension RunProgress {
    private enum FormerKey: String, CodingKey { case lastEvaluatedStep }

    /// Also reads what was written before budgets had units: then everything was counted in environment steps.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self), former = try decoder.container(keyedBy: FormerKey.self)
        steps = try values.decode(Int.self, forKey: .steps)
        spent = try values.decodeIfPresent(Int.self, forKey: .spent) ?? steps
        updates = try values.decode(Int.self, forKey: .updates)
        unstableEpisodes = try values.decode(Int.self, forKey: .unstableEpisodes)
        rounds = try values.decodeIfPresent(Int.self, forKey: .rounds) ?? 0
        isAtRoundEnd = try values.decodeIfPresent(Bool.self, forKey: .isAtRoundEnd) ?? false
        nextEvaluation = try values.decode(Int.self, forKey: .nextEvaluation)
        nextLog = try values.decode(Int.self, forKey: .nextLog)
        nextCheckpoint = try values.decode(Int.self, forKey: .nextCheckpoint)
        lastEvaluated = try values.decodeIfPresent(Int.self, forKey: .lastEvaluated)
            ?? former.decodeIfPresent(Int.self, forKey: .lastEvaluatedStep)
        lastReturn = try values.decodeIfPresent(Double.self, forKey: .lastReturn)
        lastReturnPolicy = try values.decodeIfPresent(String.self, forKey: .lastReturnPolicy)
        progressRows = try values.decode(Int.self, forKey: .progressRows)
        progressColumns = try values.decode([String].self, forKey: .progressColumns)
        evaluationRows = try values.decode(Int.self, forKey: .evaluationRows)
        metricSums = try values.decode([String: Double].self, forKey: .metricSums)
        metricCounts = try values.decode([String: Int].self, forKey: .metricCounts)
        trainingSeconds = try values.decode(Double.self, forKey: .trainingSeconds)
        evaluationSeconds = try values.decode(Double.self, forKey: .evaluationSeconds)
    }
}
