import Core
import Formats
import Foundation

/// Where a run stood: the training loop's own state beside the agent's.
public struct RunProgress: Codable, Sendable, Equatable {
    public var steps = 0
    public var updates = 0
    public var unstableEpisodes = 0
    /// First step mark that has not been evaluated, logged, or saved.
    public var nextEvaluation = 0
    public var nextLog = 0
    public var nextCheckpoint = 0
    public var lastEvaluatedStep: Int?
    public var lastReturn: Double?
    /// Complete rows of progress.csv and evaluations.csv, and progress.csv's columns so far.
    public var progressRows = 0
    public var progressColumns: [String] = []
    public var evaluationRows = 0
    /// Sums and counts of the agent's scalars since the last row of progress.csv.
    public var metricSums: [String: Double] = [:]
    public var metricCounts: [String: Int] = [:]
    /// Seconds spent training and evaluating, interruptions left out.
    public var trainingSeconds = 0.0
    public var evaluationSeconds = 0.0

    public init() {}
}

/// A saved moment of a run: a folder `step-000012000` that appears whole or not at all.
///
/// - `networks.safetensors`: the agent's weights, the keys below `networks/` without that word, for other tools
/// - `state.safetensors`: everything else that the next slice depends on
/// - `progress.json`: the loop's state, and the size and checksum of the other two
public struct Checkpoint: Sendable {
    public var progress: RunProgress
    public var state: StateDictionary

    public init(progress: RunProgress, state: StateDictionary) {
        self.progress = progress
        self.state = state
    }

    private struct Index: Codable {
        struct File: Codable {
            var bytes: Int
            var crc32c: UInt32
        }
        var format = 1
        var progress: RunProgress
        var files: [String: File]
    }

    private static let networksPrefix = "networks/"

    /// Writes into `folder`, which must not exist, by way of a temporary folder beside it.
    /// Throws `FileError`; nothing is left of a checkpoint that could not be finished.
    public func write(to folder: String, metadata: [String: String]) throws {
        let parent = (folder as NSString).deletingLastPathComponent
        let temporary = "\(parent)/.partial-\((folder as NSString).lastPathComponent)"
        try? FileManager.default.removeItem(atPath: temporary)
        do {
            try makeFolder(temporary)
            var networks = StateDictionary(), rest = StateDictionary()
            for (key, entry) in state.entries {
                if key.hasPrefix(Self.networksPrefix) {
                    networks[String(key.dropFirst(Self.networksPrefix.count))] = entry
                } else {
                    rest[key] = entry
                }
            }
            var index = Index(progress: progress, files: [:])
            for (name, part) in [("networks.safetensors", networks), ("state.safetensors", rest)] {
                let written = try SafeTensors.write(part, metadata: metadata, to: "\(temporary)/\(name)")
                index.files[name] = .init(bytes: written.bytes, crc32c: written.checksum)
            }
            try writeAtomically(jsonText(index), to: "\(temporary)/progress.json")
            if rename(temporary, folder) != 0 { throw FileError(.renaming, folder) }
            try synchronizeFolder(parent)
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error
        }
    }

    /// Throws `GaitError.input` naming the file, what is wrong with it and what was expected.
    public init(reading folder: String) throws {
        let indexPath = "\(folder)/progress.json"
        let index = try Self.index(indexPath)
        progress = index.progress
        state = StateDictionary()
        for (name, prefix) in [("networks.safetensors", Self.networksPrefix), ("state.safetensors", "")] {
            let path = "\(folder)/\(name)"
            guard let expected = index.files[name] else { throw GaitError.input("\(indexPath): the size of \(name) is missing") }
            try Self.check(path, expected)
            for (key, entry) in try SafeTensors.read(path).state.entries { state[prefix + key] = entry }
        }
    }

    private static func index(_ path: String) throws -> Index {
        let data: Data
        do { data = try readFile(path) } catch { throw GaitError.input("\(error)") }
        do { return try decodeJSON(Index.self, from: data) } catch {
            throw GaitError.input("\(path): a checkpoint's progress in JSON expected; the file is truncated or damaged")
        }
    }

    private static func check(_ path: String, _ expected: Index.File) throws {
        let data: Data
        do { data = try readFile(path) } catch { throw GaitError.input("\(error)") }
        guard data.count == expected.bytes else {
            throw GaitError.input("\(path): \(expected.bytes) bytes expected, found \(data.count); the file is truncated or damaged")
        }
        var checksum = CRC32C()
        data.withUnsafeBytes { checksum.update($0) }
        guard checksum.value == expected.crc32c else {
            throw GaitError.input("\(path): its checksum is not the one recorded when it was written; the file is damaged")
        }
    }
}
