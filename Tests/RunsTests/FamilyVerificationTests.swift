import ClassicControl
import Diagnostics
import Environments
import Foundation
import Grids
import Navigation
import TestEnvironments
import Testing

private let families: [any TaskFamily] = [
    try! CartPole(), try! MountainCar(), try! Gridworld(), try! HyperGrid(), try! FrozenLake(), try! CliffWalking(), try! SparsePointRobot(),
]

private enum Kind: String, CaseIterable {
    case transitions, graphs

    func run(_ folder: URL) -> [VerificationResult] {
        switch self {
        case .transitions: TransitionVerification.run(reference: folder, families: families)
        case .graphs: GraphVerification.run(reference: folder, families: families)
        }
    }

    /// The result of one recorded file after a change.
    func verify(_ file: String, _ change: (inout [String: Any]) throws -> Void) throws -> VerificationResult {
        let path = "\(rawValue)/\(file)"
        var content = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: referenceFolder.appendingPathComponent(path))) as? [String: Any])
        try change(&content)
        let folder = try TemporaryFolder(), copy = folder.url
        try FileManager.default.createDirectory(at: copy.appendingPathComponent(rawValue), withIntermediateDirectories: true)
        try JSONSerialization.data(withJSONObject: content).write(to: copy.appendingPathComponent(path))
        return try #require(run(copy).first)
    }
}

/// What `gait verify` compares of families that need no engine.
@Suite struct FamilyVerificationTests {
    @Test(arguments: Kind.allCases) private func everyRecordedFileAgreesAndNamesItsCase(_ kind: Kind) throws {
        let results = kind.run(referenceFolder)
        let files = try FileManager.default.contentsOfDirectory(atPath: referenceFolder.appendingPathComponent(kind.rawValue).path)
        #expect(results.map(\.name) == files.filter { $0.hasSuffix(".json") }.sorted().map { "\(kind.rawValue)/\($0)" })
        for result in results { #expect(result.passed, "\(result.name): \(result.largestError) \(result.detail)") }
    }

    @Test(arguments: ["next", "reward", "terminated"]) func aTransitionThatDiffersIsFound(key: String) throws {
        let result = try Kind.transitions.verify("cart-pole_2.json") { content in
            var steps = try #require(content["steps"] as? [[String: Any]])
            switch steps[7][key] {
            case let numbers as [NSNumber]: steps[7][key] = numbers.map { $0.doubleValue + 1e-10 }
            default: steps[7][key] = 0.5
            }
            content["steps"] = steps
        }
        #expect(!result.passed && result.detail.contains("step 7 \(key)"), "\(result)")
    }

    /// Both rewards of a family that has two.
    @Test(arguments: ["next", "reward", "sparseReward"]) func aTransitionWithTwoRewardsThatDiffersIsFound(key: String) throws {
        let result = try Kind.transitions.verify("sparse-point-robot.json") { content in
            var steps = try #require(content["steps"] as? [[String: Any]])
            switch steps[7][key] {
            case let numbers as [NSNumber]: steps[7][key] = numbers.map { $0.doubleValue + 1e-10 }
            default: steps[7][key] = try #require(steps[7][key] as? Double) + 1e-10
            }
            content["steps"] = steps
        }
        let names = ["next": "next", "reward": "learning reward", "sparseReward": "reward"]
        #expect(!result.passed && result.detail.contains("step 7 \(names[key]!)"), "\(result)")
    }

    @Test(arguments: ["reward", "target", "uniform", "parents"]) func anEndThatDiffersIsFound(key: String) throws {
        let result = try Kind.graphs.verify("hyper-grid.json") { content in
            var ends = try #require(content["ends"] as? [[String: Any]])
            if key == "parents" {
                let parents = try #require(ends[7][key] as? [[NSNumber]])
                ends[7][key] = parents.map { $0.dropLast() + [1 - $0[2].intValue] as [Any] }
            } else {
                ends[7][key] = try #require(ends[7][key] as? Double) + 1e-10
            }
            content["ends"] = ends
        }
        #expect(!result.passed && result.detail.contains("end 7 \(key)"), "\(result)")
    }

    @Test(arguments: ["bestSampledReward", "bestReward", "uniformReward", "uniformL1", "cells"]) func aTotalThatDiffersIsFound(key: String) throws {
        let result = try Kind.graphs.verify("hyper-grid.json") { $0[key] = try #require($0[key] as? NSNumber).doubleValue + 1e-10 }
        #expect(!result.passed && result.detail.contains(key), "\(result)")
    }

    @Test func theFirstFaultIsNamedAndNoneIsHidden() throws {
        let short = try Kind.transitions.verify("cart-pole_1.json") { content in
            let steps = try #require(content["steps"] as? [[String: Any]])
            content["steps"] = try steps.map { step in
                var step = step
                step["next"] = Array(try #require(step["next"] as? [NSNumber]).dropLast())
                return step
            }
        }
        #expect(!short.passed && short.detail.contains("step 0 next"), "\(short)")
        let twice = try Kind.graphs.verify("hyper-grid.json") { content in
            var ends = try #require(content["ends"] as? [[String: Any]])
            ends[ends.count - 1] = ends[0]
            content["ends"] = ends
        }
        #expect(!twice.passed && twice.detail.contains("its cell is that of an end before it"), "\(twice)")
    }

    @Test func whatCannotBeRunIsAFailureThatSaysWhy() throws {
        #expect(try Kind.graphs.verify("hyper-grid.json") { $0["family"] = "hyper-gird" }.detail.contains("unknown family 'hyper-gird'"))
        #expect(try Kind.graphs.verify("hyper-grid.json") { $0["family"] = "cart-pole" }.detail.contains("cart-pole"))
        #expect(try Kind.graphs.verify("hyper-grid.json") { $0["parameters"] = 3 }.detail.contains("'parameters' must be an object"))
        #expect(try Kind.graphs.verify("hyper-grid.json") { $0["ends"] = [["cell": [9, 9]]] }.detail.contains("no terminal state at [9.0, 9.0]"))
        #expect(try Kind.graphs.verify("hyper-grid.json") { $0["cells"] = nil }.detail.contains("'cells' is missing"))
        let short = try Kind.transitions.verify("cart-pole_1.json") { $0["steps"] = [["state": [1, 2], "action": 0]] }
        #expect(!short.passed && short.detail.contains("'state' has 2 numbers, 4 expected, in step 0"), "\(short)")
        let empty = try Kind.transitions.verify("cart-pole_1.json") { $0["steps"] = [] as [Any] }
        #expect(!empty.passed && empty.detail.contains("'steps' must be an array of at least one object"), "\(empty)")
        let wrong = try Kind.transitions.verify("cart-pole_1.json") { content in
            var steps = try #require(content["steps"] as? [[String: Any]])
            steps[0]["action"] = 7
            content["steps"] = steps
        }
        #expect(!wrong.passed && wrong.detail.contains("7"), "\(wrong)")
        for kind in Kind.allCases {
            let results = kind.run(URL(fileURLWithPath: "/nowhere"))
            #expect(results.map(\.passed) == [false] && results[0].name == kind.rawValue && results[0].detail.contains("/nowhere"))
        }
    }
}
