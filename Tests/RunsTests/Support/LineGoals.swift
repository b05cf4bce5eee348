import Core
import Environments

struct GoalSettings: FamilySettings {
    /// Goals of training, the cells 0, 1, ...
    var trainTasks = 2
    var hint = "plain"

    func validate() throws { try SettingError.checkCounts([("trainTasks", trainTasks)], in: 1...8) }
}

/// The line with as many goals as its settings say.
struct LineGoals: TaskFamily {
    static let name = "line-goals"
    static let summary = LineFamily.summary
    let settings: GoalSettings
    private let line: LineFamily

    init(settings: GoalSettings, assets: FamilyAssets) {
        self.settings = settings
        line = LineFamily(settings: NoSettings(), assets: assets)
    }

    var description: EnvironmentDescription { line.description }

    func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        (set == .train ? Array(0..<settings.trainTasks) : [8]).map { TaskDescription(name: "goal-\($0)", parameters: ["goal": [Double($0)]]) }
    }

    func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment { try line.makeEnvironment(task, copies: copies) }
}
