import Foundation
import Runs

/// What `gait report` writes: raw data, tables, figures and the report itself as Markdown and as a page, all made from the raw data alone.
public struct Report {
    public let comparison: Comparison
    public let document: ReportDocument
    let judged: [JudgedClaim]
    private let claims: [ExperimentClaims]
    private let plan: [RunPlan]
    private let page: PageFiles

    /// - Parameters:
    ///   - claims: of the experiments that the runs belong to.
    ///   - plan: every run of the experiment, so that the report says which are missing; empty where that is not known.
    ///   - budgets: how long runs of a preset are, so that the report says which have another length; nil where that is not known.
    ///   - page: style sheet and script of report.html.
    public init(_ runs: [RunRecord], claims: [ExperimentClaims] = [], plan: [RunPlan] = [], budgets: Budgets? = nil, page: PageFiles) {
        self.claims = claims
        self.plan = plan
        self.page = page
        comparison = Comparison(runs, metrics: claims.flatMap(\.metrics).unique)
        let papers = claims.compactMap(\.claims), comparison = comparison
        judged = papers.flatMap { JudgedClaim.all($0, comparison) }
        let titles = Dictionary(claims.compactMap { own in own.title.map { (own.experiment, $0) } }, uniquingKeysWith: { first, _ in first })
        document = ReportDocument(
            comparison, judged: judged, papers: papers, titles: titles, plan: plan, lengths: budgets.map { OtherLength.all(runs, $0) } ?? [])
    }

    /// The longest list of measured values, in bytes, that is written as plain text.
    public var longestPlainFile = 2_000_000

    /// Every file's text by name; tables are `tables/NAME.csv` and `tables/NAME.tex`. A file whose name ends in .gz is to be compressed.
    public var files: [String: String] {
        let data = RunRecord.csv(comparison.runs)
        var files = document.files
        let evaluations = data.evaluations.text
        let isLong = evaluations.utf8.count > longestPlainFile
        let evaluationsFile = RunRecord.evaluationsFiles[isLong ? 1 : 0]
        (files["runs.csv"], files[evaluationsFile]) = (data.runs.text, evaluations)
        files[ExperimentClaims.fileName] = ExperimentClaims.text(claims)
        if !plan.isEmpty { files[RunPlan.fileName] = RunPlan.csv(plan).text }
        files["report.md"] = MarkdownReport(
            document: document, evaluationsFile: evaluationsFile, origin: RunRecord.origin(comparison.runs)
        ).text
        files["report.html"] = HTMLPage(document: document, comparison: comparison, files: files.keys.sorted(), page: page).text
        return files
    }

    /// Writes all files into `folder`, which is made where it is missing, each of them whole or not at all; a file that an
    /// earlier report wrote there and this one doesn't have is removed, no other. Returns the paths written, `report.md` first.
    /// Throws `FileError`.
    @discardableResult
    public func write(to folder: URL) throws -> [URL] { try ReportFolder(url: folder).write(files) }

    /// Which planned runs are not finished, in a sentence; nil where none is missing.
    var missing: String? { RunPlan.missing(plan, comparison.runs) }
}
