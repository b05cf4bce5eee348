/// A drawn figure of a report.
public struct Figure: Sendable, Equatable {
    /// Stem of its file: `curves-half-cheetah-dir`.
    public var name: String
    public var title: String
    /// What lines, bands and bars are, in whole sentences.
    public var caption: String
    /// The SVG file's text. Marks made by `SVG.mark` carry the values that a page shows on hovering.
    public var svg: String
    /// Folder of its file within the report's; empty for the report's own.
    public var folder = ""

    /// Its file without the ending.
    public var path: String { folder.isEmpty ? name : "\(folder)/\(name)" }

    public init(name: String, title: String, caption: String, svg: String) {
        self.name = name.asFileName
        self.title = title
        self.caption = caption
        self.svg = svg
    }
}
