import Agents
import Core
import Formats

/// An event of a run, for progress displays and `--json` lines.
public enum RunEvent: Sendable {
    /// Training starts, or continues after so much of the budget is spent.
    case started(directory: String, spent: Int, budget: Int, unit: BudgetUnit, resumed: Bool)
    /// After every pause of the agent.
    case sliced(RunPace)
    /// A row of progress.csv: the agent's scalars, averaged since the last one.
    case logged(step: Int, metrics: [String: Double])
    case evaluated(step: Int, records: [MetricRecord], seconds: Double)
    case saved(step: Int, path: String)
    /// A video of an evaluation was written.
    case filmed(step: Int, path: String)
    /// Something that the user should know; the run continues.
    case warning(String)
    case ended(RunOutcome)
}

/// The speed and progress of a run.
public struct RunPace: Sendable, Equatable {
    /// Environment steps.
    public var step: Int
    /// What is spent of the budget, in its unit.
    public var spent: Int
    public var budget: Int
    public var unit: BudgetUnit
    public var updates: Int
    /// Since this process started to train, without evaluations.
    public var stepsPerSecond: Double
    public var updatesPerSecond: Double
    /// Seconds until the budget is spent, evaluations included; nil before there is a rate.
    public var secondsLeft: Double?
    /// Mean return of the last evaluation.
    public var lastReturn: Double?
    /// The policy that it is of.
    public var lastReturnPolicy: String?

    public init(
        step: Int, spent: Int, budget: Int, unit: BudgetUnit, updates: Int, stepsPerSecond: Double, updatesPerSecond: Double,
        secondsLeft: Double?, lastReturn: Double?, lastReturnPolicy: String?
    ) {
        self.step = step
        self.spent = spent
        self.budget = budget
        self.unit = unit
        self.updates = updates
        self.stepsPerSecond = stepsPerSecond
        self.updatesPerSecond = updatesPerSecond
        self.secondsLeft = secondsLeft
        self.lastReturn = lastReturn
        self.lastReturnPolicy = lastReturnPolicy
    }
}

/// How a run ended.
public struct RunOutcome: Sendable, Equatable {
    public enum End: Sendable, Equatable {
        case finished
        /// By a signal; a checkpoint was written, and `gait resume` continues.
        case interrupted(signal: Int32)
    }
    public var directory: String
    public var end: End
    public var steps: Int
    public var updates: Int
    /// Seconds of training and evaluation in all.
    public var seconds: Double
    /// Mean returns of the last evaluation in this process, by "set/policy"; empty if it made none.
    public var returns: [String: Double]

    public init(directory: String, end: End, steps: Int, updates: Int, seconds: Double, returns: [String: Double]) {
        self.directory = directory
        self.end = end
        self.steps = steps
        self.updates = updates
        self.seconds = seconds
        self.returns = returns
    }

    /// 0, or 128 + signal, as in shells: 130 after SIGINT, 143 after SIGTERM.
    public var exitCode: Int32 {
        if case .interrupted(let signal) = end { return 128 + signal }
        return 0
    }
}

extension RunEvent {
    /// One line of JSON; nil for events too frequent to print.
    public var json: String? {
        switch self {
        case .started(let directory, let spent, let budget, let unit, let resumed):
            Line(
                event: "started", step: unit == .steps ? spent : nil, directory: directory, totalSteps: unit == .steps ? budget : nil,
                spent: spent, budget: budget, unit: unit, resumed: resumed
            ).text
        case .sliced: nil
        case .logged(let step, let metrics): Line(event: "progress", step: step, metrics: metrics).text
        case .evaluated(let step, let records, let seconds):
            Line(event: "evaluated", step: step, seconds: seconds, returns: records.meanReturns).text
        case .saved(let step, let path): Line(event: "checkpoint", step: step, path: path).text
        case .filmed(let step, let path): Line(event: "video", step: step, path: path).text
        case .warning(let message): Line(event: "warning", message: message).text
        case .ended(let outcome):
            Line(
                event: outcome.end == .finished ? "finished" : "interrupted", step: outcome.steps, directory: outcome.directory,
                seconds: outcome.seconds, returns: outcome.returns
            ).text
        }
    }

    private struct Line: Encodable {
        var event: String
        var step: Int?
        var directory: String?
        var path: String?
        var message: String?
        var totalSteps: Int?
        var spent: Int?
        var budget: Int?
        var unit: BudgetUnit?
        var resumed: Bool?
        var seconds: Double?
        var metrics: [String: Double]?
        var returns: [String: Double]?

        init(
            event: String, step: Int? = nil, directory: String? = nil, path: String? = nil, message: String? = nil,
            totalSteps: Int? = nil, spent: Int? = nil, budget: Int? = nil, unit: BudgetUnit? = nil, resumed: Bool? = nil,
            seconds: Double? = nil, metrics: [String: Double]? = nil,
            returns: [String: Double]? = nil
        ) {
            self.event = event
            self.step = step
            self.directory = directory
            self.path = path
            self.message = message
            self.totalSteps = totalSteps
            self.spent = spent
            self.budget = budget
            self.unit = unit
            self.resumed = resumed
            self.seconds = seconds
            self.metrics = metrics
            self.returns = returns
        }

        var text: String? { jsonLine(self) }
    }
}
