import Core
import Formats
import Foundation

/// The checkpoints of one run: `checkpoints/step-000012000` and so on, the last two kept.
public struct CheckpointStore: Sendable {
    public let folder: String
    /// How many of the newest are kept.
    public var kept = 2

    public init(folder: String) { self.folder = folder }

    /// Steps and folders, newest first; half-written ones are not among them.
    public func list() -> [(step: Int, path: String)] { checkpoints(names) }

    private func checkpoints(_ names: [String]) -> [(step: Int, path: String)] {
        names.compactMap { name in
            guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)) else { return nil }
            return (step, "\(folder)/\(name)")
        }.sorted { $0.step > $1.step }
    }

    /// What is in the folder, hidden files included; nothing where there is no folder. Throws `FileError` where it can't be read.
    private func readNames() throws -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
            let code = access(folder, R_OK | X_OK) != 0 ? errno : EIO
            if code == ENOENT { return [] }
            throw FileError(.reading, folder, code: code)
        }
    }

    /// The same; nothing, too, where it can't be read.
    private var names: [String] { (try? readNames()) ?? [] }

    /// Saves a checkpoint and removes the oldest. A checkpoint of the same step is replaced. Returns its folder.
    /// Throws `FileError`; the older checkpoints then stay as they are.
    @discardableResult
    public func save(_ checkpoint: Checkpoint, metadata: [String: String]) throws -> String {
        try makeFolder(folder)
        let digits = String(checkpoint.progress.steps)
        let name = "step-" + String(repeating: "0", count: max(0, 9 - digits.count)) + digits, path = "\(folder)/\(name)"
        try checkpoint.write(to: path, aside: "\(folder)/\(Self.asideMark)\(name)", metadata: metadata)
        for old in list().dropFirst(kept) { try? FileManager.default.removeItem(atPath: old.path) }
        return path
    }

    private static let asideMark = ".replaced-"

    /// Puts back a checkpoint that a process had moved aside to replace it when it was killed. Only for the holder of the run's lock.
    public func recover() {
        for name in names where name.hasPrefix(Self.asideMark + "step-") {
            let path = "\(folder)/\(name.dropFirst(Self.asideMark.count))"
            if access(path, F_OK) != 0 { rename("\(folder)/\(name)", path) }
        }
    }

    /// Renames damaged checkpoints beyond a step to `damaged-step-...`: a resumed run will write these steps again. Throws `FileError`.
    public func setAside(after step: Int) throws {
        for later in list() where later.step > step {
            let aside = "\(folder)/\(Self.damagedMark)\((later.path as NSString).lastPathComponent)"
            try? FileManager.default.removeItem(atPath: aside)
            if rename(later.path, aside) != 0 { throw FileError(.renaming, later.path) }
        }
    }

    package static let damagedMark = "damaged-"

    /// Removes checkpoints that a process left half-written.
    public func discardHalfWritten() {
        for name in names where name.hasPrefix(".") { try? FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
    }

    /// Passes the newest checkpoint that is not damaged to `use`; each damaged one is reported to `warn`. Returns nil if there are no checkpoints.
    /// Throws `GaitError.input` if all are damaged, or where the state does not fit what `use` restores; and what reading and `use` throw: that says
    /// nothing about the checkpoint, and an older one would take its place.
    public func newest<Result>(warn: (String) -> Void, use: (Checkpoint) throws -> Result) throws -> Result? {
        var damage: DamagedCheckpoint?
        let all = checkpoints(try readNames())
        for (index, entry) in all.enumerated() {
            let checkpoint: Checkpoint
            do { checkpoint = try Checkpoint(reading: entry.path) } catch let error as DamagedCheckpoint {
                damage = error
                let next = index + 1 < all.count ? "trying the one before, step \(all[index + 1].step)" : "there is no older one"
                warn("checkpoint \(entry.path) can't be used: \(error); \(next)")
                continue
            }
            do { return try use(checkpoint) } catch let error as StateError {
                throw GaitError.input(
                    "checkpoint \(entry.path) does not fit the run: \(error). Was config.yaml changed, or was it saved by another version of Gait?")
            }
        }
        if let damage {
            throw GaitError.input("no usable checkpoint in \(folder): \(damage); restore what is damaged, or start the run again in another folder")
        }
        return nil
    }
}
