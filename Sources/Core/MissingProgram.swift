import Foundation

/// A program of another package that a command needs and that is not in PATH: a failure while running, exit 1.
public struct MissingProgram: Error, CustomStringConvertible, ExitCodeProviding, Equatable {
    public var name: String
    /// Debian's package that brings it.
    public var package: String
    /// What it is needed to do.
    public var purpose: String

    public init(_ name: String, package: String, to purpose: String) {
        self.name = name
        self.package = package
        self.purpose = purpose
    }

    public var description: String {
        "\(name) is needed to \(purpose) and is not in PATH; get it with: apt-get install -y --no-install-recommends \(package)"
    }

    public var exitCode: Int32 { 1 }
}

/// The path of a program in PATH, or where there is no PATH in the folders that a shell looks into then; nil where there is none.
public func findProgram(_ name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
}
