import Agents

/// Names of policies in records, commands and claims. Two names are the same for all agents; agents add others.
///
/// A suffix says how a policy came about: `meta-stored` (z from stored context), `personal-fresh` (z from episodes played for it), `meta-k2`
/// (after two adaptation episodes), `meta-u5` (after five updates on the task).
public enum PolicyName {
    /// The agent after a fresh adaptation to the task.
    public static let meta = "meta"
    /// The agent's own policy of one of its training tasks, where it keeps one.
    public static let personal = "personal"

    private static let titles = [meta: "meta-policy", personal: "personalized policies"]
    /// As an agent names the personalized policy of one task.
    private static let personalSingular = AgentPolicy.personalTitle

    /// As tables, legends and sentences name a policy: `meta-policy`, `personalized policies, z from stored context`.
    ///
    /// - Parameter declared: titles that an agent gives its own policies, by name.
    public static func title(_ name: String, declared: [String: String] = [:]) -> String {
        if let title = declared[name].map({ plural($0, of: name) }) ?? titles[name] { return title }
        let (stem, suffixes) = split(name)
        guard !suffixes.isEmpty else { return name }
        return ([declared[stem] ?? titles[stem] ?? stem] + suffixes.compactMap(explanation)).joined(separator: ", ")
    }

    /// Agents name the personalized policy of one task; reports are about those of all tasks.
    private static func plural(_ title: String, of name: String) -> String {
        guard stem(name) == personal, title.hasPrefix(personalSingular), let many = titles[personal] else { return title }
        return many + title.dropFirst(personalSingular.count)
    }

    /// The name without suffixes: `meta` of `meta-k20`.
    public static func stem(_ name: String) -> String { split(name).stem }

    /// Personalized policies first, then meta-policies, then others by name; numbers in suffixes in their order.
    public static func precedes(_ a: String, _ b: String) -> Bool {
        func rank(_ name: String) -> Int {
            switch stem(name) {
            case personal: 0
            case meta: 1
            default: 2
            }
        }
        let first = rank(a), second = rank(b)
        guard first == second else { return first < second }
        let (left, right) = (split(a), split(b))
        guard left.stem == right.stem else { return left.stem < right.stem }
        let counts = (left.suffixes.compactMap(count).first ?? 0, right.suffixes.compactMap(count).first ?? 0)
        return counts.0 != counts.1 ? counts.0 < counts.1 : a < b
    }

    private static func split(_ name: String) -> (stem: String, suffixes: [Substring]) {
        var parts = name.split(separator: "-", omittingEmptySubsequences: false), suffixes: [Substring] = []
        while parts.count > 1, parts[0] != "", let last = parts.last, explanation(last) != nil { suffixes.insert(parts.removeLast(), at: 0) }
        return (parts.joined(separator: "-"), suffixes)
    }

    private static func explanation(_ suffix: Substring) -> String? {
        switch suffix {
        case "stored": return "z from stored context"
        case "fresh": return "z from fresh context"
        default:
            guard let count = count(suffix) else { return nil }
            let unit = suffix.hasPrefix("u") ? "update" : "adaptation episode"
            return count == 0 ? "before adapting" : "after \(count) \(unit)" + (count == 1 ? "" : "s")
        }
    }

    /// 20 of `k20` and of `u20`.
    private static func count(_ suffix: Substring) -> Int? {
        guard let unit = suffix.first, "ku".contains(unit), let count = Int(suffix.dropFirst()), count >= 0, suffix == "\(unit)\(count)"
        else { return nil }
        return count
    }
}
