import Core
import Foundation
import Testing

/// Which commit a program was built from: the wrapper script writes it down, the program reads it.
@Suite struct CommitTests {
    @Test func theWrapperNotesTheCommitAndWhatWasChangedSince() throws {
        let place = try Checkout()
        /// Builds anew, and returns what the program will read.
        func built() throws -> String {
            if place.files.exists("checkout/.build/.gait-built") { try FileManager.default.removeItem(at: place.files["checkout/.build/.gait-built"]) }
            #expect(try place.gait("list", root: nil).status == 0)
            return try place.files.text("checkout/.build/release/gait-commit")
        }
        #expect(try built() == "\n", "not a checkout of Git")
        try place.git("init", "--quiet")
        try place.git("add", "gait", "Package.swift")
        try place.git("-c", "user.name=A", "-c", "user.email=a@b", "commit", "--quiet", "--message", "first")
        let commit = try place.git("rev-parse", "HEAD").prefix(12)
        try place.files.write("notes", to: "checkout/README.md")
        #expect(try built() == "\(commit)\n", "what the program is not built from does not count")

        // Also where Git is not to show what is not added.
        try place.git("config", "status.showUntrackedFiles", "no")
        try place.files.write("let a = 1", to: "checkout/Sources/new.swift")
        let new = try built()
        try place.files.write("let a = 2", to: "checkout/Sources/new.swift")
        let newer = try built()
        try place.files.write("let b = 1", to: "checkout/Package.swift")
        let third = try built()
        for text in [new, newer, third] { #expect(try text.wholeMatch(of: Regex("\(commit) \\+ [0-9a-f]{8}\n")) != nil, "\(text)") }
        #expect(Set([new, newer, third]).count == 3)
        try FileManager.default.moveItem(at: place.files["checkout/Sources/new.swift"], to: place.files["checkout/Sources/other.swift"])
        #expect(try built() != third)

        // Committed after it was built: the program is the commit's.
        try place.git("add", "Package.swift", "Sources")
        try place.git("-c", "user.name=A", "-c", "user.email=a@b", "commit", "--quiet", "--message", "second")
        let builds = try place.builds().count
        #expect(try place.gait("list", root: nil).status == 0)
        let second = try place.git("rev-parse", "HEAD").prefix(12)
        #expect(try place.files.text("checkout/.build/release/gait-commit") == "\(second)\n" && place.builds().count == builds)
    }

    @Test func aNoteOfAnEarlierBuildIsNotRead() throws {
        let place = try Place(), program = place["gait"].path
        try place.write("", to: "gait")
        #expect(RunningProgram.commit(of: program) == nil)
        try place.write("110a049c1234\n", to: "gait-commit")
        #expect(RunningProgram.commit(of: program) == "110a049c1234")
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: 5)], ofItemAtPath: program)
        #expect(RunningProgram.commit(of: program) == nil)
        try place.write("\n", to: "gait-commit")
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: 10)], ofItemAtPath: place["gait-commit"].path)
        #expect(RunningProgram.commit(of: program) == nil, "the wrapper script did not know it")
    }

    @Test func aRunRecordsIt() throws {
        let place = try Place(), version = try place.gait("--version").output.dropLast()
        #expect(version.wholeMatch(of: /\d+\.\d+\.\d+( \([0-9a-f]{12}( \+ [0-9a-f]{8})?\))?/) != nil, "\(version)")
        #expect(try place.gait("train", "q-averaging", "gridworld", "--rounds", "1", "--out", "run").status == 0)
        #expect(try place.text("run/config.yaml").replacing("\"", with: "").contains("\n  gait: \(version)\n"))
    }
}
