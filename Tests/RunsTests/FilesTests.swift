import Core
import Formats
import Foundation
import Runs
import TestEnvironments
import Testing

@Suite struct FilesTests {
    @Test func atomicWritingReplacesTheWholeFileAndLeavesNothingElse() throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/a.txt"
        try writeAtomically("one", to: file)
        try writeAtomically("two", to: file)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "two")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.txt"])
    }

    /// Its sizes are numbers of 32 bits.
    @Test func anArchiveThatWouldBeTooLargeIsNone() {
        let files = [(name: "a", bytes: Array(repeating: UInt8(7), count: 1000))]
        #expect(StoredZip.archive(files)?.count ?? 0 > 1000 && StoredZip.archive(files, most: 1000) == nil)
    }

    @Test func fullDiskIsAnErrorThatSaysSo() throws {
        let file = try OutputFile("/dev/full", .appending)
        let found = problem { try file.write(String(repeating: "x", count: 5000)) }
        #expect(found.exitCode == 1)
        #expect(found.text == "no space left while writing /dev/full (5000 bytes); nothing already written was lost")
    }

    @Test func writingWhereNothingCanBeWrittenIsAnErrorNamingTheFile() throws {
        let folder = try TemporaryFolder()
        let found = problem { try writeAtomically("x", to: folder.path + "/none/a.txt") }
        #expect(found.text.contains(folder.path + "/none/a.txt"))
        try folder.write("", "plain")
        #expect(problem { try makeFolder(folder.path + "/plain/below") }.text.contains("plain"))
        #expect(problem { try readFile(folder.path + "/absent") }.exitCode == 65)
    }

    @Test func aFolderHasOneHolderAtATime() throws {
        let folder = try TemporaryFolder()
        var lock: FolderLock? = try FolderLock(folder: folder.path)
        #expect(FolderLock.isHeld(folder: folder.path))
        let found = problem { try FolderLock(folder: folder.path) }
        #expect(found.exitCode == 75)
        #expect(found.text.contains("in use by another process (process \(getpid()) on"))
        withExtendedLifetime(lock) {}
        lock = nil
        #expect(!FolderLock.isHeld(folder: folder.path))
        lock = try FolderLock(folder: folder.path)
    }

    /// A network's file system may have none.
    @Test(arguments: [ENOSYS, ENOLCK, EOPNOTSUPP]) func withoutLocksAFileThatNamesTheHolderTakesTheirPlace(code: Int32) throws {
        let folder = try TemporaryFolder()
        let none: FolderLock.Locking = { _, _ in
            errno = code
            return -1
        }
        var lock: FolderLock? = try FolderLock(folder: folder.path, locking: none)
        #expect(lock?.warning?.contains("no locks") == true)
        #expect(FolderLock.isHeld(folder: folder.path, locking: none))
        let found = problem { try FolderLock(folder: folder.path, locking: none) }
        #expect(found.exitCode == 75 && found.text.contains("in use by process \(getpid()) on"))
        withExtendedLifetime(lock) {}
        lock = nil
        #expect(!FolderLock.isHeld(folder: folder.path, locking: none))

        // Left behind: by a process of this machine that is gone; by another machine's that lives, then by one that is silent.
        for (holder, age, isHeld) in [("999999999 \(hostName()) 1", 0.0, false), ("1 elsewhere 1", 10, true), ("1 elsewhere 1", 1000, false)] {
            let file = try folder.write(holder, ".owner")
            try FileManager.default.setAttributes([.modificationDate: Date().addingTimeInterval(-age)], ofItemAtPath: file)
            #expect(FolderLock.isHeld(folder: folder.path, locking: none) == isHeld)
            #expect(((try? FolderLock(folder: folder.path, locking: none)) == nil) == isHeld)
        }
    }

    @Test func checksumIsTheCastagnoliOne() {
        // RFC 3720, appendix B.4, and the common check value.
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.checksum(Array(repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum(Array(repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.checksum(Array(0..<32)) == 0x46DD_794E)
    }

    @Test func tableGrowsByRowsAndColumns() throws {
        let folder = try TemporaryFolder()
        var table = try TableFile(creating: folder.path + "/t.csv", columns: ["a", "b"])
        try table.append([["a": "1", "b": "x,\"y\""], ["a": "2"]])
        try table.append([["a": "3", "c": "\"\""]])
        #expect(try String(contentsOfFile: table.path, encoding: .utf8) == "a,b,c\n1,\"x,\"\"y\"\"\",\n2,,\n3,,\"\"\"\"\"\"\n")
        let read = try TableFile.read(table.path)
        #expect(read.columns == ["a", "b", "c"])
        #expect(read.rows == [["1", "x,\"y\"", ""], ["2", "", ""], ["3", "", "\"\""]])
    }

    /// The file has one line a row, the header's too, and goes on where it was left.
    @Test func aColumnWithALineEndIsFoundAgain() throws {
        let folder = try TemporaryFolder()
        var table = try TableFile(creating: folder.path + "/t.csv", columns: ["step"])
        for step in ["1", "2"] { try table.append([["step": step, "a\nb": "5"]]) }
        var again = try TableFile(truncating: table.path, columns: table.columns, rows: 1)
        try again.append([["step": "3", "a\nb": "6"]])
        _ = try TableFile(truncating: table.path, columns: ["step", "a\nb"], rows: 2)  // as a checkpoint of before may have it
        let read = try TableFile.read(table.path)
        #expect(read.columns == ["step", "a b"] && read.rows == [["1", "5"], ["3", "6"]])
    }

    @Test func tableGoesBackToAnEarlierState() throws {
        let folder = try TemporaryFolder()
        var table = try TableFile(creating: folder.path + "/t.csv", columns: ["a"])
        try table.append([["a": "1"], ["a": "2"]])
        let before = try bytes(table.path)
        try table.append([["a": "3", "late": "4"]])
        let file = try OutputFile(table.path, .appending)
        try file.write("4,to")
        try file.close()
        #expect(try TableFile.read(table.path).rows.count == 3)
        _ = try TableFile(truncating: table.path, columns: ["a"], rows: 2)
        #expect(try bytes(table.path) == before)
        let short = problem { try TableFile(truncating: table.path, columns: ["a"], rows: 3) }
        #expect(short.exitCode == 65)
        #expect(short.text.contains("3 rows expected"))
    }

    @Test func assetsAreFoundFromAnywhere() throws {
        let folder = try TemporaryFolder()
        try folder.write("", "project/assets/models/a.xml")
        try folder.write("", "project/.build/release/gait")
        try folder.write("", "elsewhere/bin/x")
        let link = folder.path + "/elsewhere/bin/gait"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path + "/project/.build/release/gait")
        let assets = folder.path + "/project/assets"
        let far = folder.path + "/elsewhere"
        func find(_ variable: String?, _ executable: String, _ current: String) throws -> String {
            try AssetsFolder.find(environment: variable.map { ["GAIT_ASSETS": $0] } ?? [:], executable: executable, currentFolder: current)
        }
        #expect(try find(assets, "/bin/true", far) == assets)
        #expect(try find(nil, folder.path + "/project/.build/release/gait", far) == assets)
        #expect(try find(nil, link, far) == assets)
        #expect(try find(nil, "bin/gait", far) == assets)
        #expect(try find(nil, "/bin/true", folder.path + "/project/.build") == assets)
        let missing = problem { try find(nil, "/bin/true", far) }
        #expect(missing.exitCode == 65)
        #expect(missing.text.contains(far + "/assets") && missing.text.contains("GAIT_ASSETS"))
        let wrong = problem { try find(far, "/bin/true", far) }
        #expect(wrong.exitCode == 65)
        #expect(wrong.text.contains("GAIT_ASSETS is \(far)"))
    }
}

@Suite struct SHA256Tests {
    /// The examples of FIPS 180-4, and of a file of whole blocks (`head -c 128 /dev/zero | sha256sum`).
    @Test func hashesAreThoseOfSha256sum() {
        #expect(SHA256.hash([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(SHA256.hash(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let longer = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
        #expect(SHA256.hash(Array(longer.utf8)) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(SHA256.hash(Array(repeating: 0, count: 128)) == "38723a2e5e8a17aa7950dc008209944e898f69a7bd10a23c839d341e935fd5ca")
    }
}
