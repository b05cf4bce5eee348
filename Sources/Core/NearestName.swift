/// The smallest number of insertions, deletions, replacements and swaps of neighbours that makes `a` into `b`
/// (Damerau-Levenshtein, optimal string alignment). Cost: a.count * b.count.
public func editDistance(_ a: String, _ b: String) -> Int {
    let a = Array(a), b = Array(b)
    var beforeLast = [Int](), last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
            row.append(cost)
        }
        beforeLast = last
        last = row
    }
    return last[b.count]
}

/// The known name that a user most likely meant by `name`; nil if none is similar. Upper and lower case, `-` and `_`
/// are ignored; the beginning or a part of a known name counts as similar.
public func nearestName(to name: String, among known: [String]) -> String? {
    func plain(_ text: String) -> String { text.lowercased().filter { $0 != "-" && $0 != "_" && $0 != " " } }
    let wanted = plain(name)
    guard !wanted.isEmpty else { return nil }
    let ranked = known.map { candidate -> (name: String, distance: Int, allowed: Int) in
        let candidatePlain = plain(candidate)
        let isPart = wanted.count >= 2 && (candidatePlain.hasPrefix(wanted) || wanted.hasPrefix(candidatePlain))
            || wanted.count >= 3 && candidatePlain.contains(wanted)
        return (candidate, editDistance(wanted, candidatePlain), isPart ? .max : max(1, min(wanted.count, candidatePlain.count) / 3))
    }
    return ranked.filter { $0.distance <= $0.allowed }.min { $0.distance < $1.distance }?.name
}

/// "unknown agent 'permeta'; did you mean 'pmeta-rl'? Known agents: pmeta-rl, pearl"
public func unknownNameMessage(kind: String, plural: String? = nil, name: String, known: [String]) -> String {
    let suggestion = nearestName(to: name, among: known).map { "; did you mean '\($0)'?" } ?? "."
    let list = known.isEmpty ? "none" : known.joined(separator: ", ")
    return "unknown \(kind) '\(name)'\(suggestion) Known \(plural ?? kind + "s"): \(list)"
}
