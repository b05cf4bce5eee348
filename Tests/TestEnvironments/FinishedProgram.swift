import Foundation

/// How a program ended, and what it printed.
public struct FinishedProgram {
    public var status: Int32
    public var output: String
    public var error: String

    /// The lines of its output, without empty ones.
    public var lines: [String] { output.split(separator: "\n").map(String.init) }
    /// Output and error in one text.
    public var text: String { output + error }

    public init(status: Int32, output: String, error: String) { (self.status, self.output, self.error) = (status, output, error) }

    /// Runs a program without input and waits for its end. It prints into files, since a pipe that nobody reads stops a program once it is full.
    /// - Parameters:
    ///   - command: its path, or its name if it is in PATH, and its arguments.
    ///   - environment: all its variables; those of this process if left out.
    ///   - folder: where it runs; here if left out.
    /// - Throws: when the files can't be written or `folder` isn't there. A name that isn't in PATH gives a status of 127.
    public init(_ command: [String], environment: [String: String] = ProcessInfo.processInfo.environment, in folder: URL? = nil) throws {
        let process = Process(), place = try TemporaryFolder()
        defer { withExtendedLifetime(place) {} }
        let output = URL(fileURLWithPath: try place.write("", "output")), error = URL(fileURLWithPath: try place.write("", "error"))
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["--"] + command
        process.environment = environment
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: error)
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        self.output = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        self.error = String(decoding: try Data(contentsOf: error), as: UTF8.self)
    }
}
