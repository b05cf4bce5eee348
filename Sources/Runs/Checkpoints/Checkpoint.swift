import Agents
import Core
import Formats
import Foundation

/// A checkpoint: a folder `step-000012000`, which is either complete or does not exist.
///
/// - `networks.safetensors`: the agent's weights, the keys below `networks/` without that word, for other tools
/// - `state.safetensors`: everything else that the next slice depends on
/// - `progress.json`: the loop's state, the run's configuration, and the size and checksum of the other two
public struct Checkpoint: Sendable {
    public var progress: RunProgress
    public var state: StateDictionary
    /// The run's configuration when it was saved, in YAML; nil in earlier checkpoints.
    public var configuration: String?
    /// The form that `state` was written in.
    private var format = Checkpoint.format
    /// The file that `configuration` was read from, for messages.
    private(set) var file = ""

    public init(progress: RunProgress, state: StateDictionary, configuration: String? = nil) {
        self.progress = progress
        self.state = state
        self.configuration = configuration
    }

    /// Restores an agent of the same problem and settings, fresh from its initializer. Throws `StateError` where an entry does not fit.
    public func restore(_ agent: any Agent) throws {
        try StateCoder.restore(format == 1 ? upgradedFromFormat1(state) : state, agent)
    }

    private struct Index: Codable {
        struct File: Codable {
            var bytes: Int
            var crc32c: UInt32
        }
        var format = Checkpoint.format
        var progress: RunProgress
        var configuration: String?
        var files: [String: File]
    }

    private struct Form: Decodable {
        var format: Int
    }

    /// The present form of `state`. Checkpoints of form 1 are still read.
    static let format = 2

    private static let networksPrefix = "networks/"
    /// Before the name of a checkpoint that is not complete yet.
    package static let halfWrittenMark = ".partial-"

    /// Writes `folder` as a temporary folder beside it that is renamed at the end. A checkpoint that is there already is moved to `aside` before,
    /// since a folder that is not empty can't be replaced by renaming, and removed when the new one is in its place.
    /// Throws `FileError`; a checkpoint that could not be finished is removed, and the one that was there stays.
    public func write(to folder: String, aside: String, metadata: [String: String]) throws {
        let parent = (folder as NSString).deletingLastPathComponent
        let temporary = "\(parent)/\(Self.halfWrittenMark)\((folder as NSString).lastPathComponent)"
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
            var index = Index(progress: progress, configuration: configuration, files: [:])
            for (name, part) in [("networks.safetensors", networks), ("state.safetensors", rest)] {
                let written = try SafeTensors.write(part, metadata: metadata, to: "\(temporary)/\(name)")
                index.files[name] = .init(bytes: written.bytes, crc32c: written.checksum)
            }
            try writeAtomically(jsonText(index), to: "\(temporary)/progress.json")
            let replaces = access(folder, F_OK) == 0
            if replaces {
                try? FileManager.default.removeItem(atPath: aside)
                if rename(folder, aside) != 0 { throw FileError(.renaming, folder) }
            }
            if rename(temporary, folder) != 0 {
                let error = FileError(.renaming, folder)
                if replaces { rename(aside, folder) }
                throw error
            }
            try synchronizeFolder(parent)
            if replaces { try? FileManager.default.removeItem(atPath: aside) }
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error
        }
    }

    /// Throws `DamagedCheckpoint` naming the file, what is wrong with it and what was expected, `GaitError.input` for one that a later version of
    /// Gait wrote, and `FileError` where the disk does not let it be read.
    public init(reading folder: String) throws {
        let indexPath = "\(folder)/progress.json"
        let index = try Self.index(indexPath)
        guard index.format >= 1 else { throw DamagedCheckpoint("\(indexPath): a form of at least 1 expected, found \(index.format); the file is damaged") }
        guard index.progress.isPossible else { throw DamagedCheckpoint("\(indexPath): counts of at least 0 expected; the file is damaged") }
        file = indexPath
        progress = index.progress
        configuration = index.configuration
        format = index.format
        state = StateDictionary()
        for (name, prefix) in [("networks.safetensors", Self.networksPrefix), ("state.safetensors", "")] {
            let path = "\(folder)/\(name)"
            guard let expected = index.files[name] else { throw DamagedCheckpoint("\(indexPath): the size of \(name) is missing") }
            try Self.check(path, expected)
            let entries: [String: StateDictionary.Entry]
            do { entries = try SafeTensors.read(path).state.entries } catch let error as GaitError { throw DamagedCheckpoint("\(error)") }
            for (key, entry) in entries { state[prefix + key] = entry }
        }
    }

    private static func index(_ path: String) throws -> Index {
        let data = try bytes(path)
        // A later form may have other keys.
        if let form = try? decodeJSON(Form.self, from: data).format, form > format {
            throw GaitError.input("\(path): a checkpoint of form 1 to \(format) expected, found \(form); a later version of Gait wrote it, and can go on from it")
        }
        do { return try decodeJSON(Index.self, from: data) } catch {
            throw DamagedCheckpoint("\(path): a checkpoint's progress in JSON expected; the file is truncated or damaged")
        }
    }

    private static func check(_ path: String, _ expected: Index.File) throws {
        let data = try bytes(path)
        guard data.count == expected.bytes else {
            throw DamagedCheckpoint("\(path): \(expected.bytes) bytes expected, found \(data.count); the file is truncated or damaged")
        }
        var checksum = CRC32C()
        data.withUnsafeBytes { checksum.update($0) }
        guard checksum.value == expected.crc32c else {
            throw DamagedCheckpoint("\(path): its checksum is not the recorded one; the file is damaged")
        }
    }

    /// A file that is missing is damage; one that can't be read now is not.
    private static func bytes(_ path: String) throws -> Data {
        do { return try readFile(path) } catch let error as FileError where error.code == ENOENT { throw DamagedCheckpoint("\(error)") }
    }
}

/// A file of a checkpoint that is missing or not as it was written, so that the checkpoint before it is the newest one.
public struct DamagedCheckpoint: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
