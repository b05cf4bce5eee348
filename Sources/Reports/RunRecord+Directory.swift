import Foundation
extension RunRecord {
    init(directory: URL) throws { throw ReportError.nothingFound(directory.path) }
}
