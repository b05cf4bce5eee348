import Agents
import Core
import Environments
import Formats
import Foundation
import Runs

/// The agents and families that are programs, by their paths. A program is started to ask what it is; this process is then the first that is
/// made an agent of.
public final class ProgramLibrary: ProgramFinder, @unchecked Sendable {
    /// For messages about misspelt ones in a program's file of presets.
    private let families: [String]
    private let version: String
    /// Guards everything below.
    private let lock = NSLock()
    private var known: [String: ProgramDescription] = [:]
    /// Conversations with families, by path and settings: all families of one kind share one.
    private var hosts: [String: ProgramFamilyHost] = [:]
    /// Processes that answered `hello` and are not yet in use.
    private var idle: [String: ProgramProcess] = [:]

    /// How long a process waits for use.
    private static let secondsIdle = 20.0

    public init(families: [String], version: String) {
        self.families = families
        self.version = version
    }

    /// A process of the program that answered `hello`. Throws `ProgramError`, or `GaitError.usage`.
    func process(_ path: String) throws -> ProgramProcess {
        if let process = lock.withLock({ idle.removeValue(forKey: path) }) { return process }
        return try begin(path).process
    }

    private func begin(_ path: String) throws -> (process: ProgramProcess, description: ProgramDescription) {
        let process = try ProgramProcess(path)
        try process.call(.hello) { $0.append(jsonLine(Greeting(gait: version)) ?? "{}") }
        do {
            let description = try ProgramDescription(reply: process.text, path: path)
            lock.withLock { known[path] = description }
            return (process, description)
        } catch let error as ProgramError { throw error } catch { throw process.wrong("\(error)") }
    }

    /// What a program is. Throws `GaitError.usage` where it is none of this role.
    private func describe(_ path: String, as role: ProgramDescription.Role) throws -> ProgramDescription {
        try ProgramProcess.check(path)
        var description = lock.withLock { known[path] }
        if description == nil {
            let begun = try begin(path)
            lock.withLock { idle[path] = begun.process }
            // A command that only wanted to know what it is does not keep it.
            DispatchQueue.global().asyncAfter(deadline: .now() + Self.secondsIdle) { [weak self] in
                _ = self?.lock.withLock { self?.idle.removeValue(forKey: path) }
            }
            description = begun.description
        }
        guard let description, description.role == role else {
            throw GaitError.usage("\(path) is a program, but not \(role == .agent ? "an agent: it is a family" : "a family: it is an agent")")
        }
        return description
    }

    public func agent(at path: String) throws -> AgentEntry {
        let path = Registry.fullPath(path), description = try describe(path, as: .agent), defaults = description.settings
        let presets = PresetFile(path: (path as NSString).deletingPathExtension + ".yaml", families: families)
        return AgentEntry(
            name: path, summary: description.summary, standardName: Registry.standardName(path), hash: description.hash, defaults: defaults,
            presets: presets.isThere ? presets : nil, check: { try $0.checked(against: defaults, origin: $1) },
            make: { [self] problem, settings, random in
                try ProgramAgent(process: process(path), problem: problem, settings: settings, random: random)
            })
    }

    public func family(at path: String) throws -> FamilyEntry {
        let path = Registry.fullPath(path), description = try describe(path, as: .family), defaults = description.settings
        return FamilyEntry(
            name: path, summary: description.summary, standardName: Registry.standardName(path), hash: description.hash, defaults: defaults,
            check: { try $0.checked(against: defaults, origin: $1) },
            make: { [self] settings, _ in try ProgramFamily(host(path, settings), name: Registry.standardName(path)) })
    }

    private func host(_ path: String, _ settings: ConfigurationValue) throws -> ProgramFamilyHost {
        let key = "\(path) \(settings.json)"
        if let host = lock.withLock({ hosts[key] }) { return host }
        let host = ProgramFamilyHost(try process(path), settings: settings.json, begin: { [self] in try begin(path).process })
        lock.withLock { hosts[key] = host }
        return host
    }
}
