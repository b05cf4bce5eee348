import Environments

/// On which terms a policy met its tasks: after how many episodes of adapting to one. Only policies on the same terms are like with like: one
/// that knows its task from training (`personal`, `meta-stored`) has an advantage over one that must find out.
struct AdaptationTerms: Hashable, Comparable {
    /// Adaptation episodes per task, the most of any run and task at the last evaluation.
    let episodes: Int

    init(episodes: Int) { self.episodes = episodes }

    init(_ scores: PolicyScores) { episodes = scores.adaptations.map(\.episodes).max() ?? 0 }

    static func < (a: AdaptationTerms, b: AdaptationTerms) -> Bool { a.episodes < b.episodes }

    /// `after 2 adaptation episodes`
    var phrase: String {
        switch episodes {
        case 0: "without adaptation episodes"
        case 1: "after 1 adaptation episode"
        default: "after \(episodes) adaptation episodes"
        }
    }

    /// A policy's title without these terms, which a column beside it has: `meta-policy` of `meta-policy, after 2 adaptation episodes`.
    func removed(from title: String) -> String { title.hasSuffix(", " + phrase) ? String(title.dropLast(phrase.count + 2)) : title }

    /// Of two policies, in the order in which a sentence names them: `on unlike terms (0 and 2 adaptation episodes)` where they differ.
    static func phrase(_ own: AdaptationTerms, _ other: AdaptationTerms) -> String {
        own == other ? own.phrase : "on unlike terms (\(own.episodes) and \(other.episodes) adaptation episodes)"
    }

    /// Policies on the same terms together, fewest episodes first; `isAlone` where all are on the same.
    static func groups(_ scores: [PolicyScores]) -> [(terms: AdaptationTerms, scores: [PolicyScores], isAlone: Bool)] {
        let groups = Dictionary(grouping: scores, by: AdaptationTerms.init)
        return groups.sorted { $0.key < $1.key }.map { ($0.key, $0.value, groups.count == 1) }
    }
}
