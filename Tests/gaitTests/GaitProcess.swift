import Foundation
import Synchronization
import TestEnvironments
import Testing

/// The built program, run as a user runs it. Killed when this object is released.
final class GaitProcess {
    let process = Process()
    private let place: Place
    private let outputFile: URL
    private let errorFile: URL

    /// The program beside the test bundle.
    static let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("gait")

    /// Starts it in `place`, its output going to files there.
    /// - Parameters:
    ///   - limit: the largest file that it may write, in blocks of 1024 bytes; stands for a full disk.
    ///   - shell: what follows the command in Bash: redirections, a pipe.
    init(
        _ arguments: [String], in place: Place, environment: [String: String] = [:], fileLimit limit: Int? = nil, shell: String? = nil
    ) throws {
        self.place = place
        let folder = place.url.appendingPathComponent(".output-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        outputFile = folder.appendingPathComponent("output")
        errorFile = folder.appendingPathComponent("error")
        for file in [outputFile, errorFile] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
        let line = limit.map { "ulimit -f \($0); exec \"$0\" \"$@\"" } ?? shell.map { "\"$0\" \"$@\" \($0); exit ${PIPESTATUS[0]}" }
        if let line {
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            process.arguments = ["-c", line, Self.executable.path] + arguments
        } else {
            process.executableURL = Self.executable
            process.arguments = arguments
        }
        process.currentDirectoryURL = place.url
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GAIT_") }
        variables.merge(environment) { $1 }
        process.environment = variables
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
    }

    /// Waits for its end.
    func result() throws -> FinishedProgram {
        process.waitUntilExit()
        return FinishedProgram(
            status: process.terminationStatus, output: try String(contentsOf: outputFile, encoding: .utf8),
            error: try String(contentsOf: errorFile, encoding: .utf8))
    }

    /// What it has written to standard error until now.
    var errorSoFar: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }

    /// Waits until `condition` holds; false when the process ended or five minutes went by before.
    func wait(until condition: () -> Bool) -> Bool {
        let end = Date().addingTimeInterval(300)
        while Date() < end {
            if condition() { return true }
            if !process.isRunning { return condition() }
            usleep(5000)
        }
        return false
    }

    deinit { if process.isRunning { send(SIGKILL) } }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }
}

/// Folders that are removed when this process ends.
private let sharedFolders = Mutex<[String]>([])

/// A temporary folder for one test, removed when this object is released.
final class Place: Sendable {
    private let folder: TemporaryFolder
    let url: URL

    init() throws {
        folder = try TemporaryFolder()
        url = folder.url.resolvingSymlinksInPath()
    }

    /// For a place that tests share: a static value is never released, so the folder is removed when the process ends.
    func removeAtExit() {
        let isFirst = sharedFolders.withLock { folders -> Bool in
            folders.append(folder.path)
            return folders.count == 1
        }
        guard isFirst else { return }
        atexit {
            for path in sharedFolders.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
        }
    }

    subscript(path: String) -> URL { url.appendingPathComponent(path) }

    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: self[path].path) }

    func text(_ path: String) throws -> String { try String(contentsOf: self[path], encoding: .utf8) }

    func write(_ text: String, to path: String) throws { try folder.write(text, path) }

    /// The same, of a file that can be executed.
    func writeProgram(_ text: String, to path: String) throws { try writeExecutable(text, to: self[path].path) }

    func gait(_ arguments: String..., environment: [String: String] = [:], fileLimit: Int? = nil) throws -> FinishedProgram {
        try GaitProcess(arguments, in: self, environment: environment, fileLimit: fileLimit).result()
    }

    /// Names in a folder of checkpoints, oldest first.
    func checkpoints(_ run: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: self["\(run)/checkpoints"].path)) ?? []
        return names.filter { $0.hasPrefix("step-") }.sorted()
    }
}

/// `train` with networks so small that a run takes a second.
func training(_ run: String, family: String = "half-cheetah-dir", steps: Int, more: [String] = []) -> [String] {
    let settings = [
        "actorHidden=[16, 16]", "criticHidden=[16, 16]", "encoderHidden=[16]", "batchSize=16", "contextBatch=8",
        "updatesPerRound=20", "initialSteps=200", "replayCapacity=4000",
    ]
    return ["train", "pmeta-rl", family, "--preset", "quick", "--steps", "\(steps)", "--evaluation-episodes", "1", "--out", run]
        + settings.flatMap { ["--set", $0] } + more
}
