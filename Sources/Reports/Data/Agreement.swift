/// Whether what was measured agrees with a lead that the paper claims.
enum Agreement {
    /// Ahead, told apart, and by as much as is claimed where that is a number.
    case agrees
    /// Ahead and told apart, by more or less than is claimed.
    case agreesInOrder
    /// Behind, told apart.
    case disagrees
    case undecided
    case tooFew
    /// May not be compared.
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
        case .undecided: "can't be told apart"
        case .tooFew: "too few seeds to tell"
        case .unchecked: "not compared"
        }
    }

    static let rule = """
        Agrees: told apart and ahead, and a number that is claimed lies in the gain's interval, else it agrees in order, not in size. Does not \
        agree: told apart and behind. \(Order.rule)
        """
}
