import Foundation

/// Versions of programs and libraries, and the machine, recorded with each run: those that it began with, and of Gait, MuJoCo, BLAS and the processor
/// also those that it was continued with, as `A then B`.
public struct Versions: Codable, Sendable, Equatable {
    /// Gait's version and the commit that it was built from: `0.2.0 (110a049c1234)`, or `0.2.0`.
    public var gait: String
    /// The MuJoCo library's version: `2.2.2`, or `2.2.2 then 4.0.0`.
    public var mujoco: String
    /// The BLAS kernels in use.
    public var blas: String
    public var swift: String
    public var system: String
    public var processor: String
    /// SHA-256 of the file of an agent that is a program of its own.
    public var agentProgram: String?
    /// The same of a family.
    public var familyProgram: String?

    public init(
        gait: String, mujoco: String, blas: String, swift: String = Versions.compiler,
        system: String = Versions.operatingSystem(), processor: String = Versions.processorModel()
    ) {
        self.gait = gait
        self.mujoco = mujoco
        self.blas = blas
        self.swift = swift
        self.system = system
        self.processor = processor
    }

    /// The version of MuJoCo that the run was last trained with.
    public var lastMuJoCo: String { Self.parts(mujoco).last ?? mujoco }

    /// Notes that the run is continued with another version of MuJoCo.
    mutating func continueWith(mujoco version: String) { mujoco += Self.then + version }

    /// Notes that the run is continued with what is in a field of `now`, unless that had a part in it before: a job that goes back and forth between two
    /// kinds of nodes names each once.
    mutating func add(_ field: WritableKeyPath<Versions, String>, of now: Versions) {
        if !has(field, of: now) { self[keyPath: field] += Self.then + now[keyPath: field] }
    }

    /// Whether what is in a field of `now` had a part in the run.
    func has(_ field: WritableKeyPath<Versions, String>, of now: Versions) -> Bool {
        Self.parts(self[keyPath: field]).contains(now[keyPath: field])
    }

    private static func parts(_ text: String) -> [String] { text.components(separatedBy: then) }

    private static let then = " then "

    /// The compiler that built this program, as far as the program knows it.
    public static var compiler: String {
        #if compiler(>=6.4)
            "6.4 or later"
        #elseif compiler(>=6.3)
            "6.3"
        #elseif compiler(>=6.2)
            "6.2"
        #elseif compiler(>=6.1)
            "6.1"
        #else
            "6.0"
        #endif
    }

    /// `Debian GNU/Linux 13 (trixie)`, or the kernel's name.
    public static func operatingSystem() -> String {
        let release = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)) ?? ""
        for line in release.split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
            return line.dropFirst("PRETTY_NAME=".count).trimmingCharacters(in: CharacterSet(charactersIn: "\""))
        }
        return ProcessInfo.processInfo.operatingSystemVersionString
    }

    /// `glibc 2.36`.
    public static func cLibrary() -> String {
        var text = [CChar](repeating: 0, count: 64)
        let length = confstr(Int32(_CS_GNU_LIBC_VERSION), &text, text.count)  // with the zero at its end
        guard length > 0 else { return "unknown C library" }
        return String(decoding: text.prefix(min(length, text.count) - 1).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    public static func processorModel() -> String {
        let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        for line in information.split(separator: "\n") where line.hasPrefix("model name") {
            if let colon = line.firstIndex(of: ":") {
                return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            }
        }
        return "unknown"
    }
}
