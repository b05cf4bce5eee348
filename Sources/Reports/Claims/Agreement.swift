import Runs

/// Whether what was measured agrees with what a paper claims.
enum Agreement: Equatable {
    /// Significantly ahead, and by the claimed number if there is one; or as good as level, as claimed.
    case agrees
    /// Significantly ahead, by more or less than claimed.
    case agreesInOrder
    /// In some seeds, not in all.
    case agreesInPart
    /// Significantly behind; or a significant difference that may be large where the paper has none.
    case disagrees
    case undecided
    case tooFew
    /// Can't be compared.
    case unchecked
    /// A number that lies beyond the paper's on the better side, or on the worse one; on the higher or lower side where no side is better.
    case better, worse, higher, lower

    /// The largest gain that is slight.
    static let slight = 0.05
    /// Policies are level if the whole interval of the gain is within this of none, as in tests of equivalence. That no difference is
    /// significant would say little: with few seeds hardly any is.
    static let level = 0.1

    /// Of a lead.
    init(_ gain: Gain, _ size: PaperClaims.Size) {
        switch (gain.order, size) {
        case (.tooFew, _): self = .tooFew
        case (_, .level) where gain.interval.map { max(-$0.lowerBound, $0.upperBound) <= Agreement.level } == true: self = .agrees
        case (.above, .level), (.below, _): self = .disagrees
        case (.undecided, _): self = .undecided
        case (.above, .percent(let claimed)):
            self = gain.interval?.contains(claimed / 100) == true ? .agrees : .agreesInOrder
        case (.above, .slight):
            self = gain.interval?.overlaps(0...Agreement.slight) == true ? .agrees : .agreesInOrder
        case (.above, _): self = .agrees
        }
    }

    /// Of a number: it agrees where the 95% interval of the seeds' mean meets the paper's number with its deviation.
    init(_ values: [Double], _ printed: PaperClaims.Number, _ metric: Metric) {
        guard let interval = Statistics.meanInterval(values) else {
            self = .tooFew
            return
        }
        let deviation = printed.deviation ?? 0
        if interval.overlaps(printed.value - deviation...printed.value + deviation) {
            self = .agrees
            return
        }
        let isHigher = interval.lowerBound > printed.value
        switch metric.direction {
        case .higherIsBetter: self = isHigher ? .better : .worse
        case .lowerIsBetter: self = isHigher ? .worse : .better
        case .neither: self = isHigher ? .higher : .lower
        }
    }

    /// Of something that holds in so many of the seeds.
    init(holdsIn holds: Int, of seeds: Int) {
        self = seeds == 0 ? .tooFew : holds == seeds ? .agrees : holds == 0 ? .disagrees : .agreesInPart
    }

    var text: String {
        switch self {
        case .agrees: "agrees"
        case .agreesInOrder: "agrees in order, not in size"
        case .agreesInPart: "agrees in part"
        case .disagrees: "does not agree"
        case .undecided: "no significant difference"
        case .tooFew: "too few seeds"
        case .unchecked: "not compared"
        case .better: "better than the paper"
        case .worse: "worse than the paper"
        case .higher: "higher than in the paper"
        case .lower: "lower than in the paper"
        }
    }

    /// What a claim without a number means.
    static let slightRule = "A slight gain is one of at most \(Int(slight * 100))%: it agrees if the gain's interval reaches down to that."
    static let levelRule = """
        Two policies that are level in the paper agree if the whole interval is within \(Int(level * 100))% of 0, and do not agree if it isn't \
        and they differ significantly.
        """
}

extension PaperClaims.Size {
    var text: String {
        switch self {
        case .percent(let value): "+\(Format.number(value, decimals: 2))%"
        case .slight: "slight"
        case .some: "higher"
        case .level: "level"
        }
    }

    /// In a sentence: the paper has it ...
    var words: String {
        switch self {
        case .percent(let value): "\(Format.number(value, decimals: 2))% ahead"
        case .slight: "slightly ahead"
        case .some: "ahead"
        case .level: "level"
        }
    }
}
