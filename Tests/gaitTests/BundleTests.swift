import Foundation
import TestEnvironments
import Testing

/// A bundle, unpacked in a folder with a blank in its name and started as on a machine that has nothing of ours.
@Suite(.serialized) struct BundleTests {
    private static let packed = Result { try Packed() }

    final class Packed: Sendable {
        let place: Place
        let output: String
        init() throws {
            place = try Place()
            place.removeAtExit()
            let result = try place.gait("bundle", "out/gait.tar", environment: ["GAIT_ASSETS": assetsFolder.path])
            output = result.text
            try FileManager.default.createDirectory(at: place["some where"], withIntermediateDirectories: true)
            let unpacked = try FinishedProgram(["tar", "-xf", place["out/gait.tar"].path, "-C", place["some where"].path])
            try #require(unpacked.status == 0, "\(output)\(unpacked.error)")
        }

        var folder: URL {
            get throws {
                let names = try FileManager.default.contentsOfDirectory(atPath: place["some where"].path)
                return place["some where/\(try #require(names.count == 1 ? names.first : nil))"]
            }
        }

        /// Runs the bundle's program in `place`, with nothing in its environment but PATH and what is given.
        func gait(_ arguments: [String], _ environment: [String: String] = [:]) throws -> FinishedProgram {
            let path = ["PATH": "/usr/bin:/bin", "TMPDIR": FileManager.default.temporaryDirectory.path]
            let command = [try folder.appendingPathComponent("gait").path] + arguments
            return try FinishedProgram(command, environment: path.merging(environment) { $1 }, in: place.url)
        }
    }

    @Test func itHasEverythingAndAnImagesDefinitionBesideIt() throws {
        let packed = try Self.packed.get()
        #expect(packed.output.hasPrefix("out/gait.tar\nout/gait.def\n"), "\(packed.output)")
        let definition = try packed.place.text("out/gait.def")
        #expect(definition.contains("    gait.tar /opt/gait.tar\n") && definition.contains("apptainer build gait.sif gait.def"))
        let folder = try packed.folder
        for file in ["README", "assets/models", "assets/presets/pmeta-rl.yaml", "licenses/gait", "lib/glibc/libc.so.6", "lib/c++/libstdc++.so.6"] {
            #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent(file).path), "\(file)")
        }
    }

    /// A library that were missing in it would be taken from this machine, and lack on others.
    @Test(arguments: ["system", "own"]) func everyLibraryIsInItButTheSystemsC(libc: String) throws {
        let packed = try Self.packed.get(), folder = try packed.folder.path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: folder + "/gait")
        process.arguments = training("run-\(libc)", family: "sparse-point-robot", steps: 4_000_000)
        process.environment = ["PATH": "/usr/bin:/bin", "GAIT_LIBC": libc]
        process.currentDirectoryURL = packed.place.url
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer { kill(process.processIdentifier, SIGKILL) }
        for _ in 0..<6000 where !packed.place.exists("run-\(libc)/progress.csv") { usleep(10_000) }
        // The script became the program.
        let id = process.processIdentifier
        #expect(try String(contentsOfFile: "/proc/\(id)/comm", encoding: .utf8) == "gait\n")
        let maps = try FinishedProgram(["cat", "/proc/\(id)/maps"]).lines  // Foundation reads only the first page of such a file
        let libraries = Set(maps.compactMap { line in line.firstIndex(of: "/").map { String(line[$0...]) } }.filter { $0.contains(".so") })
        #expect(libraries.contains { $0.hasPrefix(folder) && $0.contains("openblas") } && libraries.count > 15, "\(libraries)")
        for file in libraries where !file.hasPrefix(folder) {
            let name = (file as NSString).lastPathComponent
            let isCxx = name.hasPrefix("libstdc++.so") || name.hasPrefix("libgcc_s.so")
            let isC = ["libc.so", "libc-", "libm.so", "libm-", "ld-", "libdl", "libpthread", "librt"].contains { name.hasPrefix($0) }
            #expect(isCxx || isC && libc == "system", "\(file)")
        }
    }

    @Test(arguments: ["system", "own"]) func itKnowsItsOwnParts(libc: String) throws {
        let packed = try Self.packed.get(), folder = try packed.folder.path
        let result = try packed.gait(["doctor", "--json"], ["GAIT_LIBC": libc]), output = result.text
        #expect(result.status == 0, "\(output)")
        func detail(_ name: String) -> String {
            let line = output.split(separator: "\n").first { $0.contains("\"name\":\"\(name)\"") } ?? ""
            return line.replacingOccurrences(of: "\\/", with: "/")
        }
        #expect(detail("assets").contains("\(folder)/assets") && detail("BLAS").contains("\(folder)/lib/libopenblas"), "\(output)")
        #expect(detail("C library").contains("\(folder)/lib/glibc/") == (libc == "own"), "\(output)")
    }

    /// A sweep's runs are processes of their own, which are started by the script as well; jobs of a cluster too.
    @Test func itStartsItselfAgain() throws {
        let packed = try Self.packed.get(), folder = try packed.folder.path
        let words = ["reproduce", "fig2-gridworld", "--preset", "quick", "--agents", "q-averaging", "--seeds", "0-1", "--jobs", "2"]
        let result = try packed.gait(words + ["--out", "runs"], ["GAIT_LIBC": "own"])
        #expect(result.status == 0 && packed.place.exists("runs/report/report.html"), "\(result.text)")
        let dry = try packed.gait(words.dropLast(2) + ["--out", "cluster", "--launcher", "slurm", "--dry-run"])
        #expect(dry.status == 0, "\(dry.text)")
        let lists = FileManager.default.enumerator(atPath: packed.place["cluster"].path)?.compactMap { $0 as? String } ?? []
        let list = try #require(lists.first { $0.hasSuffix("runs.tsv") })
        let commands = try packed.place.text("cluster/\(list)")
        #expect(commands.contains("\(folder)/gait' train"), "\(commands)")
    }

    /// A run of a bundle records the commit, too.
    @Test func itKnowsWhatItWasBuiltFrom() throws {
        let packed = try Self.packed.get()
        let version = try packed.gait(["--version"]).output, isNoted = FileManager.default.fileExists(atPath: GaitProcess.executable.path + "-commit")
        #expect(try version == Place().gait("--version").output)
        #expect(version.contains("(") == isNoted, "\(version)")
    }

    @Test func mistakesAreNamed() throws {
        let packed = try Self.packed.get()
        let again = try packed.gait(["bundle", "x.tar.gz"])
        #expect(again.status == 64 && again.error.contains("runs from a bundle already"), "\(again.text)")
        let libc = try packed.gait(["list"], ["GAIT_LIBC": "mine"])
        #expect(libc.status != 0 && libc.error.contains("'system' or 'own'"), "\(libc.text)")
        let place = try Place()
        let ending = try place.gait("bundle", "gait.zip")
        #expect(ending.status == 64 && ending.error.contains(".tar.gz"), "\(ending.error)")
        // A full disk: nothing is left behind, and what was there stays.
        try place.write("old", to: "gait.tar")
        let full = try place.gait("bundle", "gait.tar", environment: ["GAIT_ASSETS": assetsFolder.path], fileLimit: 100)
        #expect(full.status == 1 && full.error.contains("tar failed"), "\(full.error)")
        #expect(try place.text("gait.tar") == "old")
        let names = try FileManager.default.contentsOfDirectory(atPath: place.url.path)
        #expect(!names.contains { $0.contains("partial") }, "\(names)")
    }
}
