import Core
import Foundation

/// Slurm's own programs, which say what the cluster is asked.
public enum SlurmPrograms {
    /// Runs one, such as `["sbatch", "--parsable", "job.sh"]`, and returns its standard output.
    ///
    /// Variables `SQUEUE_...` are kept from it, because they are filters: a job that is left out would be submitted again.
    ///
    /// - Parameter hidden: other variables that it is not to see.
    ///
    /// Throws `SlurmError` with Slurm's own message, and `GaitError.failure` where the program is missing.
    static func output(of words: [String], hiding hidden: Set<String> = []) throws -> String {
        let name = words.first ?? ""
        guard let program = findProgram(name) else {
            throw GaitError.failure(
                "\(name) is not installed here, so this machine can't give work to Slurm; log in to a node of the cluster that has it, or leave out "
                    + "--launcher slurm. --dry-run writes the job script without it")
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gait-\(getpid())-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let errors = folder + "/errors"
        // The answer comes through a pipe: a file on a full disk would stay empty, as the queue of a cluster without jobs.
        let pipe = Pipe()
        let process = try ChildProcess(
            [program] + words.dropFirst(),
            environment: ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("SQUEUE_") && !hidden.contains($0.key) },
            output: .descriptor(pipe.fileHandleForWriting.fileDescriptor), errors: .file(errors))
        try pipe.fileHandleForWriting.close()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data(), end = process.wait()
        func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
        guard end == .exited(0) else {
            let message = text(FileManager.default.contents(atPath: errors) ?? Data())
            throw SlurmError(program: name, message: message.isEmpty ? "\(name) ended with \(end)" : message)
        }
        return text(output)
    }

    /// How many elements an array may have: `MaxArraySize` of the cluster, 1001 by default, as Slurm has it.
    static func largestArray() throws -> Int { largestArray(in: try output(of: ["scontrol", "show", "config"])) }

    /// The same from the text of `scontrol show config`.
    public static func largestArray(in text: String) -> Int {
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if parts.first == "MaxArraySize", let size = Int(parts.last ?? ""), size > 0 { return size }
        }
        return 1001
    }
}

/// What a program of Slurm refused, in its own words.
public struct SlurmError: Error, CustomStringConvertible {
    public var program: String
    public var message: String

    public var description: String { "\(program) says: \(message.split(whereSeparator: \.isNewline).joined(separator: " "))" }
}
