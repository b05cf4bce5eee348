import Diagnostics
import Environments
import Foundation
import Grids
import TestEnvironments
import Testing

private let families: [any TaskFamily] = [try! HyperGrid(), try! FrozenLake(), try! CliffWalking()]

@Suite struct LearningVerificationTests {
    private func check(_ name: String, _ text: String) throws -> VerificationResult {
        let folder = try TemporaryFolder()
        return LearningVerification.check(URL(fileURLWithPath: try folder.write(text, name)), families: families)
    }

    @Test func everyRecordedCaseAgrees() throws {
        let results = LearningVerification.run(folder: referenceFolder.appendingPathComponent("learning"), families: families)
        let isOwn = ProcessInfo.processInfo.environment["GAIT_REFERENCE_DIR"] == nil
        #expect(results.count >= (isOwn ? 23 : 1), "a recorded case is gone")
        for result in results { #expect(result.passed, "\(result.name): \(result.largestError), \(result.detail)") }
    }

    @Test func aRightCasePassesAndAWrongNumberFails() throws {
        let right = #"{"rewards": [1, 2], "values": [0.5, 1, 2], "terminated": [0, 0], "gamma": 0.5, "lambda_": 0, "advantages": [1, 2]}"#
        #expect(try check("gae.json", right).passed)
        #expect(try check("gae_longer.json", right).passed, "further cases of a kind are found by the beginning of their names")
        #expect(try !check("gae.json", right.replacingOccurrences(of: "[1, 2]}", with: "[1, 2.001]}")).passed)
    }

    @Test func anUnknownCaseIsAFailureThatSaysSo() throws {
        let result = try check("transformer.json", "{}")
        #expect(!result.passed && result.name == "learning/transformer.json" && result.detail.contains("unknown"))
    }

    @Test(arguments: [
        ("mlp_mse_relu.json", "{", "not valid JSON"),
        ("mlp_mse_relu.json", "[1]", "not a JSON object"),
        ("mlp_mse_relu.json", "{}", "'activation'"),
        ("mlp_mse_relu.json", #"{"activation": "sine"}"#, "'sine'"),
        ("mlp_mse_relu.json", #"{"activation": "relu", "layers": [{"weight": [[1, 2], [3]], "bias": [0, 0]}]}"#, "rectangular"),
        ("mlp_mse_relu.json", #"{"activation": "relu", "layers": [{"weight": [[1, 2]], "bias": [0]}]}"#, "layers[0].weight"),
        ("gae.json", #"{"rewards": [1], "values": [1], "terminated": [0]}"#, "'values'"),
        ("gae.json", #"{"rewards": [1], "values": ["a", 1], "terminated": [0]}"#, "'values'"),
        ("gru.json", #"{"weight_ih": [[1]], "weight_hh": [[1]], "bias_ih": [1], "bias_hh": [1], "sequence": [[[1]]]}"#, "shapes"),
        ("tanh_gaussian.json", #"{"mean": [[1]], "logStd": [[1, 2]], "noise": [[1]]}"#, "differ in shape"),
        ("gae.json", #"{"rewards": [1], "values": [1, 2], "terminated": [0], "gamma": "x"}"#, "'gamma'"),
        ("tabular_round_x.json", #"""
            {"personalStart": "meta", "alpha": 0.1, "eta": 0.1, "beta": 1, "proximalWeight": 1, "discount": 0.9, "meta": [[0, 0]], "rounds": []}
            """#, "'rounds'"),
        ("recurrent_policy.json", #"{"inputs": [[[1]]], "observation": 1e300, "action": 1}"#, "'observation' = 1e+300"),
        ("latent_update.json", #"{"initial": {}, "settings": {}, "observation": 1, "action": 1, "latent": -1}"#, "'initial.actor'"),
        ("belief_policy.json", #"{"observation": 1000, "action": 1}"#, "'observation' = 1000.0, where a whole number from 1 to 999"),
        ("linear_baseline.json", #"{"observations": [[1]], "finalObservations": [[1]], "rewards": [1], "segments": [[1e300, 1, 0]]}"#, "'segments'"),
        ("mlp_mse_relu.json", #"""
            {"activation": "relu", "layers": [{"weight": [[1]], "bias": [0]}], "input": [[1]], "target": [[1]], "output": [[1]], "loss": 0, \#
            "gradients": []}
            """#, "'gradients'"),
        ("flow_matching_lake.json", #"{"family": "no-lake", "parameters": {}}"#, "'no-lake'"),
        ("flow_matching_lake.json", #"{"family": "frozen-lake", "parameters": {"holes": "many"}}"#, "'parameters.holes'"),
    ])
    func aMalformedCaseIsAFailureThatNamesWhatIsWrong(_ file: String, _ text: String, _ expected: String) throws {
        let result = try check(file, text)
        #expect(!result.passed && result.detail.contains(expected), "\(result.detail)")
        #expect(result.detail.contains(file))
    }

    @Test func aMissingFolderIsAFailureThatNamesIt() {
        let results = LearningVerification.run(folder: URL(fileURLWithPath: "/nowhere"))
        #expect(results.count == 1 && !results[0].passed && results[0].detail.contains("/nowhere"))
    }
}

@Suite struct LearningBenchmarkTests {
    @Test func everyBenchmarkMeasuresSomething() throws {
        let results = try LearningBenchmark.run(threads: [1], seconds: 0.05)
        #expect(results.count >= 7)
        for result in results { #expect(result.value > 0 && result.value.isFinite, "\(result.name)") }
    }
}
