import Foundation
import TestEnvironments
import Testing

/// The wrapper script with a compiler that only notes how it was called: which MuJoCo is built with, and when again.
@Suite struct EngineChoiceTests {
    @Test(arguments: [
        ("include/mujoco", "libmujoco.so.3.3.7"),  // PyPI's package
        ("mujoco/include/mujoco", "mujoco/libmujoco.so.3.3.7"),  // the folder that holds it
        ("lib/python3.11/site-packages/mujoco/include/mujoco", "lib/python3.11/site-packages/mujoco/libmujoco.so.3.3.7"),
        ("lib/python3.11/dist-packages/mujoco/include/mujoco", "lib/python3.11/dist-packages/mujoco/libmujoco.so.3.3.7"),
        ("include/mujoco", "lib/libmujoco.so.3.3.7"),  // MuJoCo's own archives
        ("include/mujoco", "lib/libmujoco.so"),
        ("include/mujoco", "lib/x86_64-linux-gnu/libmujoco.so.3.3.7"),  // a distribution's package
        ("include/mujoco", "build/lib/libmujoco.so.3.3.7"),  // MuJoCo's source, built
    ])
    func everyLayoutIsBuiltWithInAFolderOfItsOwn(headers: String, library: String) throws {
        let place = try Checkout()
        try place.addEngine("some where", headers: headers, library: library, number: "337")
        let result = try place.gait("list", root: "some where")
        #expect(result.status == 0, "\(result.error)")
        #expect(result.output == "built in .build-mujoco-3.3.7, called list, MUJOCO_ROOT=some\\ where\n")
        #expect(result.error.contains("building with MuJoCo 3.3.7"))
        #expect(try place.builds() == [".build-mujoco-3.3.7 MUJOCO_ROOT=\(place.root)/.build-mujoco-3.3.7/mujoco"])
        for file in ["lib/libmujoco.so", "lib/libmujoco.so.3.3.7", "include/mujoco/mujoco.h"] {
            #expect(try place.texts("3.3.7", "mujoco/\(file)").allSatisfy { $0.contains("337") }, "\(file)")
        }
    }

    @Test(arguments: [("222", "2.2.2"), ("301", "3.0.1"), ("3005000", "3.5.0"), ("3017002", "3.17.2"), ("4123056", "4.123.56")])
    func theVersionIsReadFromTheHeader(number: String, version: String) throws {
        let place = try Checkout()
        try place.addEngine("engine", library: "libmujoco.so", number: number)
        #expect(try place.gait("list", root: "engine").output.hasPrefix("built in .build-mujoco-\(version), "))
    }

    @Test func ofSeveralLibrariesTheHeadersOwnIsTaken() throws {
        let place = try Checkout()
        try place.addEngine("engine", library: "libmujoco.so.3.17.0", number: "3017000")
        try place.addEngine("engine", library: "libmujoco.so.4.0.0", number: "4000000")
        #expect(try place.gait("list", root: "engine").status == 0)
        #expect(try place.texts("4.0.0", "mujoco/lib/libmujoco.so") == ["4000000"])
    }

    @Test func librariesThatCameWithItAreTakenToo() throws {
        let place = try Checkout()
        try place.addEngine("some where", library: "lib/libmujoco.so.4.0.0", number: "4000000")
        try place.files.write("ccd", to: "checkout/some where/lib/libccd.so.2")
        try place.addProgram("ldd", """
            case $1 in *libmujoco*) ;; *) exit 1 ;; esac
            printf '\\tlinux-vdso.so.1 (0x00007ff)\\n\\tlibccd.so.2 => %s/some where/lib/libccd.so.2 (0x00007f)\\n' "\(place.root)"
            printf '\\tlibc.so.6 => /usr/lib/x86_64-linux-gnu/libc.so.6 (0x00007f)\\n'
            """)
        #expect(try place.gait("list", root: "some where").status == 0)
        #expect(try place.texts("4.0.0", "mujoco/lib/libccd.so.2") == ["ccd"] && place.texts("4.0.0", "mujoco/lib/libc.so.6") == [])
    }

    /// The program has the path of its MuJoCo inside, and tests that of the assets.
    @Test func aMovedCheckoutIsBuiltAnew() throws {
        let place = try Checkout()
        try place.addEngine("engine", library: "libmujoco.so.4.0.0", number: "4000000")
        let engine = place.files["checkout/engine"].path
        for arguments in [("list", nil), ("test", nil), ("list", engine)] as [(String, String?)] {
            #expect(try place.gait(arguments.0, root: arguments.1).status == 0)
        }
        let before = try place.builds().count
        try FileManager.default.createDirectory(at: place.files["moved"], withIntermediateDirectories: true)
        for name in ["gait", "Package.swift", "Sources", ".build"] + (try place.engineBuilds()) {
            try FileManager.default.moveItem(at: place.files["checkout/\(name)"], to: place.files["moved/\(name)"])
        }
        func builds(_ command: String, _ root: String?) throws -> Int {
            #expect(try place.gait(command, root: root, script: "moved/gait").status == 0)
            return try place.builds().count - before
        }
        #expect(try builds("list", nil) == 0, "Debian's MuJoCo is where it was")
        #expect(try builds("list", engine) == 1)
        #expect(try builds("list", engine) == 1)
        #expect(try builds("test", nil) == 3, "a build and a run of the tests")
    }

    @Test func aFolderWithoutMuJoCoIsRefusedAndSaysWhatIsMissing() throws {
        let place = try Checkout()
        try place.addEngine("half", library: "elsewhere/libmujoco.so.4.0.0", number: "4000000")
        try place.addEngine("mixed", library: "libmujoco.so.3.3.6", number: "337")
        try place.addEngine("old", library: "libmujoco.so.2.1.5", number: "215")
        try place.addEngine("strange", library: "libmujoco.so", number: "unknown")
        for (root, words) in [
            ("nowhere", "MUJOCO_ROOT is 'nowhere', and there is no MuJoCo: no include/mujoco/mujoco.h"),
            ("half", "its library is missing: no libmujoco.so or libmujoco.so.VERSION in half"),
            ("mixed", "headers in \(place.root)/mixed/include are MuJoCo 3.3.7's, and the library is \(place.root)/mixed/libmujoco.so.3.3.6"),
            ("old", "MuJoCo 2.1.5 is there; 2.2.2 or newer expected"),
            ("strange", "mujoco.h has no mjVERSION_HEADER"),
        ] {
            let result = try place.gait("list", root: root)
            #expect(result.status == 64 && result.error.contains(words), "\(result.error)")
        }
        #expect(try place.builds() == [])
    }

    @Test func anotherMuJoCoIsBuiltBesideTheOthersAndAChangedOneAnew() throws {
        let place = try Checkout()
        try place.addEngine("old", library: "libmujoco.so.3.3.7", number: "337")
        try place.addEngine("new", library: "libmujoco.so.4.0.0", number: "4000000")
        func built(_ root: String?, _ variables: [String: String] = [:]) throws -> String {
            try String(place.gait("list", root: root, variables).output.prefix { $0 != "," })
        }
        for _ in 0..<2 {
            #expect(try built("old") == "built in .build-mujoco-3.3.7")
            #expect(try built("new") == "built in .build-mujoco-4.0.0")
            #expect(try built(nil) == "built in .build")
            #expect(try built("") == "built in .build")
            #expect(try built("nowhere", ["GAIT_ENGINE": "none"]) == "built in .build-none")
        }
        let four = ".build-mujoco-4.0.0 MUJOCO_ROOT=\(place.root)/.build-mujoco-4.0.0/mujoco"
        let all = [
            ".build-mujoco-3.3.7 MUJOCO_ROOT=\(place.root)/.build-mujoco-3.3.7/mujoco", four, ".build MUJOCO_ROOT=",
            ".build-none MUJOCO_ROOT=nowhere",
        ]
        #expect(try place.builds() == all)

        // The same package at another place is no other one, but one of the same version with another library or other headers is, and has a build
        // beside the first.
        try place.addEngine("copy", library: "libmujoco.so.4.0.0", number: "4000000")
        #expect(try built("copy") == "built in .build-mujoco-4.0.0" && place.builds() == all)
        try place.files.write("another 4000000", to: "checkout/copy/libmujoco.so.4.0.0")
        #expect(try built("copy") == "built in .build-mujoco-4.0.0" && place.builds() == all + [four])
        #expect(try place.texts("4.0.0", "mujoco/lib/libmujoco.so.4.0.0") == ["4000000", "another 4000000"])
        try place.files.write("", to: "checkout/copy/include/mujoco/mjdata.h")
        #expect(try built("copy") == "built in .build-mujoco-4.0.0" && place.builds() == all + [four, four])
        #expect(try place.texts("4.0.0", "mujoco/include/mujoco/mjdata.h") == [""])
        #expect(try built("new") == "built in .build-mujoco-4.0.0" && place.builds() == all + [four, four])
    }

    @Test func whatAnotherCallOfTheCompilerMadeIsBuiltAnew() throws {
        let place = try Checkout()
        for _ in 0..<2 { #expect(try place.gait("list", root: nil).status == 0) }
        #expect(try place.builds().count == 1)
        // As `MUJOCO_ROOT=... swift build` would leave it.
        try place.files.writeProgram("#!/bin/bash\necho another engine\n", to: "checkout/.build/release/gait")
        #expect(try place.gait("list", root: nil).output.hasPrefix("built in .build,"))
        #expect(try place.builds().count == 2)
    }

    @Test func testsAreBuiltAndRunWithTheSameMuJoCo() throws {
        let place = try Checkout()
        try place.addEngine("engine", library: "libmujoco.so.4.0.0", number: "4000000")
        let built = ".build-mujoco-4.0.0 MUJOCO_ROOT=\(place.root)/.build-mujoco-4.0.0/mujoco"
        // A build and a run of the tests, then a run alone.
        for calls in [2, 3] {
            let result = try place.gait("test", root: "engine")
            #expect(try result.status == 0 && place.builds() == Array(repeating: built, count: calls), "\(result.error)")
        }
    }
}

/// The script `gait` alone in a folder, and programs in place of the compiler and of Debian's.
struct Checkout {
    let files: Place
    var root: String { files["checkout"].path }

    init() throws {
        files = try Place()
        try files.write("", to: "checkout/Package.swift")
        try FileManager.default.createDirectory(at: files["checkout/Sources"], withIntermediateDirectories: true)
        let script = try String(contentsOf: packageFolder.appendingPathComponent("gait"), encoding: .utf8)
        try files.writeProgram(script, to: "checkout/gait")
        try addProgram("swift", """
            verb=$1
            while [ $# -gt 0 ]; do [ "$1" != --scratch-path ] || scratch=$2; shift; done
            echo "${scratch##*/} MUJOCO_ROOT=${MUJOCO_ROOT-}" >>\(root)/builds
            [ "$verb" = build ] || exit 0
            mkdir -p "$scratch/release"
            printf '#!/bin/bash\\necho "built in %s, called $*, $GAIT_COMMAND_PREFIX"\\n' "${scratch##*/}" >"$scratch/release/gait"
            chmod +x "$scratch/release/gait"
            """)
        try addProgram("dpkg-query", "echo install ok installed")
        try addProgram("apt-get", "exit 1")
    }

    /// Folders of builds with a MuJoCo of their own.
    func engineBuilds() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root).filter { $0.hasPrefix(".build-mujoco-") }
    }

    func addProgram(_ name: String, _ text: String) throws {
        try files.writeProgram("#!/bin/bash\n\(text)\n", to: "programs/\(name)")
    }

    /// A header and a library, which contain `number`.
    func addEngine(_ folder: String, headers: String = "include/mujoco", library: String, number: String) throws {
        try files.write("#define mjVERSION_HEADER \(number)\n", to: "checkout/\(folder)/\(headers)/mujoco.h")
        try files.write(number, to: "checkout/\(folder)/\(library)")
    }

    /// Calls the script with a value of MUJOCO_ROOT, or without one. The output names builds without their checksums.
    func gait(
        _ command: String, root: String?, _ variables: [String: String] = [:], script: String = "checkout/gait"
    ) throws -> FinishedProgram {
        var environment = ["PATH": "\(files["programs"].path):/usr/bin:/bin"].merging(variables) { $1 }
        environment["MUJOCO_ROOT"] = root
        var result = try FinishedProgram([files[script].path, command], environment: environment, in: files["checkout"])
        result.output = Self.withoutChecksums(result.output)
        return result
    }

    /// Calls Git there and returns what it prints.
    @discardableResult func git(_ arguments: String...) throws -> String {
        let environment = ["PATH": "/usr/bin:/bin", "HOME": files.url.path, "GIT_CONFIG_NOSYSTEM": "1"]  // nothing of the developer's own
        let result = try FinishedProgram(["git", "-C", root] + arguments, environment: environment)
        #expect(result.status == 0, "git \(arguments): \(result.error)")
        return result.output
    }

    /// How the compiler was called, one line a call: the folder that it built in, without its checksum, and its MUJOCO_ROOT.
    func builds() throws -> [String] {
        files.exists("checkout/builds") ? try Self.withoutChecksums(files.text("checkout/builds")).split(separator: "\n").map(String.init) : []
    }

    /// The texts of a file in all builds with a version of MuJoCo that have it, in alphabetical order.
    func texts(_ version: String, _ file: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root)
            .filter { $0.hasPrefix(".build-mujoco-\(version)-") && files.exists("checkout/\($0)/\(file)") }
            .map { try files.text("checkout/\($0)/\(file)") }.sorted()
    }

    /// `.build-mujoco-4.0.0-5f1c20ab` as `.build-mujoco-4.0.0`.
    private static func withoutChecksums(_ text: String) -> String { text.replacing(/(\.build-mujoco-[0-9.]+)-[0-9a-f]{8}\b/) { $0.1 } }
}
