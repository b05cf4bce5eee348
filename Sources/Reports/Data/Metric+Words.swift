import Foundation
import Runs

/// How reports speak of a metric, and which of its values are better.
extension Metric {
    var isReturn: Bool { self == .episodeReturn }
    /// False where no value is better than another: nothing is bold, and nobody is ahead.
    var hasOrder: Bool { direction != .neither }

    /// Turned so that higher is better.
    func oriented(_ values: [Double]) -> [Double] { direction == .lowerIsBetter ? values.map { -$0 } : values }
    func oriented(_ values: [[Double]]) -> [[Double]] { values.map { oriented($0) } }

    /// `highest` or `lowest`.
    var best: String { direction == .lowerIsBetter ? "lowest" : "highest" }
    /// `higher` or `lower`.
    var better: String { direction == .lowerIsBetter ? "lower" : "higher" }

    var inUnit: String { unit.isEmpty ? "" : " (\(unit))" }
    /// As axes name it.
    var axisTitle: String { isReturn ? "episode return" : title + inUnit }
    /// The same at the last evaluation.
    var finalTitle: String { (title.hasPrefix("final ") ? "" : "final ") + title + inUnit }
    /// Plural where the language has one in common use.
    var finalTitles: String { isReturn ? "final returns" : finalTitle }

    /// What a reader must know before its tables; nil where the title says enough.
    func explanation(_ comparison: Comparison) -> String? {
        guard name == Metric.wrongTask.name else { return nil }
        let counts = comparison.families.compactMap { family -> String? in
            let most = comparison.scores(self).filter { $0.family == family && $0.set == .train }.map(\.tasks.count).max() ?? 0
            return most < 2 ? nil : "\(Format.number(1 - 1 / Double(most), decimals: 2)) on \(family) (\(most) tasks)"
        }
        return "An adaptation counts as wrong if the z that it inferred is nearer to the stored z of another training task than to that of its own."
            + (counts.isEmpty ? "" : " Guessing gives 1 − 1/tasks: \(Format.list(counts)).")
            + " Where tasks are graded, such as speeds, a neighbouring task counts as wrong, although its policy is nearly right. Each agent has a "
            + "latent space of its own, so that the shares of two agents are not comparable. Nothing is ranked by this number."
    }

    /// `stem` for returns, `stem-NAME` for others: names of tables and figures.
    func fileName(_ stem: String) -> String { isReturn ? stem : "\(stem)-\(name)" }
    /// `text: NAME` of other metrics than returns, whose titles would be the same.
    func titled(_ text: String) -> String { isReturn ? text : "\(text): \(title)" }
}

extension String {
    /// With a capital letter first.
    var sentence: String { prefix(1).uppercased() + dropFirst() }

    /// As a part of a file's name: metrics and families may be called anything. Without spaces, brackets and what else would end a link in Markdown.
    var asFileName: String {
        let plain = String(unicodeScalars.map { scalar in
            scalar.value <= 32 || scalar.value == 127 || "/()<>[]\\#?%".unicodeScalars.contains(scalar) ? "-" : Character(scalar)
        })
        return plain.utf8.count <= 180 ? plain : String(plain.prefix(40)) + "-\(Array(plain.utf8).count)"
    }
}
