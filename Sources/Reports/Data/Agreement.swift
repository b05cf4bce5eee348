/// Whether a measured lead agrees with one that the paper claims.
enum Agreement {
    /// Significantly ahead, and by the claimed number if there is one.
    case agrees
    /// Significantly ahead, by more or less than claimed.
    case agreesInOrder
    /// Significantly behind.
    case disagrees
    case undecided
    case tooFew
    /// Can't be compared.
    case unchecked

    init(_ gain: Gain, _ lead: PaperClaims.Lead) {
        switch gain.order {
        case .below: self = .disagrees
        case .undecided: self = .undecided
        case .tooFew: self = .tooFew
        case .above:
            guard case .percent(let claimed) = lead else {
                self = .agrees
                return
            }
            self = gain.interval?.contains(claimed / 100) == true ? .agrees : .agreesInOrder
        }
    }

    var text: String {
        switch self {
        case .agrees: "agrees"
        case .agreesInOrder: "agrees in order, not in size"
        case .disagrees: "does not agree"
        case .undecided: "no significant difference"
        case .tooFew: "too few seeds"
        case .unchecked: "not compared"
        }
    }

    static let rule = """
        Agrees: significantly ahead, and a claimed number is in the gain's interval; if it is not, it agrees in order, not in size. Does not \
        agree: significantly behind. \(Order.rule)
        """
}
