import Experiments
import Foundation

/// What `gait report` writes: raw data, figures and the report itself as Markdown and as a page, all of them made from the raw data alone.
public struct Report {
    public let comparison: Comparison
    public let document: ReportDocument

    public init(_ runs: [RunRecord]) {
        comparison = Comparison(runs)
        document = ReportDocument(comparison)
    }

    /// Every file by name.
    public var files: [String: String] {
        let data = RunRecord.csv(comparison.runs)
        var files = ["runs.csv": data.runs.text, "evaluations.csv": data.evaluations.text]
        for figure in document.figures { files["\(figure.name).svg"] = figure.svg }
        files["report.md"] = MarkdownReport(document: document).text
        files["report.html"] = HTMLPage(document: document, comparison: comparison, files: files.keys.sorted()).text
        return files
    }

    /// Writes all files into `folder`, which is made where it is missing, each of them whole or not at all; a figure of
    /// an earlier report that this one doesn't have is removed. Returns the paths written, `report.md` first.
    /// Throws `FileError`.
    @discardableResult
    public func write(to folder: URL) throws -> [URL] {
        try makeFolder(folder.path)
        let files = self.files
        let present = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for old in present where old.hasPrefix("curves-") && old.hasSuffix(".svg") && files[old] == nil {
            let path = folder.appendingPathComponent(old).path
            if unlink(path) != 0 { throw FileError(.writing, path) }
        }
        let names = ["report.md"] + files.keys.filter { $0 != "report.md" }.sorted()
        let paths = names.map { folder.appendingPathComponent($0) }
        for (name, path) in zip(names, paths) { try writeAtomically(files[name] ?? "", to: path.path) }
        try removeOldPNG(in: folder, present: present)
        return paths
    }
}
