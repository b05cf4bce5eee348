import Foundation

/// `report.html`: a report as one page that needs nothing but itself, to be opened from a disk. It is well-formed XML, too.
///
/// Without JavaScript all of it can be read; with it, figures show values and tables can be sorted.
public struct HTMLPage {
    struct Section {
        var id: String
        var title: String
        /// What comes below its heading.
        var body: String
    }

    let document: ReportDocument
    let comparison: Comparison?
    let files: [String]
    let page: PageFiles

    /// - Parameters:
    ///   - document: what is said, in its order.
    ///   - comparison: the runs that it is about, whose settings, tasks and commands the page adds; nil where other pages do.
    ///   - files: names of the other files in the page's folder, to which it links.
    ///   - page: its style sheet and script.
    public init(document: ReportDocument, comparison: Comparison?, files: [String], page: PageFiles) {
        self.page = page
        self.document = document
        self.comparison = comparison
        self.files = files
    }

    /// The file's text.
    public var text: String {
        var anchors = HTMLAnchors()
        _ = anchors.next("cautions")
        let sections = document.sections.map { section($0, &anchors) } + (comparison.map(made) ?? [("Files", links)]).map { title, body in
            Section(id: anchors.next(title), title: title, body: body)
        }
        let title = HTML.escaped(document.title)
        return """
            <!DOCTYPE html>
            <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
            <head>
            <meta charset="utf-8"/>
            <title>\(title) – a report of Gait</title>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <meta name="generator" content="gait report"/>
            <style>
            \(page.style)
            </style>
            </head>
            <body>
            <header>
            <h1>\(title)</h1>
            \(document.introduction.map { "<p>\(HTML.prose($0))</p>" }.joined(separator: "\n"))
            </header>
            \(contents(sections))
            <main>
            \(cautions)\(sections.map(HTMLPage.html).joined(separator: "\n"))
            </main>
            <script>
            //<![CDATA[
            \(page.script)
            //]]>
            </script>
            </body>
            </html>

            """
    }

    private func contents(_ sections: [Section]) -> String {
        var links = sections.map { "<a href=\"#\($0.id)\">\(HTML.prose($0.title))</a>" }
        if !document.cautions.isEmpty { links.insert("<a href=\"#cautions\">Read this first</a>", at: 0) }
        return "<nav aria-label=\"Contents\">\n" + HTML.list(links) + "\n</nav>"
    }

    private var cautions: String {
        guard !document.cautions.isEmpty else { return "" }
        return """
            <aside id="cautions" class="cautions" aria-labelledby="cautions-title">
            <h2 id="cautions-title">Read this first</h2>
            \(HTML.list(document.cautions.map(HTML.prose)))
            </aside>

            """
    }

    private static func html(_ section: Section) -> String {
        """
        <section id="\(section.id)">
        <h2>\(HTML.prose(section.title))</h2>
        \(section.body)
        </section>
        """
    }

    private func section(_ section: ReportDocument.Section, _ anchors: inout HTMLAnchors) -> Section {
        let id = anchors.next(section.title)
        let blocks = section.blocks.map { block -> String in
            switch block {
            case .paragraph(let text): "<p>\(HTML.prose(text))</p>"
            case .list(let items): HTML.list(items.map(HTML.prose))
            case .table(let table): table.html(id: anchors.next("table \(table.name)"), below: section.title)
            case .data(let table): table.html(id: anchors.next("table \(table.name)"), below: section.title, folded: true)
            case .figure(let figure): HTMLPage.html(figure, id: anchors.next("figure \(figure.path)"))
            case .report(let text, let folder): "<p>\(HTML.link("\(folder)/report.html", text))</p>"
            }
        }
        return Section(id: id, title: section.title, body: blocks.joined(separator: "\n"))
    }

    /// The picture in a box of its own, in which it scrolls where it would be too small to read.
    private static func html(_ figure: Figure, id: String) -> String {
        let file = "\(figure.path).svg"
        let picture = HTML.inlined(figure.svg, prefix: id).map { svg in
            "<div class=\"plot\"" + (width(ofSVG: svg).map { " style=\"--natural: \($0)px\"" } ?? "") + ">\n\(svg)\n</div>"
        }
        return """
            <figure class="drawing" id="\(id)">
            \(picture ?? "<p>No picture.</p>")
            <figcaption><strong>\(HTML.prose(Table.closed(figure.title)))</strong> \(HTML.prose(figure.caption)) \
            \(HTML.link(file, "As a file."))</figcaption>
            </figure>
            """
    }

    /// Pixels, from the first element's `width`.
    private static func width(ofSVG svg: String) -> Int? {
        guard let end = svg.firstIndex(of: ">"), let start = svg[..<end].range(of: " width=\"") else { return nil }
        return Double(svg[start.upperBound..<end].prefix { $0 != "\"" }).flatMap { $0 > 0 && $0 < 1e5 ? Int($0.rounded()) : nil }
    }
}
