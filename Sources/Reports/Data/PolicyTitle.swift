import Experiments

extension EvaluationRecord.Policy {
    /// As tables and legends name it.
    var title: String {
        switch self {
        case .meta: "meta-policy"
        case .personal: "personalized policies"
        }
    }
}
