import Core
import Foundation

/// The style sheet and the script that every report's page holds, so that it needs nothing but itself.
public struct PageFiles: Sendable, Equatable {
    var style: String
    var script: String

    /// Reads `templates/report` of the assets folder. Throws `GaitError.input` naming the file that is missing.
    public init(assets: String) throws {
        func text(_ name: String) throws -> String {
            let path = "\(assets)/templates/report/\(name)"
            guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8) else {
                throw GaitError.input("\(path): this file is missing or is no text; reports need it. Restore it from the project's assets folder")
            }
            return text.trimmingCharacters(in: .newlines)
        }
        style = try text("page.css")
        script = try text("page.js")
    }
}
