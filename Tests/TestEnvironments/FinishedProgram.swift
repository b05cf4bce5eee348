import Foundation

/// How a program ended, and what it printed.
public struct FinishedProgram {
    /// Its exit status, or the signal that ended it.
    public var status: Int32
    public var output: String
    public var error: String

    /// The lines of its output, without empty ones.
    public var lines: [String] { output.split(separator: "\n").map(String.init) }
    /// Output and error in one text.
    public var text: String { output + error }

    public init(status: Int32, output: String, error: String) { (self.status, self.output, self.error) = (status, output, error) }

    /// Runs a program without input and waits for its end. What it prints goes to files, because a program waits for ever when it has filled a pipe
    /// that nobody reads.
    /// - Parameters:
    ///   - command: its path, or its name if it is in the environment's PATH, and its arguments.
    ///   - environment: all its variables; those of this process if left out.
    ///   - folder: where it runs; the current folder if left out.
    /// - Throws: when the files can't be written or `folder` isn't there. A program that isn't found is a status of 127, one that can't be executed
    ///   of 126.
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
