import Core
import Formats
import Foundation
import Runs

/// What a study found. A study is a part of a report that is no comparison of runs: a theorem checked by experiment, maps of what trained
/// networks do. A report keeps it as `studies/NAME.json`, from which its section is made again.
public struct StudyResult: Sendable, Equatable, Codable {
    public enum Block: Sendable, Equatable, Codable {
        case text(String)
        case table(Table)
        case plot(LinePlot)
        case maps(MapPlot)
        case pictures(PicturePlot)
    }

    /// A claim of the paper beside what the study found.
    public struct Claim: Sendable, Equatable, Codable {
        /// Where the paper says it: `Theorem 1`.
        public var source: String
        /// What it is about: `6 x 6 grid`.
        public var place: String
        public var claim: String
        public var paper: String
        public var ours: String
        /// `agrees`, or in what it does not.
        public var agreement: String
        /// The number's interval, or why there is none.
        public var certainty: String
        /// Why it differs from the paper, where it does.
        public var reason: String?

        public init(
            source: String, place: String, claim: String, paper: String, ours: String, agreement: String, certainty: String, reason: String? = nil
        ) {
            self.source = source
            self.place = place
            self.claim = claim
            self.paper = paper
            self.ours = ours
            self.agreement = agreement
            self.certainty = certainty
            self.reason = reason
        }

        /// Of something that each seed shows or does not: it agrees where all of them do, and in part where some do.
        package init(source: String, place: String, claim: String, paper: String, holds: [Bool], ours: String, reason: String? = nil) {
            let count = holds.count { $0 }, agreement = Agreement(holdsIn: count, of: holds.count)
            let words = "\(count) of \(holds.count) seeds"
            self.init(
                source: source, place: place, claim: claim, paper: paper, ours: "in \(words); \(ours)",
                agreement: agreement.text + (agreement == .agreesInPart ? ": \(words)" : ""), certainty: "\(words); no test",
                reason: agreement == .agrees ? nil : reason)
        }
    }

    /// Stem of its file.
    public var name: String
    public var title: String
    public var blocks: [Block]
    public var claims: [Claim]

    public init(name: String, title: String, blocks: [Block], claims: [Claim] = []) {
        self.name = name
        self.title = title
        self.blocks = blocks
        self.claims = claims
    }

    /// Its section of a report.
    var section: ReportDocument.Section {
        ReportDocument.Section(title: title, blocks: blocks.map { block in
            switch block {
            case .text(let text): .paragraph(text)
            case .table(let table): .table(table)
            case .plot(let plot): .figure(plot.figure)
            case .maps(let maps): .figure(maps.figure)
            case .pictures(let pictures): .figure(pictures.figure)
            }
        })
    }
}

extension StudyResult {
    /// The text of its file. Numbers that are not finite are kept as words.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    /// Reads such a file. Throws `GaitError.input` naming it.
    init(contentsOf path: String) throws {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            self = try decoder.decode(StudyResult.self, from: try readFile(path))
            if let fault = blocks.lazy.compactMap(\.fault).first { throw GaitError.input("\(path): this is no study of a report: \(fault)") }
        } catch let error as DecodingError {
            throw GaitError.input("\(path): this is no study of a report: \(error.place)")
        }
    }
}

extension StudyResult.Block {
    /// What can't be drawn or written of a block that was read from a file; nil where nothing is wrong.
    fileprivate var fault: String? {
        switch self {
        case .text, .plot, .pictures: return nil
        case .table(let table):
            let isWhole = table.rows.allSatisfy { $0.count == table.columns.count }
            return isWhole ? nil : "table '\(table.name)': \(table.columns.count) cells in each row expected"
        case .maps(let maps):
            let areRanges = [maps.x, maps.y].allSatisfy { $0.count == 2 && $0.allSatisfy { abs($0) < 1e300 } && $0[0] < $0[1] }
            if !areRanges { return "maps '\(maps.name)': two rising numbers expected for each axis" }
            let cells = maps.panels.compactMap(\.cells)
            let areWhole = cells.allSatisfy {
                let count = $0.rows.multipliedReportingOverflow(by: $0.columns)
                return $0.rows > 0 && $0.columns > 0 && !count.overflow && $0.values.count == count.partialValue
                    && $0.values.allSatisfy { !$0.isFinite || abs($0) < 1e300 }
            }
            return areWhole && !maps.panels.isEmpty ? nil : "maps '\(maps.name)': a value for each row and column of cells expected"
        }
    }
}

extension DecodingError {
    /// Which key is wrong, and how.
    var place: String {
        let context: Context
        switch self {
        case .typeMismatch(_, let found), .valueNotFound(_, let found), .keyNotFound(_, let found), .dataCorrupted(let found): context = found
        @unknown default: return "\(self)"
        }
        let key = context.codingPath.map(\.stringValue).joined(separator: ".")
        return (key.isEmpty ? "" : "key '\(key)': ") + context.debugDescription
    }
}
