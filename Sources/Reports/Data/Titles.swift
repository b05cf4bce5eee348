import Environments
import Runs

extension EvaluationRecord.Policy {
    /// As tables and legends name it.
    var title: String {
        switch self {
        case .meta: "meta-policy"
        case .personal: "personalized policies"
        }
    }
}

extension TaskSet {
    /// As tables and panels name it. Test tasks are evaluated only where they are others than the training tasks.
    var title: String {
        switch self {
        case .train: "training"
        case .test: "unseen"
        }
    }
}
