import Foundation
import Programs

/// x' = x + 0.1 a + noise of the episode's seed, reward = direction * a; 20 steps. With the setting `fault`, the 5th step goes wrong.
final class LineFamily {
    private let channel: Channel
    private var fault = ""
    private struct Copies {
        var direction: Double
        var positions: [Double]
        var noise: [UInt64]
        var steps: [Int]
    }
    private var environments: [UInt32: Copies] = [:]

    init(_ channel: Channel) { self.channel = channel }

    func run() throws { while true { try answer(try channel.receive()) } }

    private func reply(_ request: MessageHeader, _ write: (inout MessageWriter) -> Void = { _ in }) throws {
        try channel.send(request.kind + MessageKind.reply, handle: request.handle, write)
    }

    private func begin(_ copies: inout Copies, _ copy: Int, seed: UInt64) {
        copies.noise[copy] = seed
        copies.positions[copy] = Double(seed % 1000) / 1000
        copies.steps[copy] = 0
    }

    private func advance(_ copies: inout Copies, _ copy: Int, _ action: Float) {
        copies.noise[copy] = copies.noise[copy] &* 6_364_136_223_846_793_005 &+ 1
        copies.positions[copy] += 0.1 * Double(action) + Double(copies.noise[copy] >> 54) * 1e-5
        copies.steps[copy] += 1
    }

    private func write(_ copies: Copies, _ rewards: [Float], _ writer: inout MessageWriter) {
        let isWrong = copies.steps.contains(5)
        writer.append(copies.positions.map { fault == "NaN" && isWrong ? Float.nan : Float($0) })
        writer.append(rewards)
        writer.append(copies.steps.map { $0 >= 20 ? 2 : 0 } as [UInt8])
        if fault == "shape", isWrong { writer.append(0 as UInt8) }
    }

    private func answer(_ header: MessageHeader) throws {
        let payload = channel.payload
        func object() -> [String: Any] { (try? JSONSerialization.jsonObject(with: Data(payload))) as? [String: Any] ?? [:] }
        func seed(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) } }
        func floats(_ bytes: ArraySlice<UInt8>) -> [Float] {
            Array(bytes).withUnsafeBytes { bytes in (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) } }
        }
        switch MessageKind(rawValue: header.kind) {
        case .hello:
            try reply(header) { $0.append("{\"protocol\": 1, \"role\": \"family\", \"summary\": \"a line\", \"settings\": {\"fault\": \"none\"}}") }
        case .family:
            fault = (object()["settings"] as? [String: Any])?["fault"] as? String ?? ""
            try reply(header) {
                $0.append("""
                    {"environment": {"observation": {"kind": "box", "size": \(fault == "wide" ? Int.max : 1)}, "action": {"kind": "box", "size": 1, "low": -1, "high": 1}, \
                    "episodeLimit": \(fault == "endless" ? Int.max : 20), "timeStep": \(fault == "slow" ? 1e300 : 0), "dynamicsVary": false, "masksActions": false, "hasLearningReward": false},
                    "train": [{"name": "right", "parameters": {"direction": [1]}}, {"name": "left", "parameters": {"direction": [-1]}}],
                    "test": [{"name": "half", "parameters": {"direction": [0.5]}}]}
                    """)
            }
        case .make:
            let request = object(), count = request["copies"] as? Int ?? 1
            let parameters = (request["task"] as? [String: Any])?["parameters"] as? [String: [Double]] ?? [:]
            environments[header.handle] = Copies(
                direction: parameters["direction"]?.first ?? 0, positions: Array(repeating: 0, count: count),
                noise: Array(repeating: 0, count: count), steps: Array(repeating: 0, count: count))
            try reply(header)
        case .reset:
            guard var copies = environments[header.handle] else { return }
            let count = copies.steps.count
            for copy in 0..<count where payload[copy] == 1 { begin(&copies, copy, seed: seed(payload[count...])) }
            environments[header.handle] = copies
            try reply(header) { write(copies, [Float](repeating: 0, count: count), &$0) }
        case .step:
            guard var copies = environments[header.handle] else { return }
            let actions = floats(payload[...])
            for (copy, action) in actions.enumerated() { advance(&copies, copy, action) }
            environments[header.handle] = copies
            try reply(header) { write(copies, actions.map { Float(copies.direction) * $0 }, &$0) }
        case .state:
            guard var copies = environments[header.handle] else { return }
            let copy = Int(header.argument), actions = floats(payload[8...])
            begin(&copies, copy, seed: seed(payload[...]))
            for action in actions { advance(&copies, copy, action) }
            environments[header.handle] = copies
            try reply(header) { write(copies, [Float](repeating: 0, count: copies.steps.count), &$0) }
        case .close:
            environments[header.handle] = nil
            try reply(header)
        default: try channel.send(0) { $0.append("unknown") }
        }
    }
}
