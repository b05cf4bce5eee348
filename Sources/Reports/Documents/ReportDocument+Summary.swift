import Runs

/// The first thing a reader meets: who returns most on each family, and whether that is what the paper says.
extension ReportDocument {
    /// Nil when no run is finished.
    static func summary(_ comparison: Comparison) -> Section? {
        var items: [String] = [], claimed = false
        for family in comparison.families {
            let scores = comparison.scores.filter { $0.family == family && $0.set == .train }
            guard !scores.isEmpty else { continue }
            var sentences = [leaders(family, scores)]
            for own in scores where own.policy == PolicyName.personal {
                let (sentence, checked) = claim(own, scores)
                sentences += sentence.map { [$0] } ?? []
                claimed = claimed || checked
            }
            items.append(sentences.joined(separator: " "))
        }
        guard !items.isEmpty else { return nil }
        var blocks: [Block] = [.list(items)]
        let presets = Set(comparison.scores.compactMap(\.group.runs.first?.preset)).subtracting(["", PaperClaims.preset]).sorted()
        if claimed, !presets.isEmpty {
            blocks.append(.paragraph(
                "These are runs of preset \(Format.list(presets)), which is smaller than the paper's (preset \(PaperClaims.preset)); "
                    + "whether they agree or not, "
                    + "they say nothing about the paper's size."))
        }
        blocks.append(.paragraph(Order.rule + " " + Order.ruleOfThree))
        return Section(title: "Summary", blocks: blocks)
    }

    /// Which policy has the highest return on a family's training tasks, and which do not differ significantly from it.
    private static func leaders(_ family: String, _ scores: [PolicyScores]) -> String {
        let ranked = scores.enumerated().sorted { ($1.element.mean, $0.offset) < ($0.element.mean, $1.offset) }.map(\.element)
        let top = ranked[0]
        guard ranked.count > 1 else { return "Only \(withReturn(top)) has finished runs on \(family)." }
        let differences = Comparison.differences(scores)
        guard differences.isEmpty else {
            return "On \(family) policies can't be ranked, because they differ in \(differences.joined(separator: ", "))."
        }
        let start = "Highest final return on \(family): \(withReturn(top))"
        let (best, tooFew) = Order.best(ranked.map(\.seedMeans))
        let level = ranked.indices.filter { $0 > 0 && best.contains($0) }.map { withReturn(ranked[$0]) }
        if tooFew.count == ranked.count - 1 { return start + ", ahead of \(withReturn(ranked[1])), with too few seeds for a test." }
        let open = ranked.indices.filter(tooFew.contains).map { withReturn(ranked[$0]) }
        let doubt = open.isEmpty ? "." : "; too few seeds for a test against: \(Format.list(open))."
        if !level.isEmpty { return start + ", not significantly different from \(Format.list(level))" + doubt }
        let next = ranked.indices.first { $0 > 0 && !tooFew.contains($0) } ?? 1
        return start + ", ahead of \(withReturn(ranked[next]))" + doubt
    }

    /// The personalized policies beside the baseline that the paper gives numbers for, and whether they were compared.
    private static func claim(_ own: PolicyScores, _ scores: [PolicyScores]) -> (sentence: String?, checked: Bool) {
        let claim = PaperClaims.lead(agent: own.group.agent, family: own.family, over: PaperClaims.rival, PolicyName.meta)
        guard let lead = claim else { return (nil, false) }
        let says = switch lead {
        case .percent(let value): "\(Format.number(value, decimals: 2))% ahead"
        case .slight: "slightly ahead"
        case .some: "ahead"
        }
        let rivals = scores.filter { $0.group.agent == PaperClaims.rival && $0.policy == PolicyName.meta }
        guard let rival = rivals.first(where: { Comparison.differences([own, $0]).isEmpty }) else {
            let reason = rivals.isEmpty ? "no finished run" : "no run under the same conditions"
            return ("The paper has \(own.name) \(says) of \(PaperClaims.rival), for which there is \(reason) here.", false)
        }
        let gain = Gain(own.returns, over: rival.returns)
        return (
            "\(withReturn(own)) are \(distance(gain, own.mean - rival.mean)) \(withReturn(rival)), the paper has them \(says): "
                + "\(Agreement(gain, lead).text).", true)
    }

    /// `28% behind`
    private static func distance(_ gain: Gain, _ difference: Double) -> String {
        if difference == 0 { return "level with" }
        let side = difference > 0 ? "ahead of" : "behind"
        guard let share = gain.relative else { return side }
        return "\(Format.percent(abs(share)).dropFirst())% \(side)"
    }

    private static func withReturn(_ scores: PolicyScores) -> String { "\(scores.name) (\(Format.spread(scores.seedMeans)))" }
}
