import Core
import Formats
import Foundation

extension Report {
    /// Draws the figures that `write(to:)` wrote; see `FigurePNG.write`.
    public func writePNG(to folder: URL) throws -> [URL] { try FigurePNG.write(document.figures, in: folder) }
}

extension SuiteReport {
    /// Draws the figures that `write(to:)` wrote; see `FigurePNG.write`.
    public func writePNG(to folder: URL) throws -> [URL] { try FigurePNG.write(document.figures, in: folder) }
}

enum FigurePNG {
    private static let program = "rsvg-convert"

    /// Draws figures, whose SVG files are in `folder`, as PNG files beside them, two pixels for each of the SVG's, by librsvg's
    /// `rsvg-convert`. Returns their paths. Throws `MissingProgram`, `FileError`, or `GaitError.failure` with the program's words.
    static func write(_ figures: [Figure], in folder: URL) throws -> [URL] {
        guard !figures.isEmpty else { return [] }
        guard let program = findProgram(FigurePNG.program) else {
            throw MissingProgram(FigurePNG.program, package: "librsvg2-bin", to: "write PNG files")
        }
        let names = try figures.map { figure in
            let name = "\(figure.path).png"
            try FigurePNG.draw(folder.appendingPathComponent("\(figure.path).svg").path, to: folder.appendingPathComponent(name).path, program)
            return name
        }
        try ReportFolder(url: folder).list(further: names)
        return names.map { folder.appendingPathComponent($0) }
    }

    private static func draw(_ picture: String, to path: String, _ program: String) throws {
        let temporary = path + partialFileSuffix()
        defer { unlink(temporary) }
        let (status, said) = try programOutput(
            [program, "--zoom", "2", "--format", "png", "--output", temporary, picture], readsOutput: false)
        guard status == 0 else {
            let lines = said.split(whereSeparator: \.isNewline).suffix(4).joined(separator: "; ")
            throw GaitError.failure("\(self.program) could not write \(path) (status \(status)): "
                + (lines.isEmpty ? "it gave no message" : lines))
        }
        if rename(temporary, path) != 0 { throw FileError(.renaming, path) }
    }
}
