import Foundation
import Programs

/// Its settings: `fault`, what it does wrong; `copies` of its environments; `gain`, what its actions are multiplied with.
final class CountingAgent {
    private let channel: Channel
    private var settings: [String: Any] = [:]
    private var tasks = 0, actionColumns = 0
    /// Numbers of a copy before the ends of a batch: its observation and its rewards.
    private var numbers = 0
    /// All its state.
    private var updates: UInt64 = 0
    /// It outlives its channel, as a program with a thread that never ends.
    private(set) var lingers = false
    private var fault: String { settings["fault"] as? String ?? "" }

    init(_ channel: Channel) { self.channel = channel }

    func run() throws { while true { try answer(try channel.receive()) } }

    private func reply(_ request: MessageHeader, _ write: (inout MessageWriter) -> Void = { _ in }) throws {
        try channel.send(request.kind + MessageKind.reply, handle: request.handle, write)
    }

    private func object() -> [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(channel.payload))) as? [String: Any] ?? [:]
    }

    private func answer(_ header: MessageHeader) throws {
        switch MessageKind(rawValue: header.kind) {
        case .hello:
            try reply(header) {
                $0.append("""
                    {"protocol": 1, "role": "agent", "summary": "counts", "settings": {"fault": "none", "copies": 2, "gain": 0.5, "sizes": [4, 4]}}
                    """)
            }
        case .start:
            let words = object()
            settings = words["settings"] as? [String: Any] ?? [:]
            tasks = (words["tasks"] as? [Any] ?? []).count
            let environment = words["environment"] as? [String: Any] ?? [:]
            actionColumns = (environment["action"] as? [String: Any])?["size"] as? Int ?? 1
            let columns = (environment["observation"] as? [String: Any])?["size"] as? Int ?? 1
            numbers = columns + (environment["hasLearningReward"] as? Bool == true ? 2 : 1)
            if fault == "refusesToStart" { return try channel.send(0) { $0.append("no such problem") } }
            try reply(header) {
                $0.append("""
                    {"policies": [{"name": "personal", "title": "own", "tasks": "training"}, {"name": "meta", "title": "meta", "adapts": true}]}
                    """)
            }
        case .train: try train(header)
        case .save:
            if fault == "crashesAtSave", updates > 8 { crash() }
            try reply(header) { writer in withUnsafeBytes(of: updates.littleEndian) { writer.append(Array($0)) } }
        case .restore:
            updates = channel.payload.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
            try reply(header)
        case .policy:
            if object()["episodes"] != nil { try adapt(header) }
            try reply(header)
        case .act:
            if fault == "policyCrashes" { crash() }
            let gain = fault == "policyNaN" ? Float.nan : action()
            try reply(header) { $0.append([Float](repeating: gain, count: actionColumns + (fault == "policyShape" ? 1 : 0))) }
        case .release: try reply(header)
        default: try channel.send(0) { $0.append("unknown") }
        }
    }

    private func crash() -> Never {
        print("about to crash")
        exit(7)
    }

    private func action() -> Float { Float(settings["gain"] as? Double ?? 0) * Float(sin(Double(updates))) }

    /// A request in training; Gait's own requests are answered meanwhile. Nil where the budget is spent or the training is to stop.
    private func ask(_ kind: MessageKind, _ handle: UInt32 = 0, _ write: (inout MessageWriter) -> Void = { _ in }) throws -> MessageHeader? {
        try channel.send(kind.rawValue, handle: handle, argument: 0, write)
        while true {
            let header = try channel.receive()
            if header.kind == kind.rawValue + MessageKind.reply { return header }
            if header.kind == 0 {
                if header.argument > 0 { return nil }
                throw ChannelError.wrongMessage("refused: \(channel.text)")
            }
            try answer(header)
        }
    }

    private func train(_ header: MessageHeader) throws {
        let copies = settings["copies"] as? Int ?? 1
        var left = header.argument
        for task in 0..<tasks {
            let request = "{\"task\": \(task), \"copies\": \(copies)}"
            guard try ask(.make, UInt32(task + 1), { $0.append(request) }) != nil else { return try reply(header) }
        }
        training: while left > 0 {
            for task in 0..<tasks {
                let handle = UInt32(task + 1), isLate = updates > 8
                if fault == "crashes", isLate { crash() }
                if fault == "hangs", isLate {
                    print("about to hang, process \(ProcessInfo.processInfo.processIdentifier)")
                    while true { sleep(1) }
                }
                if fault == "works", updates == 9 {
                    for _ in 0..<14 {  // seven seconds, with a test's patience of five
                        usleep(500_000)
                        try channel.send(MessageKind.alive.rawValue)
                    }
                }
                if fault == "prints" { print("hello from the agent") }
                let value = fault == "NaN" && isLate ? Float.nan : action()
                let count = copies * actionColumns + (fault == "shape" && isLate ? 1 : 0)
                guard let answer = try ask(.step, handle, { $0.append([Float](repeating: value, count: count)) }) else { break training }
                left = answer.argument
                let ends = channel.payload.dropFirst(4 * copies * numbers).prefix(copies)
                if ends.contains(where: { $0 != 0 }) {
                    guard try ask(.reset, handle, { $0.append(ends.map { $0 == 0 ? 0 : 1 } as [UInt8]) }) != nil else { break training }
                }
                updates += 1
            }
            if fault == "garbage", updates > 8 { try channel.send(999) }
            if fault == "neverPauses" || fault == "lingers" { continue }
            let metrics = fault == "metricNaN" && updates > 8 ? "\"x\"" : "0.5"
            let request = "{\"metrics\": {\"loss\": \(metrics)}, \"updates\": \(updates), \"endsRound\": true}"
            guard try ask(.pause, 0, { $0.append(request) }) != nil else { break }
        }
        if fault == "lingers" {
            print("process \(ProcessInfo.processInfo.processIdentifier)")
            lingers = true
        }
        try reply(header)
    }

    /// Plays until no more is allowed.
    private func adapt(_ header: MessageHeader) throws {
        let handle: UInt32 = 0xFFFF_FFFF
        guard try ask(.make, handle) != nil else { return }
        while true {
            guard try ask(.step, handle, { $0.append([Float](repeating: 0.1, count: actionColumns)) }) != nil else { return }
            if channel.payload[4 * numbers] != 0 {
                guard try ask(.reset, handle, { $0.append(1 as UInt8) }) != nil else { return }
            }
        }
    }
}
