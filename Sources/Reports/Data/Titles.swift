import Environments

extension TaskSet {
    /// As tables and panels name it. Test tasks are evaluated only where they are others than the training tasks.
    var title: String {
        switch self {
        case .train: "training"
        case .test: "unseen"
        }
    }
}
