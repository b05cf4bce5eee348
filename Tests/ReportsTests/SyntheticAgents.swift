import Foundation
import Reports
import Runs

/// Runs of several agents that are evaluated at step 0, too.
enum SyntheticAgents {
    /// Seven lines: two policies of one agent and five other agents, some of which adapt on 20 episodes.
    static let names = ["maml-trpo", "metacure", "pearl", "pmeta-rl", "promp", "rl2"]

    /// A run on `tasks` training tasks and `unseen` others; `level` where a task's returns go from `start`.
    static func run(
        _ agent: String, _ family: String = "half-cheetah-vel", seed: UInt64, tasks: Int = 10, unseen: Int = 3, marks: Int = 20,
        start: Double = -375, level: Double = -100, episodes: Int = 2, personal: Bool = false
    ) -> RunRecord {
        var run = RunRecord(family: family, agent: agent, seed: seed, state: .finished, steps: marks * 50_000, totalSteps: marks * 50_000)
        run.tasks = "train: \(tasks)"
        func add(_ mark: Int, _ set: MetricRecord, _ task: Int) {
            let share = 1 - exp(-5 * Double(mark) / Double(marks))
            let final = level + (Double(task) * 0.03 + Double(seed) * 0.05) * abs(level - start)
            var row = set
            row.step = mark * 50_000
            row.task = (set.taskSet == .train ? "v=0." : "v=1.") + "\(task)"
            row.value = start + (final - start) * share
            run.evaluations.append(row)
            guard set.policy == PolicyName.meta else { return }
            run.evaluations += adapting(row, steps: episodes * 200, returns: (0..<episodes).map {
                start + (final - start) * share * Double($0) / Double(episodes + 1)
            })
        }
        let meta = MetricRecord(step: 0, taskSet: .train, task: "", policy: PolicyName.meta, phase: .evaluation, episode: 0, value: 0)
        var test = meta, own = meta
        test.taskSet = .test
        own.policy = PolicyName.personal
        for mark in 0...marks {
            for task in 0..<tasks { add(mark, meta, task) }
            for task in 0..<unseen { add(mark, test, task) }
            if personal { for task in 0..<tasks { add(mark, own, task) } }
        }
        return run
    }

    /// All agents on all families.
    static func all(_ families: [String] = ["half-cheetah-dir", "half-cheetah-vel"], seeds: Int = 3, prefix: String = "") -> [RunRecord] {
        families.flatMap { family in
            names.enumerated().flatMap { index, agent in
                (0..<seeds).map { seed in
                    let two = family.hasSuffix("dir")
                    return run(
                        prefix + agent, family, seed: UInt64(seed), tasks: two ? 2 : 10, unseen: two ? 0 : 3,
                        level: -60 - 15 * Double(index), episodes: ["maml-trpo", "promp"].contains(agent) ? 20 : 2,
                        personal: agent == "pmeta-rl")
                }
            }
        }
    }
}

/// What a test asks of a picture.
struct Picture {
    let text: String

    init?(_ files: [String: String], _ name: String) {
        guard let text = files[name] else { return nil }
        self.text = text
    }

    /// Attributes of every element of a kind.
    func elements(_ kind: String) -> [[String: String]] {
        text.components(separatedBy: "<\(kind) ").dropFirst().map { part in
            var found: [String: String] = [:]
            let words = part.prefix { $0 != ">" }.components(separatedBy: "\" ")
            for word in words {
                let pair = word.components(separatedBy: "=\"")
                if pair.count == 2 { found[pair[0]] = pair[1].trimmingCharacters(in: CharacterSet(charactersIn: "\"/")) }
            }
            return found
        }
    }

    var marks: [[String: String]] { elements("circle").filter { $0["class"] == "mark" } }
    /// Colours of each series.
    var colors: [String: Set<String>] {
        Dictionary(grouping: marks, by: { $0["data-series"] ?? "" }).mapValues { Set($0.compactMap { $0["data-color"] }) }
    }

    /// The boxes of all words that stand upright or along the left edge, some of each letter's width.
    var words: [(text: String, left: Double, right: Double, top: Double, bottom: Double)] {
        text.components(separatedBy: "<text ").dropFirst().map { part in
            let attributes = Picture(["": "<text " + part], "")?.elements("text").first ?? [:]
            let words = part.split(separator: ">", maxSplits: 1).last.map { String($0.prefix { $0 != "<" }) } ?? ""
            func number(_ key: String) -> Double { Double(attributes[key] ?? "") ?? 0 }
            let size = number("font-size"), width = Double(words.count) * size * 0.48
            let (x, y) = (number("x"), number("y"))
            let back = attributes["text-anchor"] == "end" ? width : attributes["text-anchor"] == "middle" ? width / 2 : 0
            if attributes["transform"] != nil { return (words, x - size * 0.75, x, y - width / 2, y + width / 2) }
            return (words, x - back, x - back + width, y - size * 0.72, y)
        }
    }
}
