import Core
import Formats
import Foundation

/// The program with all that it needs, in one folder that can be anywhere:
///
///     gait            the script that starts the program
///     bin/gait        the program
///     lib/            libraries: MuJoCo, OpenBLAS, Swift's
///     lib/c++, lib/opengl, lib/x11    used where the system has none, or an older one
///     lib/glibc       the C library and the loader, used where the system's are too old
///     assets/         robot models, experiments, presets
///     licenses/       of all of it
struct ProgramBundle {
    let program: String
    let assets: String
    let version: String
    /// Files by their place in the bundle.
    private(set) var files: [String: String] = [:]
    /// What this machine does not have, and what it would be for.
    private(set) var missing: [String] = []

    static let endings = [".tar.gz", ".tgz", ".tar.xz", ".tar.zst", ".tar"]

    /// The archive's name without its ending; nil for another kind of name.
    static func stem(of archive: String) -> String? {
        let name = (archive as NSString).lastPathComponent
        return endings.first { name.hasSuffix($0) && name.count > $0.count }.map { String(archive.dropLast($0.count)) }
    }

    /// Finds everything. Throws `GaitError.failure` where a needed library is missing.
    init(program: String, assets: String, version: String) throws {
        self.program = program
        self.assets = assets
        self.version = version
        files["bin/gait"] = program
        if RunningProgram.commit(of: program) != nil { files["bin/gait-commit"] = RunningProgram.commitFile(of: program) }
        for name in ["gait", "README"] { files[name] = "\(assets)/bundle/\(name)" }

        var needed = try SharedLibraries.needed(by: program)
        try add("libopenblas.so.0", to: &needed)
        for (name, file) in needed { files[Self.place(of: name)] = file }
        for (folder, names, purpose) in [
            ("opengl", ["libEGL.so.1", "libOpenGL.so.0"], "films of robots, where the system has no OpenGL of its own"),
            ("x11", ["libglfw.so.3", "libGL.so.1", "libGLX.so.0"], "windows"),
        ] {
            for name in names {
                guard let file = try SharedLibraries.file(named: name) else {
                    missing.append("\(name), for \(purpose)")
                    continue
                }
                for (name, file) in try SharedLibraries.needed(by: file).merging([name: file], uniquingKeysWith: { $1 }) {
                    // No system has GLFW because of its drivers, and it uses the system's X11 where there is one.
                    let place = name.hasPrefix("libglfw") ? "lib/\(name)" : "lib/\(folder)/\(name)"
                    if needed[name] == nil, !Self.cLibraries.contains(name), files["lib/opengl/\(name)"] == nil { files[place] = file }
                }
            }
        }
        addCLibrary(beside: needed["libc.so.6"])
    }

    private func add(_ name: String, to needed: inout [String: String]) throws {
        guard let file = try SharedLibraries.file(named: name) else { throw GaitError.failure("\(name) is missing; see `\(commandName) doctor`") }
        try needed.merge(SharedLibraries.needed(by: file)) { old, _ in old }
        needed[name] = file
    }

    /// Libraries of glibc, all from one folder: a program that loads another version's `libdl` beside our `libc` would crash.
    private static let cLibraries = [
        "ld-linux-x86-64.so.2", "libanl.so.1", "libc.so.6", "libdl.so.2", "libm.so.6", "libmvec.so.1", "libnss_compat.so.2", "libnss_dns.so.2",
        "libnss_files.so.2", "libpthread.so.0", "libresolv.so.2", "librt.so.1", "libthread_db.so.1", "libutil.so.1",
    ]

    private mutating func addCLibrary(beside libc: String?) {
        guard let libc else { return }
        let folder = (libc as NSString).deletingLastPathComponent
        for name in Self.cLibraries where access("\(folder)/\(name)", R_OK) == 0 { files[Self.place(of: name)] = "\(folder)/\(name)" }
    }

    private static func place(of library: String) -> String {
        if cLibraries.contains(library) { return "lib/glibc/\(library)" }
        return ["libstdc++.so.6", "libgcc_s.so.1"].contains(library) ? "lib/c++/\(library)" : "lib/\(library)"
    }

    /// The newest versions that anything in it but the C library itself asks for, as the start script reads them.
    func needs() throws -> String {
        let users = files.filter { ($0.key.hasPrefix("lib/") || $0.key.hasPrefix("bin/")) && !$0.key.hasPrefix("lib/glibc/") }
        let glibc = try users.values.map { try SharedLibraries.newestVersion("GLIBC_2.", in: $0) }.max() ?? 0
        // GLIBCXX_3.4.N came with libstdc++.so.6.0.N.
        let cxx = try users.filter { !$0.key.hasSuffix("libstdc++.so.6") }.values
            .map { try SharedLibraries.newestVersion("GLIBCXX_3.4.", in: $0) }.max() ?? 0
        return "glibc_minor=\(glibc)\ncxx_minor=\(cxx)\n"
    }

    /// Writes the archive and Apptainer's definition file beside it, and returns both paths. Cost: about 20 seconds, mostly for compressing.
    ///
    /// Throws `GaitError.failure` with what `tar` says, or `FileError`; an archive that was there before stays then.
    func write(to archive: String) throws -> [String] {
        guard let stem = Self.stem(of: archive) else { throw GaitError.usage("\(archive): no known kind of archive") }
        guard let tar = findProgram("tar") else { throw MissingProgram("tar", package: "tar", to: "pack the bundle") }
        let top = "gait-\(version)"
        // Links, which tar follows: nothing is copied.
        let staging = FileManager.default.temporaryDirectory.appendingPathComponent("gait-bundle-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: staging) }
        func link(_ place: String, to file: String) throws {
            let path = "\(staging)/\(top)/\(place)"
            try makeFolder((path as NSString).deletingLastPathComponent)
            if symlink(file, path) != 0 { throw FileError(.creating, path) }
        }
        for (place, file) in files { try link(place, to: file) }
        try link("assets", to: assets)
        for (place, file) in licenses() { try link("licenses/\(place)", to: file) }
        try writeAtomically(try needs(), to: "\(staging)/\(top)/lib/needs", durable: false)

        try makeFolder(URL(fileURLWithPath: archive).deletingLastPathComponent().path)
        let ending = archive.dropFirst(stem.count)
        let partial = "\(stem)\(partialFileSuffix())\(ending)"
        defer { unlink(partial) }
        _ = try SharedLibraries.outputOf([
            tar, "--create", "--force-local", "--dereference", "--hard-dereference", "--auto-compress", "--file", partial, "--sort=name", "--owner=root:0", "--group=root:0",
            "--mode=u+rwX,go+rX,go-w", "--mtime=now", "--directory", staging, "--", top,
        ])
        if rename(partial, archive) != 0 { throw FileError(.renaming, archive) }

        let definition = stem + ".def", template = String(decoding: try readFile("\(assets)/bundle/gait.def"), as: UTF8.self)
        try writeAtomically(
            template.replacingOccurrences(of: "BUNDLE", with: (archive as NSString).lastPathComponent)
                .replacingOccurrences(of: "FILE", with: (definition as NSString).lastPathComponent), to: definition)
        return [archive, definition]
    }

    /// Licences by their names in the bundle: Gait's own, those of the packages compiled into it, and of the libraries.
    private func licenses() -> [String: String] {
        var found: [String: String] = [:]
        let project = (assets as NSString).deletingLastPathComponent
        // The program is in BUILD/x86_64-unknown-linux-gnu/release.
        let checkouts = URL(fileURLWithPath: program).deletingLastPathComponent().path + "/../../checkouts"
        for (name, file) in [
            ("gait", "\(project)/LICENSE"), ("Yams", "\(checkouts)/Yams/LICENSE"),
            ("swift-argument-parser", "\(checkouts)/swift-argument-parser/LICENSE.txt"),
        ] where access(file, R_OK) == 0 { found[name] = file }
        let libraries = files.filter { $0.key.hasPrefix("lib/") }.map(\.value)
        for file in libraries { found.merge(Self.engineLicenses(of: file)) { old, _ in old } }
        for file in libraries { if let license = Self.swiftLicense(of: file) { found["swift"] = license } }
        for package in Self.packages(of: libraries) {
            let copyright = "/usr/share/doc/\(package)/copyright"
            if access(copyright, R_OK) == 0 { found[package] = copyright }
        }
        return found
    }

    /// Those of a MuJoCo that MUJOCO_ROOT named: `BUILD/mujoco/licenses` of the library in `BUILD/mujoco/lib`.
    private static func engineLicenses(of library: String) -> [String: String] {
        guard (library as NSString).lastPathComponent.hasPrefix("libmujoco") else { return [:] }
        let folder = URL(fileURLWithPath: library).deletingLastPathComponent().deletingLastPathComponent().path + "/licenses"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return Dictionary(uniqueKeysWithValues: names.map { ("mujoco/\($0)", "\(folder)/\($0)") })
    }

    /// A toolchain's own: `PREFIX/share/swift/LICENSE.txt` of a library in `PREFIX/lib/swift/linux`.
    private static func swiftLicense(of library: String) -> String? {
        guard let range = library.range(of: "/lib/swift/") else { return nil }
        let file = "\(library[..<range.lowerBound])/share/swift/LICENSE.txt"
        return access(file, R_OK) == 0 ? file : nil
    }

    /// Debian's packages that libraries are from; none on other systems.
    private static func packages(of libraries: [String]) -> Set<String> {
        guard let dpkg = findProgram("dpkg-query") else { return [] }
        // The same file may be known by its place before Debian merged /lib into /usr/lib.
        let real = libraries.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path }
        let paths = Set(libraries + real + real.map { $0.replacingOccurrences(of: "/usr/lib/", with: "/lib/") }).sorted()
        // `libgomp1:amd64: /usr/lib/...`. It fails where one path of many is unknown.
        let lines = (try? SharedLibraries.outputOf([dpkg, "--search"] + paths, mayFail: true)) ?? ""
        return Set(lines.split(separator: "\n").filter { $0.contains(": /") }.map { String($0.prefix { $0 != ":" && $0 != "," }) })
    }
}
