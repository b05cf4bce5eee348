import Foundation
import TestEnvironments
import Testing

private let isRepository = FileManager.default.fileExists(atPath: packageFolder.appendingPathComponent(".git").path)

/// Other packages can depend on a version of Gait: its libraries have no unsafe build flags, and what they declare public is enough to use them.
@Suite struct OtherPackageTests {
    @Test(.enabled(if: isRepository, "the files of a release are those that git lists"))
    func aPackageThatDependsOnAVersionBuildsAndLearns() throws {
        let place = try Place()
        try release("1.2.0", of: packageFolder, in: place["gait"])
        try FileManager.default.copyItem(at: packageFolder.appendingPathComponent("Tests/OtherPackage"), to: place["other"])
        let output = try run(
            ["swift", "run", "--quiet", "--cache-path", place["cache"].path, "--package-path", place["other"].path],
            ["GAIT_REPOSITORY": "file://\(place["gait"].path)"])
        let numbers = output.split(whereSeparator: { ", \n".contains($0) }).compactMap { Double($0) }
        #expect(numbers.count == 2 && numbers[1] < 0.01 * numbers[0], "\(output)")
    }

    /// Makes a repository with this package's files as they are, and a tag of a version. Git's ignored files are left out.
    private func release(_ version: String, of root: URL, in repository: URL) throws {
        let files = try run(["git", "-C", root.path, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]).split(separator: "\0")
        let needed = ["Package.swift", "Sources/", "baselines/", "assets/templates/", "Tests/"]
        for file in files.map(String.init) where needed.contains(where: file.hasPrefix) {
            let copy = repository.appendingPathComponent(file), original = root.appendingPathComponent(file)
            guard FileManager.default.fileExists(atPath: original.path) else { continue }  // deleted, but not yet committed
            try FileManager.default.createDirectory(at: copy.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.copyItem(at: original, to: copy)
        }
        let git = ["git", "-C", repository.path, "-c", "user.name=test", "-c", "user.email=test@example.org"]
        for arguments in [["init", "--quiet"], ["add", "--all", "--force"], ["commit", "--quiet", "--message", version], ["tag", version]] {
            _ = try run(git + arguments)
        }
    }

    /// The standard output of a program; a test fails with the whole output if the program does.
    private func run(_ command: [String], _ environment: [String: String] = [:]) throws -> String {
        let own = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GAIT_") }
        let result = try FinishedProgram(command, environment: own.merging(environment) { $1 })
        try #require(result.status == 0, "\(command): \(result.text)")
        return result.output
    }
}
