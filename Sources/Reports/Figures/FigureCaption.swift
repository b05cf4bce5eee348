/// Parts of captions.
enum FigureCaption {
    /// `3 seeds`, `2 to 3 seeds`, with the largest number; nil where no run counts.
    static func seeds(_ counts: [Int]) -> (text: String, most: Int)? {
        let found = Set(counts.filter { $0 > 0 }).sorted()
        guard let least = found.first, let most = found.last else { return nil }
        return ((least == most ? "\(most)" : "\(least) to \(most)") + (most == 1 ? " seed" : " seeds"), most)
    }

    /// A warning where the agents of a family did not all meet the same tasks; empty where they did.
    static func otherTasks(_ lines: [PolicyLine]) -> String {
        Set(lines.compactMap { $0.group.runs.first?.tasks }).count > 1
            ? " Not all agents had the same tasks, so their returns can't be compared." : ""
    }

    /// How many runs of `lines` are not included in means.
    static func leftOut(_ lines: [PolicyLine]) -> String {
        let groups = Dictionary(lines.map { ($0.group.label, $0.group) }, uniquingKeysWith: { first, _ in first }).values
        let count = groups.reduce(0) { $0 + $1.runs.count - $1.counted.count }
        return count == 0 ? "" : count == 1 ? " One run that is not included in means is left out."
            : " \(count) runs that are not included in means are left out."
    }
}
