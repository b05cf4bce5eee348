import Core
import Environments
import Formats
import Foundation
import Runs

/// What a server can do where the program was built with what it needs.
package struct ServerAbilities {
    /// Makes what draws a family's environment of one copy; throws where it can't be shown.
    package var painter: (_ family: any TaskFamily, _ task: TaskDescription, _ environment: any Environment) throws -> any Painter
    /// Access to an environment's numbers in the precision of its physics; nil where it has none.
    package var precise: (any Environment) -> (any PreciseEnvironment)?

    package init(
        painter: @escaping (any TaskFamily, TaskDescription, any Environment) throws -> any Painter,
        precise: @escaping (any Environment) -> (any PreciseEnvironment)?
    ) {
        self.painter = painter
        self.precise = precise
    }
}

/// Draws what an environment's first copy shows now.
package protocol Painter: AnyObject {
    /// RGB, one byte each, [height, width, 3], the top row first.
    func paint(width: Int, height: Int) throws -> [UInt8]
}

/// An environment of one copy whose state can be set, in float64, to compare it with recordings.
package protocol PreciseEnvironment {
    /// Positions, then velocities.
    var state: [Double] { get }
    /// Begins an episode in a state.
    func begin(at state: [Double]) throws
    func step(precise actions: [Double], into batch: inout StepBatch) throws
    var observation: [Double] { get }
    var reward: Double { get }
}

/// Lets a client step the registered families: `gait serve`. One family a connection.
package final class FamilyServer {
    private let channel: Channel
    private let registry: Registry
    private let version: String
    private let abilities: ServerAbilities

    private var family: (any TaskFamily)?
    private var sets: [TaskSet: [TaskDescription]] = [:]
    private var environments: [UInt32: Served] = [:]

    private struct Served {
        var slot: EnvironmentSlot
        var task: TaskDescription
        var painter: (any Painter)?
        var preciseBatch: StepBatch
    }

    package init(_ channel: Channel, registry: Registry, version: String, abilities: ServerAbilities) {
        self.channel = channel
        self.registry = registry
        self.version = version
        self.abilities = abilities
    }

    /// Answers requests until the client closes the channel. Throws `ChannelError` where the channel fails.
    package func run() throws {
        while true {
            let header: MessageHeader
            do { header = try channel.receive() } catch ChannelError.ended { return }
            do { try answer(header) } catch let error as ChannelError where !error.isAboutMessage { throw error } catch {
                try channel.send(MessageKind.refusal.rawValue, argument: Refusal.failed.rawValue) { $0.append("\(error)") }
            }
        }
    }

    private func answer(_ header: MessageHeader) throws {
        switch MessageKind(rawValue: header.kind) {
        case .step: try step(header)
        case .reset:
            let served = try served(header)
            _ = try served.slot.reset(channel, isSeeded: header.argument & 1 == 1)
            try reply(header, write: served.slot.write)
        case .hello: try greet(header)
        case .family: try choose(header)
        case .make: try make(header)
        case .close:
            _ = try served(header)
            environments[header.handle] = nil
            try reply(header)
        case .picture: try paint(header)
        case .state: try setState(header)
        case .alive: break
        default: throw ChannelError.wrongMessage("a request of kind \(header.kind) can't be made here")
        }
    }

    private func reply(_ request: MessageHeader, write: (inout MessageWriter) -> Void = { _ in }) throws {
        try channel.send(request.kind + MessageKind.reply, handle: request.handle, write)
    }

    private func reply(_ request: MessageHeader, json value: some Encodable) throws {
        try reply(request) { $0.append(jsonLine(value) ?? "{}") }
    }

    private func greet(_ header: MessageHeader) throws {
        let found = try ConfigurationValue(yaml: channel.text, origin: .program)["protocol"]?.decode(Int.self, origin: .program, key: "protocol")
        guard found == Greeting.version else {
            let other = found.map { "speaks version \($0)" } ?? "names no version"
            throw ChannelError.wrongMessage("hello: the client \(other) of the protocol, this Gait version \(Greeting.version)")
        }
        try reply(header, json: Hello(gait: version, families: registry.families.map(\.name)))
    }

    private func served(_ header: MessageHeader) throws -> Served {
        guard let served = environments[header.handle] else {
            throw ChannelError.wrongMessage("there is no environment \(header.handle); known: \(environments.keys.sorted())")
        }
        return served
    }

    private struct Hello: Encodable {
        var `protocol` = Greeting.version
        var role = "environments"
        var gait: String
        var families: [String]
    }
}

// MARK: Families

extension FamilyServer {
    /// The family as a client gets it.
    private struct FamilyWords: Encodable {
        var name: String
        var summary: String
        var environment: EnvironmentWords
        var settings: String
        var train: [TaskDescription]
        var test: [TaskDescription]
    }

    private func choose(_ header: MessageHeader) throws {
        let request = try ConfigurationValue(yaml: channel.text, origin: .program)
        guard case .scalar(let name, _)? = request["name"]?.content else { throw ChannelError.wrongMessage("family: the key 'name' is missing") }
        let entry = try registry.familyEntry(named: name)
        let overrides = (request["settings"]?.fields ?? []).map { SettingOverride(key: $0.key, value: $0.value, origin: .program) }
        let settings = try entry.settings(overrides: overrides)
        let seed = try request["taskSeed"].map { try $0.decode(UInt64.self, origin: .program, key: "taskSeed") } ?? RunRequest.standardTaskSeed
        let family = try entry.make(settings: settings, assets: registry.assets)
        sets = [.train: try family.tasks(.train, seed: seed), .test: try family.tasks(.test, seed: seed)]
        self.family = family
        environments = [:]
        try reply(header, json: FamilyWords(
            name: entry.name, summary: entry.summary, environment: EnvironmentWords(family.description), settings: settings.json,
            train: sets[.train] ?? [], test: sets[.test] ?? []))
    }

    private struct MakeRequest: Decodable {
        var set: TaskSet?
        /// A task's number or name in its set.
        var task: ConfigurationValue?
        /// In its place: the parameters of a task of the client's own.
        var parameters: [String: [Double]]?
        var copies: Int?
        var seed: UInt64?
    }

    private func make(_ header: MessageHeader) throws {
        guard let family else { throw ChannelError.wrongMessage("make: choose a family first") }
        let request = try ConfigurationValue(yaml: channel.text, origin: .program).decode(MakeRequest.self, origin: .program)
        let copies = request.copies ?? 1
        guard (1...100_000).contains(copies) else { throw ChannelError.wrongMessage("make: 1 to 100,000 copies expected, found \(copies)") }
        let task = try request.parameters.map { TaskDescription(name: "own", parameters: $0) } ?? task(request, of: family)
        let environment = try family.makeEnvironment(task, copies: copies)
        environment.random = EnvironmentSlot.stream(seed: request.seed ?? 0)
        let slot = try EnvironmentSlot(environment)
        environments[header.handle] = Served(
            slot: slot, task: task, preciseBatch: StepBatch(copies: copies, description: environment.description))
        try reply(header, write: slot.write)
    }

    private func task(_ request: MakeRequest, of family: any TaskFamily) throws -> TaskDescription {
        let set = request.set ?? .train, tasks = sets[set] ?? [], text = request.task?.inline ?? "0"
        // In JSON 1 is a number, and "1" a name, or else a number, too.
        var isNumber = false
        if case .scalar(_, quoted: false)? = request.task?.content { isNumber = true }
        if !isNumber, let task = tasks.first(where: { $0.name == text }) { return task }
        guard let index = Int(text) else {
            let kind = "\(set.rawValue) task of \(family.name)"
            throw GaitError.usage(unknownNameMessage(kind: kind, plural: "tasks", name: text, known: tasks.map(\.name)))
        }
        guard tasks.indices.contains(index) else {
            throw GaitError.usage("\(family.name) has \(tasks.count) \(set.rawValue) tasks, counted from 0; there is no task \(index)")
        }
        return tasks[index]
    }
}

// MARK: Steps

extension FamilyServer {
    /// With an argument of 1 in the precision of the physics: float64 actions, float64 observation and reward, one byte for the end.
    private func step(_ header: MessageHeader) throws {
        if header.argument & 1 == 1 { return try stepPrecisely(header) }
        let served = try served(header)
        try served.slot.step(channel)
        try reply(header, write: served.slot.write)
    }

    private func precise(_ served: Served) throws -> any PreciseEnvironment {
        guard let precise = abilities.precise(served.slot.environment), served.slot.copies == 1 else {
            throw ChannelError.wrongMessage("only one copy of a robot can be set to a state and stepped in float64")
        }
        return precise
    }

    private func stepPrecisely(_ header: MessageHeader) throws {
        var served = try served(header)
        let precise = try precise(served)
        var actions = [Double](repeating: 0, count: served.slot.environment.description.action.columns)
        try channel.withPayload { reader in
            let expected = 8 * actions.count
            try reader.read(&actions, "step: float64 actions")
            try reader.finish("step: float64 actions", expected: expected)
        }
        guard actions.allSatisfy(\.isFinite) else { throw ChannelError.wrongMessage("step: the action is not finite") }
        try precise.step(precise: actions, into: &served.preciseBatch)
        let batch = served.preciseBatch
        environments[header.handle] = served
        try reply(header) { writer in
            writer.append(precise.observation)
            writer.append([precise.reward])
            writer.append(UInt8(batch.unstable[0] ? 3 : batch.terminated[0] ? 1 : batch.truncated[0] ? 2 : 0))
        }
    }

    /// Sets the state where the payload has one; replies with the state.
    private func setState(_ header: MessageHeader) throws {
        let precise = try precise(served(header))
        var state = precise.state
        let isGiven = try channel.withPayload { reader in
            guard reader.count > 0 else { return false }
            let expected = 8 * state.count
            try reader.read(&state, "state: float64 positions and velocities")
            try reader.finish("state: float64 positions and velocities", expected: expected)
            return true
        }
        if isGiven { try precise.begin(at: state) }
        let now = precise.state
        try reply(header) { $0.append(now) }
    }

    /// The argument is width * 65536 + height; 0: 320 x 240.
    private func paint(_ header: MessageHeader) throws {
        guard let family else { throw ChannelError.wrongMessage("picture: choose a family first") }
        var served = try served(header)
        let painter = try served.painter ?? abilities.painter(family, served.task, served.slot.environment)
        served.painter = painter
        environments[header.handle] = served
        let (width, height) = header.argument == 0 ? (320, 240) : (Int(header.argument >> 16), Int(header.argument & 0xFFFF))
        let pixels = try painter.paint(width: width, height: height)
        try reply(header) { $0.append(pixels) }
    }
}

extension ChannelError {
    /// Whether the channel still works.
    var isAboutMessage: Bool {
        switch self {
        case .wrongMessage, .refused: true
        case .ended, .silent, .failed: false
        }
    }
}
