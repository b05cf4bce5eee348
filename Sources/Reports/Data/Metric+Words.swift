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
    var finalTitle: String { "final " + title + inUnit }
    /// Plural where the language has one in common use.
    var finalTitles: String { isReturn ? "final returns" : finalTitle }

    /// `stem` for returns, `stem-NAME` for others: names of tables and figures.
    func fileName(_ stem: String) -> String { isReturn ? stem : "\(stem)-\(name)" }
    /// ` of return`, ...: behind a title that would be the same for two metrics.
    func titled(_ text: String) -> String { isReturn ? text : "\(text): \(title)" }
}

extension String {
    /// With a capital letter first.
    var sentence: String { prefix(1).uppercased() + dropFirst() }

    /// As a part of a file's name: metrics and families may be called anything.
    var asFileName: String {
        let plain = String(unicodeScalars.map { scalar in
            scalar == "/" || scalar.value < 32 || scalar.value == 127 ? "-" : Character(scalar)
        })
        return plain.utf8.count <= 180 ? plain : String(plain.prefix(40)) + "-\(Array(plain.utf8).count)"
    }
}
