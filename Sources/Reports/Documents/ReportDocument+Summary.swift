import Runs

/// The first thing a reader meets: who is best on each family, and whether that is what the paper says.
extension ReportDocument {
    /// Nil when no run is finished.
    ///
    /// - Parameters:
    ///   - presets: those that have the papers' sizes.
    ///   - lengths: of runs that are longer or shorter than their preset's.
    static func summary(
        _ comparison: Comparison, _ claims: [JudgedClaim], presets papers: [String], _ lengths: [OtherLength]
    ) -> Section? {
        var blocks: [Block] = [], unlike: [String] = [], isClaimed = false
        for family in comparison.families {
            var sentences: [String] = []
            let all = claims.filter { $0.family == family }.flatMap(\.leads).filter { $0.set == .train }
            let claimedTerms = Set(all.filter { $0.gain != nil }.map { AdaptationTerms($0.own) })
            for metric in comparison.metrics where metric.hasOrder {
                let scores = comparison.scores(metric).filter { $0.family == family && $0.set == .train && !$0.seeds.isEmpty }
                // Those on terms on which the paper claims something; where it claims nothing, all.
                let groups = AdaptationTerms.groups(scores).filter { claimedTerms.isEmpty || claimedTerms.contains($0.terms) }
                sentences += groups.flatMap { terms, scores, isAlone in leaders(family, metric, scores, isAlone ? nil : terms) }
            }
            // Where a paper says how much, that is what it is about; else whatever it says of two policies.
            let isNumbered = all.contains(where: \.isNumbered), leads = isNumbered ? all.filter(\.isNumbered) : all
            isClaimed = isClaimed || leads.contains { $0.gain != nil }
            // Like with like first, fewest episodes first; of the leads that can't be judged last.
            let like = leads.filter(\.isOnLikeTerms).enumerated().sorted { a, b in
                let (first, second) = (a.element.terms?.own.episodes ?? .max, b.element.terms?.own.episodes ?? .max)
                return first != second ? first < second : a.offset < b.offset
            }
            sentences += like.map { sentence($0.element) } + (isNumbered ? unclaimed(comparison, all) : [])
            sentences += comparison.metrics.prefix(1).filter(\.hasOrder).flatMap { unlearned(comparison, $0, family) }
            if !sentences.isEmpty { blocks += [.paragraph("On \(family):"), .list(sentences.unique)] }
            if !like.contains(where: { $0.element.gain != nil }) { unlike += leads.filter { !$0.isOnLikeTerms }.map(sentence).unique }
        }
        guard !blocks.isEmpty else { return nil }
        let tallies = tallies(claims.flatMap(\.leads).filter { $0.gain != nil })
        if !tallies.isEmpty { blocks.insert(.paragraph(tallies), at: 0) }
        if !unlike.isEmpty {
            blocks.append(.paragraph(
                "These comparisons are not like with like: a policy that knows its task from training has an advantage over one that must find out."))
            blocks.append(.list(unlike))
        }
        let own = Set(comparison.allScores.compactMap(\.group.runs.first?.preset)).subtracting(papers + [""]).sorted()
        if isClaimed, !own.isEmpty, !papers.isEmpty {
            blocks.append(.paragraph(
                "These are runs of preset \(Format.list(own)), whose networks and lengths are not the paper's (preset \(Format.list(papers.unique))); "
                    + "they neither confirm nor refute what it says of its own size."))
        } else {
            let shorter = lengths.filter { $0.isShorter && papers.contains($0.preset) }.map(\.place)
            if isClaimed, !shorter.isEmpty {
                blocks.append(.paragraph(
                    "Runs (\(Format.list(shorter))) are shorter than the paper's; they neither confirm nor refute what it says of its own length."))
            }
        }
        let tests = Order.tests(comparison.allScores).union(claims.flatMap(\.tests))
        blocks.append(.paragraph(Order.rule(tests) + " " + Order.leastSeeds(tests)))
        return Section(title: "Summary", blocks: blocks, isMain: true)
    }

    /// How often the paper is right about two policies, on like terms and on others.
    private static func tallies(_ leads: [JudgedLead]) -> String {
        let unlike = "on unlike terms, where one policy knows its task from training or adapts for longer"
        return [(true, "on like terms"), (false, unlike)].compactMap { isLike, words in
            let own = leads.filter { $0.isOnLikeTerms == isLike }, count = "\(own.count) \(own.count == 1 ? "claim" : "claims")"
            let agreeing = own.filter { [.agrees, .agreesInOrder].contains($0.agreement) && $0.size != .level }
            let easy = agreeing.count { $0.other?.outcome == .unclear || $0.other?.outcome == .worse }
            return own.isEmpty ? nil : "\(count) about two policies \(words), counted family by family. \(own.map(\.agreementText).tally.sentence)."
                + (easy == 0 ? "" : " \(easy) of those that agree \(easy == 1 ? "is" : "are") over a policy that is not clearly better than before training.")
        }.joined(separator: " ")
    }

    /// Which policy is best on a family's training tasks, and which do not differ significantly from it, of those on the same terms.
    ///
    /// - Parameter terms: nil where all policies of the family are on the same.
    private static func leaders(_ family: String, _ metric: Metric, _ scores: [PolicyScores], _ terms: AdaptationTerms?) -> [String] {
        let ranked = scores.enumerated().sorted { a, b in
            let (first, second) = (Statistics.mean(a.element.oriented), Statistics.mean(b.element.oriented))
            return first != second ? first > second : a.offset < b.offset
        }.map(\.element)
        let prefix = terms.map { $0.phrase.sentence + ", " } ?? ""
        guard ranked.count > 1 else {
            let value = withValue(ranked[0]) + (metric.isReturn ? "" : ", \(metric.finalTitle)"), only = "Only \(withValue(ranked[0])) has finished runs that count on \(family)"
            return [terms.map { "\($0.phrase.sentence): \(value)." } ?? only + (metric.isReturn ? "." : ", here by \(metric.finalTitle).")]
        }
        let differences = Comparison.differences(scores)
        guard differences.isEmpty else {
            let start = "\(prefix)policies can't be ranked\(metric.isReturn ? "" : " by \(metric.title)")"
            return ["\(start.sentence), because they differ in \(differences.joined(separator: ", "))."]
        }
        let start = prefix + "\(terms == nil ? metric.best.sentence : metric.best) \(metric.finalTitle)"
        guard let (top, best, tooFew) = Order.best(ranked) else {
            return [start + ": \(withValue(ranked[0])), ahead of \(withValue(ranked[1])), with too few seeds for a test."]
        }
        let level = ranked.indices.filter { $0 != top && best.contains($0) }.map { withValue(ranked[$0]) }
        let open = ranked.indices.filter(tooFew.contains).map { withValue(ranked[$0]) }
        let doubt = open.isEmpty ? "." : ". Too few seeds for a test: \(open.joined(separator: "; "))."
        let found = start + (top == 0 ? "" : " of policies with enough seeds for a test") + ": \(withValue(ranked[top]))"
        if !level.isEmpty { return [found + ", not significantly different from \(level.joined(separator: "; "))" + doubt] }
        let next = ranked.indices.first { $0 > top && !tooFew.contains($0) } ?? top
        return [found + ", ahead of \(withValue(ranked[next]))" + doubt]
    }

    /// A policy beside one that the paper says how far it is ahead of, on which terms first.
    private static func sentence(_ lead: JudgedLead) -> String {
        guard let other = lead.other, let gain = lead.gain, let terms = lead.terms else {
            let names = lead.names
            return "The paper has \(names.own) \(lead.size.words) of \(names.other); here: \(lead.remark ?? lead.agreementText)."
        }
        let isPlural = lead.own.isPlural
        let phrase = AdaptationTerms.phrase(terms.own, terms.other).sentence
        let start = terms.own == terms.other ? phrase + ", " : "\(phrase) on \(lead.own.family): "
        let values = [lead.own, other].map { Statistics.mean(lead.metric.oriented($0.seedMeans(lead.statistic))) }
        let (mine, theirs) = (withValue(lead.own, lead.statistic), withValue(other, lead.statistic))
        return start + "\(mine) \(isPlural ? "are" : "is") \(distance(gain, values[0] - values[1])) \(theirs). The paper has "
            + "\(isPlural ? "them" : "it") \(lead.size.words): \(lead.agreementText)."
    }

    /// Policies that are best on like terms, beside those of which the paper claims a lead, where it has no such comparison.
    private static func unclaimed(_ comparison: Comparison, _ leads: [JudgedLead]) -> [String] {
        let finals = leads.filter { $0.statistic == .final }
        let owns = finals.indices.filter { index in !finals[..<index].contains { $0.own.isSame(as: finals[index].own) } }.map { finals[$0].own }
        return owns.flatMap { own -> [String] in
            let rivals = comparison.scores(own.metric).filter { other in
                other.family == own.family && other.set == own.set && !other.seeds.isEmpty && AdaptationTerms(other) == AdaptationTerms(own)
            }
            let best = rivals.max { Statistics.mean($0.oriented) < Statistics.mean($1.oriented) }
            guard let best, !best.isSame(as: own), Comparison.differences([own, best]).isEmpty,
                !leads.contains(where: { lead in
                    [(own, best), (best, own)].contains { lead.own.isSame(as: $0) && lead.other?.isSame(as: $1) == true }
                })
            else { return [] }
            let gain = own.gain(over: best, .final), difference = Statistics.mean(own.oriented) - Statistics.mean(best.oriented)
            let significance = switch gain.order {
            case .above, .below: "a significant difference"
            case .undecided: Agreement.undecided.text
            case .tooFew: Agreement.tooFew.text
            }
            return [
                "\(AdaptationTerms(own).phrase.sentence), \(withValue(own)) \(own.isPlural ? "are" : "is") \(distance(gain, difference)) "
                    + "\(withValue(best)): \(significance). The claims that are checked here do not compare them."
            ]
        }
    }

    /// Policies on a family's training tasks that can't be said to have learned.
    private static func unlearned(_ comparison: Comparison, _ metric: Metric, _ family: String) -> [String] {
        let found = comparison.groups.filter { $0.family == family }.flatMap { group in
            group.filters(metric).filter { $0.set == .train }.compactMap { filter -> (outcome: LearningEvidence.Outcome, name: String)? in
                let evidence = LearningEvidence(group, filter)
                guard let outcome = evidence.outcome(metric), outcome != .learned else { return nil }
                return (outcome, group.name(filter.policy) { "\($0)'s \($1)" } + " (\(Format.spread(evidence.first)) at first, "
                    + "\(Format.spread(evidence.lastQuarter)) in the last quarter of the run)")
            }
        }
        return [(LearningEvidence.Outcome.unclear, "Not clearly better"), (.worse, "Worse")].compactMap { outcome, words in
            let names = found.filter { $0.outcome == outcome }.map(\.name)
            return names.isEmpty ? nil : "\(words) than before training (\(LearningEvidence.rule)): \(names.joined(separator: "; "))."
        }
    }

    /// `28% behind`
    private static func distance(_ gain: Gain, _ difference: Double) -> String {
        if difference == 0 { return "level with" }
        let side = difference > 0 ? "ahead of" : "behind"
        guard let share = gain.relative else { return side }
        return "\(Format.size(share))% \(side)"
    }

    /// `pearl (934 ± 86)`, in a sentence that says on which terms.
    private static func withValue(_ scores: PolicyScores, _ statistic: PaperClaims.Statistic = .final) -> String {
        let name = AdaptationTerms(scores).removed(from: scores.name)
        return "\(name) (\(statistic.words.map { $0 + " " } ?? "")\(Format.spread(scores.seedMeans(statistic))))"
    }
}

extension JudgedLead {
    /// True where the paper says how much.
    fileprivate var isNumbered: Bool {
        switch size {
        case .percent, .slight: true
        case .some, .level: false
        }
    }
}
