import Core
import Formats
import Foundation
import Runs
import TestEnvironments
import Testing

private func sampleState() throws -> StateDictionary {
    var state = StateDictionary()
    state.store([1.5, -2, .infinity, 0], shape: [2, 2], at: "networks/task-0/actor.layers.0.weight")
    state.store([0.1] as [Float], at: "networks/bias")
    state.store([1.0 / 3, .pi], at: "optimizer/moments")
    state.store([1, -2, 3], at: "counters")
    state.store(RandomStream(seed: 7), at: "random/collection")
    state["replay/done"] = .init(shape: [3], values: .uint8([1, 0, 255]))
    state["empty \"quoted\" ü"] = .init(shape: [0, 4], values: .float32([]))
    return state
}

@Suite struct SafeTensorsTests {
    @Test func everyTypeComesBackTheSame() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a.safetensors"
        let written = try SafeTensors.write(sampleState(), metadata: ["step": "12", "x": "a\"b\n"], to: path)
        let read = try SafeTensors.read(path)
        #expect(try read.state == sampleState())
        #expect(read.metadata == ["step": "12", "x": "a\"b\n"])
        let data = try bytes(path)
        #expect(written.bytes == data.count)
        #expect(written.checksum == CRC32C.checksum(Array(data)))
    }

    @Test func layoutIsTheFormatsOwn() throws {
        let folder = try TemporaryFolder()
        var state = StateDictionary()
        state.store([1, 2] as [Float], at: "w")
        try SafeTensors.write(state, to: folder.path + "/a")
        let data = Array(try bytes(folder.path + "/a"))
        let header = "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}"
        let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        #expect(data[0] == UInt8(padded.utf8.count) && data[1..<8].allSatisfy { $0 == 0 })
        #expect(Array(data[8..<8 + padded.utf8.count]) == Array(padded.utf8))
        #expect(Array(data.suffix(8)) == [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
    }

    @Test func truncatedFilesAreErrorsWhereverTheyAreCut() throws {
        let folder = try TemporaryFolder()
        try SafeTensors.write(sampleState(), to: folder.path + "/a")
        let whole = try bytes(folder.path + "/a")
        for length in 0..<whole.count where length % 9 == 0 || length < 12 || length > whole.count - 5 {
            try whole.prefix(length).write(to: URL(fileURLWithPath: folder.path + "/cut"))
            let found = problem { try SafeTensors.read(folder.path + "/cut") }
            #expect(found.exitCode == 65)
            #expect(found.text.hasPrefix(folder.path + "/cut: "), "cut after \(length): \(found.text)")
        }
    }

    @Test(arguments: [
        (
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
            12, "overlap"
        ),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "hole"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 8, "4 bytes follow the last array"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, "of shape [3]"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,8]}}", 8, "of shape [-1]"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}", 8, "of shape"),
        ("{\"a\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8]}}", 8, "type F16; one of F32"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, "at bytes 8 to 0"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "data_offsets expected"),
        ("[1, 2]", 0, "not a JSON object"),
        ("{\"a\": ", 0, "not a JSON object"),
    ])
    func malformedHeadersAreErrorsThatSayWhy(header: String, body: Int, reason: String) throws {
        let folder = try TemporaryFolder()
        var data = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
        data += Data(header.utf8) + Data(repeating: 0, count: body)
        try data.write(to: URL(fileURLWithPath: folder.path + "/bad"))
        let found = problem { try SafeTensors.read(folder.path + "/bad") }
        #expect(found.exitCode == 65)
        #expect(found.text.contains(reason), "\(found.text)")
    }
}

@Suite struct CheckpointTests {
    private func checkpoint(_ step: Int) throws -> Checkpoint {
        var progress = RunProgress()
        progress.steps = step
        progress.metricSums = ["loss": 1.0 / 3]
        progress.lastReturn = -0.1
        return Checkpoint(progress: progress, state: try sampleState())
    }

    @Test func checkpointComesBackTheSameAndNetworksStandAlone() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(folder: folder.path + "/checkpoints")
        let path = try store.save(checkpoint(12_000), metadata: [:])
        #expect(path.hasSuffix("/checkpoints/step-000012000"))
        let read = try Checkpoint(reading: path)
        #expect(try read.state == sampleState())
        #expect(try read.progress == checkpoint(12_000).progress)
        let networks = try SafeTensors.read(path + "/networks.safetensors").state
        #expect(networks.entries.keys.sorted() == ["bias", "task-0/actor.layers.0.weight"])
    }

    @Test func theLastTwoStay() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(folder: folder.path)
        for step in [1, 2, 3, 3] { try store.save(checkpoint(step), metadata: [:]) }
        #expect(store.list().map(\.step) == [3, 2])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["step-000000002", "step-000000003"])
    }

    /// Damaged ones beyond the one that a run goes on from are kept under another name, without taking part.
    @Test func damagedCheckpointsAreSetAside() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(folder: folder.path)
        for step in [1, 2, 3] { try store.save(checkpoint(step), metadata: [:]) }
        try store.setAside(after: 2)
        #expect(try store.list().map(\.step) == [2] && FileManager.default.fileExists(atPath: folder.path + "/damaged-step-000000003"))
        try store.save(checkpoint(3), metadata: [:])
        #expect(store.list().map(\.step) == [3, 2])
    }

    @Test(arguments: ["networks.safetensors", "state.safetensors", "progress.json"], ["cut", "flip", "remove"])
    func aDamagedNewestCheckpointFallsBackOnTheOneBefore(file: String, damage: String) throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(folder: folder.path)
        for step in [1, 2] { try store.save(checkpoint(step), metadata: [:]) }
        let path = store.list()[0].path + "/" + file
        var data = try bytes(path)
        switch damage {
        case "cut": data = data.prefix(data.count / 2)
        case "flip": data[file == "progress.json" ? 0 : data.count - 1] ^= 1
        default: break
        }
        try expectStepOne(store, path, with: damage == "remove" ? nil : data)
    }

    /// A number of rows that no run has.
    @Test func aNegativeCountFallsBackOnTheCheckpointBefore() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(folder: folder.path)
        for step in [1, 2] { try store.save(checkpoint(step), metadata: [:]) }
        let path = store.list()[0].path + "/progress.json"
        let text = String(decoding: try bytes(path), as: UTF8.self), damaged = text.replacing(#/"evaluationRows" ?: ?/#) { $0.output + "-1" }
        #expect(text != damaged)
        try expectStepOne(store, path, with: Data(damaged.utf8))
    }

    /// Expects checkpoint 1 and a warning that names `path` once that file of checkpoint 2 holds `damaged`, or is gone.
    private func expectStepOne(_ store: CheckpointStore, _ path: String, with damaged: Data?) throws {
        try FileManager.default.removeItem(atPath: path)
        try damaged?.write(to: URL(fileURLWithPath: path))
        var warnings: [String] = []
        let step = try store.newest(warn: { warnings.append($0) }) { $0.progress.steps }
        #expect(step == 1)
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains(path) == true && warnings.first?.contains("trying the one before, step 1") == true, "\(warnings)")
    }

    /// A kill between the two renamings leaves the old checkpoint aside and the new one under its temporary name.
    @Test func aCheckpointThatWasBeingReplacedIsThereAgain() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(folder: folder.path)
        let path = try store.save(checkpoint(7), metadata: [:])
        try FileManager.default.moveItem(atPath: path, toPath: folder.path + "/.replaced-step-000000007")
        try folder.write("half", ".partial-step-000000007/state.safetensors")
        #expect(store.list().isEmpty)
        store.recover()
        store.discardHalfWritten()
        #expect(try store.newest(warn: { _ in }) { $0.progress.steps } == 7)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["step-000000007"])
        // Where the new one is in its place, the old one goes.
        try FileManager.default.copyItem(atPath: path, toPath: folder.path + "/.replaced-step-000000007")
        store.recover()
        store.discardHalfWritten()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["step-000000007"])
    }

    /// A server that is away for a moment says nothing about a checkpoint, and the one before must not take its place.
    @Test func aCheckpointThatCanNotBeReadNowIsNotTakenForDamaged() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(folder: folder.path)
        for step in [1, 2] { try store.save(checkpoint(step), metadata: [:]) }
        let file = store.list()[0].path + "/state.safetensors"
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)  // reading it fails, and it is there
        var warnings: [String] = []
        let found = problem { try store.newest(warn: { warnings.append($0) }) { $0.progress.steps } }
        #expect(found.exitCode == 65 && found.text.contains("reading \(file) failed") && warnings.isEmpty, "\(found.text) \(warnings)")
        // Nor is one at fault where something else failed, such as a program that restores it.
        try FileManager.default.removeItem(atPath: file)
        try store.save(checkpoint(2), metadata: [:])
        #expect(throws: GaitError.failure("killed")) {
            try store.newest(warn: { warnings.append($0) }) { _ in throw GaitError.failure("killed") }
        }
        // Nor one whose state does not fit, as where config.yaml was changed, or that a later version wrote.
        let misfit = problem { try store.newest(warn: { warnings.append($0) }) { _ in throw StateError.missing("x") } }
        #expect(misfit.exitCode == 65 && misfit.text.contains("step-000000002 does not fit the run"), "\(misfit.text)")
        let index = store.list()[0].path + "/progress.json", text = String(decoding: try bytes(index), as: UTF8.self)
        try text.replacing(#/"format" ?: ?2/#) { _ in "\"format\": 3" }.replacing("\"updates\"", with: "\"gradientUpdates\"")
            .write(toFile: index, atomically: true, encoding: .utf8)
        let newer = problem { try store.newest(warn: { warnings.append($0) }) { $0.progress.steps } }
        #expect(newer.exitCode == 65 && newer.text.contains("a later version of Gait wrote it"), "\(newer.text)")
        #expect(warnings.isEmpty)
        // No list of checkpoints is not an empty one.
        let file2 = folder.path + "/no-folder"
        try folder.write("", "no-folder")
        #expect(problem { try CheckpointStore(folder: file2).newest(warn: { _ in }) { $0.progress.steps } }.exitCode == 65)
    }

    @Test func noUsableCheckpointIsAnError() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(folder: folder.path)
        #expect(try store.newest(warn: { _ in }) { $0.progress.steps } == nil)
        try store.save(checkpoint(1), metadata: [:])
        try folder.write("{", "step-000000001/progress.json")
        let found = problem { try store.newest(warn: { _ in }) { $0.progress.steps } }
        #expect(found.exitCode == 65)
        #expect(found.text.contains("no usable checkpoint"))
    }
}
