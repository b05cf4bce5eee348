import Core
import Formats
import Foundation
import Runs

/// The report of a suite: several experiments and studies in one document, which shows every claim and the main tables and figures of each
/// part. Each experiment has its whole report in a folder of its own, with its raw data; studies are kept in `studies/`. The report
/// can be made again from its folder alone.
public struct SuiteReport {
    public enum Content {
        /// An experiment's.
        case report(Report)
        case study(StudyResult)
        /// There is nothing yet, and why.
        case missing(String)
    }

    public struct Part {
        /// Name of the experiment or study, and of its folder or file.
        public var name: String
        public var title: String
        /// What a reader should know first; may be empty.
        public var text: String
        public var content: Content

        public init(name: String, title: String, text: String = "", content: Content) {
            self.name = name
            self.title = title
            self.text = text
            self.content = content
        }
    }

    public var name: String
    public var title: String
    /// Paragraphs below the title.
    public var introduction: [String]
    public var parts: [Part]
    private let page: PageFiles

    /// - Parameter page: style sheet and script of the pages.
    public init(name: String, title: String, introduction: [String], parts: [Part], page: PageFiles) {
        self.name = name
        self.title = title
        self.introduction = introduction
        self.parts = parts
        self.page = page
    }

    /// Every file by name.
    public func files() throws -> [String: String] {
        var files: [String: String] = [:]
        for part in parts {
            switch part.content {
            case .report(let report): for (name, text) in report.files { files["\(part.name)/\(name)"] = text }
            case .study(let study): files["studies/\(part.name).json"] = try study.json()
            case .missing: break
            }
        }
        files[SuiteOutline.fileName] = try SuiteOutline(self).json()
        files.merge(ReportDocument.files(of: ownSections)) { $1 }
        let document = self.document
        files["report.md"] = MarkdownReport(
            document: document,
            rawData: """
                Each experiment has its whole report and its raw data in a folder of its own; what studies found is in `studies/`; \
                \(MarkdownReport.tables) `gait report` with this folder as input makes the same report again, as long as each experiment's \
                folder has its `evaluations.csv` or `evaluations.csv.gz`. A committed report may lack them because of their size: then the runs must \
                be made again, with `gait reproduce \(name)` and the preset named above.
                """).text
        let shown = files.keys.filter { !$0.contains("/") || $0.hasPrefix("studies/") || $0.hasPrefix("tables/") }.sorted()
        files["report.html"] = HTMLPage(document: document, comparison: nil, files: shown, page: page).text
        return files
    }

    /// Writes all files into `folder` as `Report.write` does. Returns the paths written, `report.md` first. Throws `FileError`.
    @discardableResult
    public func write(to folder: URL) throws -> [URL] { try ReportFolder(url: folder).write(try files()) }

    /// Those whose figures and tables are in this report's folder; an experiment's are in its own.
    private var ownSections: [ReportDocument.Section] {
        [claims] + parts.compactMap { if case .study(let study) = $0.content { study.section } else { nil } }
    }

    var document: ReportDocument {
        ReportDocument(
            title: title, introduction: introduction, cautions: parts.compactMap(caution),
            sections: [claims].filter { !$0.blocks.isEmpty } + parts.flatMap(sections))
    }

    /// The sentence that sends a reader to a part's own cautions.
    private func caution(_ part: Part) -> String? {
        switch part.content {
        case .report(let report):
            let count = report.document.cautions.count
            let cautions = count == 0 ? nil : "\(count == 1 ? "one remark" : "\(count) remarks") on runs in its own report"
            let words = [report.missing, cautions].compactMap { $0 }
            return words.isEmpty ? nil : "\(part.title): \(words.joined(separator: " "))"
        case .study: return nil
        case .missing(let reason): return "\(part.title): \(reason)"
        }
    }

    private var claims: ReportDocument.Section {
        var rows: [ClaimRow] = [], judged: [JudgedClaim] = []
        for part in parts {
            switch part.content {
            case .report(let report):
                judged += report.judged
                rows += report.judged.flatMap(\.tableRows)
            case .study(let study):
                rows += study.claims.map {
                    ClaimRow(
                        source: $0.source, place: $0.place, what: $0.claim, paper: $0.paper, ours: Table.Cell($0.ours), agreement: $0.agreement,
                        certainty: $0.certainty, reason: $0.reason ?? "")
                }
            case .missing: break
            }
        }
        guard !rows.isEmpty else { return ReportDocument.Section(title: "", blocks: []) }
        return ReportDocument.Section(
            title: "What the paper claims",
            blocks: [
                .paragraph("\(rows.count) \(rows.count == 1 ? "claim" : "claims"). \(rows.map(\.agreement).tally.sentence)."),
                .table(.claims(rows, of: judged)),
            ])
    }

    private func sections(_ part: Part) -> [ReportDocument.Section] {
        let text: [ReportDocument.Block] = part.text.isEmpty ? [] : [.paragraph(part.text)]
        switch part.content {
        case .report(let report):
            let own = report.document.sections.filter(\.isMain).flatMap(\.blocks).map { block in
                guard case .figure(var figure) = block else { return block }
                figure.folder = part.name
                return .figure(figure)
            }
            // What is missing stands at the top of this report.
            let introduction = report.document.introduction.filter { $0 != report.missing }
            return [ReportDocument.Section(
                title: part.title, blocks: text + introduction.map { .paragraph($0) }
                    + [.report("All tables and figures of this part, its settings and its raw data", folder: part.name)] + own)]
        case .study(let study):
            var section = study.section
            section.title = part.title
            section.blocks = text + section.blocks
            return [section]
        case .missing(let reason):
            return [ReportDocument.Section(title: part.title, blocks: text + [.paragraph(reason)])]
        }
    }
}

/// What a suite's report keeps of the suite, in `parts.json`.
struct SuiteOutline: Codable {
    static let fileName = "parts.json"

    struct Part: Codable {
        enum Kind: String, Codable { case experiment, study, missing }
        var name: String
        var title: String
        var text: String
        var kind: Kind
        /// Why it is missing.
        var reason: String?
    }

    var name: String
    var title: String
    var introduction: [String]
    var parts: [Part]

    init(_ report: SuiteReport) {
        name = report.name
        title = report.title
        introduction = report.introduction
        parts = report.parts.map { part in
            switch part.content {
            case .report: Part(name: part.name, title: part.title, text: part.text, kind: .experiment)
            case .study: Part(name: part.name, title: part.title, text: part.text, kind: .study)
            case .missing(let reason): Part(name: part.name, title: part.title, text: part.text, kind: .missing, reason: reason)
            }
        }
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
}

extension SuiteReport {
    /// True for the folder of a suite's report.
    public static func isReport(_ folder: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(folder)/\(SuiteOutline.fileName)")
    }

    /// A suite's report from its own folder. Throws `GaitError.input` naming the file that can't be read, and what reading reports throws.
    ///
    /// - Parameters:
    ///   - registry: see `RunRecord.init`.
    ///   - budgets: see `Report.init`.
    public init(contentsOf folder: String, assets: String, registry: Registry? = nil, budgets: Budgets? = nil) throws {
        let path = "\(folder)/\(SuiteOutline.fileName)", page = try PageFiles(assets: assets)
        let outline: SuiteOutline
        do {
            outline = try JSONDecoder().decode(SuiteOutline.self, from: try readFile(path))
        } catch let error as DecodingError {
            throw GaitError.input("\(path): this is no outline of a report: \(error.place)")
        }
        let parts = try outline.parts.map { part -> Part in
            let content: Content
            switch part.kind {
            case .experiment:
                let own = "\(folder)/\(part.name)", runs = try ReportInput.read([own], registry: registry)
                content = .report(Report(
                    runs, claims: try ReportInput.claims([own], runs, assets: assets), plan: try ReportInput.plan([own]), budgets: budgets,
                    page: page))
            case .study: content = .study(try StudyResult(contentsOf: "\(folder)/studies/\(part.name).json"))
            case .missing: content = .missing(part.reason ?? "not there")
            }
            return Part(name: part.name, title: part.title, text: part.text, content: content)
        }
        self.init(name: outline.name, title: outline.title, introduction: outline.introduction, parts: parts, page: page)
    }
}
