import Agents
import Foundation
import Runs
import TestEnvironments
import Testing
import gait

/// The preset `paper` beside the papers' own numbers, those as well that no preset changes: a default that is edited by mistake changes every
/// comparison, and no run fails.
@Suite struct PaperPresetTests {
    private func settings(_ agent: String, _ family: String) throws -> ConfigurationValue {
        try Registry.standard(assets: assetsFolder.path).agent(named: agent).settings(preset: .paper, family: family)
    }

    /// Table III of pMeta-RL. Its total steps are those of so many rounds of all training tasks.
    @Test(arguments: [
        ("ant-fwd-back", 2, 100_000, 200, 5000, 15), ("half-cheetah-dir", 2, 100_000, 300, 4000, 15),
        ("half-cheetah-vel", 10, 20_000, 100, 2000, 20), ("walker-2d-params", 10, 20_000, 100, 2000, 20),
    ])
    func tableIII(family: String, tasks: Int, replay: Int, rounds: Int, updates: Int, weight: Double) throws {
        let settings = try settings("pmeta-rl", family)
        func number(_ key: String) throws -> Double { try #require(settings[key].flatMap { Double($0.inline) }, "\(key)") }
        #expect(try number("replayCapacity") == Double(replay) && number("updatesPerRound") == Double(updates))
        #expect(try number("proximalWeight") == weight && settings["actorHidden"]?.inline == "[512, 512]")
        let budget = try Budgets(contentsOf: assetsFolder.path + "/budgets.yaml")[.paper, family]
        #expect(try Double(budget.amount) == Double(tasks * rounds * updates) * number("stepsPerUpdate"))
    }

    /// What the baselines' authors have, from their papers and code.
    @Test(arguments: [
        ("pearl", "half-cheetah-dir", [
            "hidden": "[300, 300, 300]", "encoderHidden": "[200, 200, 200]", "latentSize": "5", "learningRate": "0.0003", "encoderLearningRate": "0.0003",
            "latentWeight": "0.1", "rewardScale": "5", "entropyTuning": "fixed", "entropyCoefficient": "1", "targetRate": "0.005", "discount": "0.99",
            "contextBatch": "256", "metaBatch": "4", "initialSteps": "2000", "priorSteps": "1000", "posteriorSteps": "0", "extraSteps": "1000",
            "extraPriorEpisodes": "1", "updatesPerIteration": "2000", "priorEpisodes": "2", "metaTestActing": "deterministic",
        ]),
        ("pearl", "half-cheetah-vel", ["contextBatch": "100", "metaBatch": "16"]), ("pearl", "walker-2d-params", ["metaBatch": "10"]),
        ("metacure", "half-cheetah-dir", [
            "hidden": "[300, 300, 300]", "latentSize": "5", "learningRate": "0.0003", "encoderLearningRate": "0.0003", "intrinsicWeight": "0.2",
            "discount": "0.99", "metaTestActing": "deterministic",
        ]),
        ("maml-trpo", "half-cheetah-dir", [
            "hidden": "[64, 64]", "innerSteps": "1", "innerStepSize": "0.1", "trajectories": "20", "metaBatch": "40", "discount": "0.99", "gaeLambda": "1",
            "maxKL": "0.01", "conjugateGradientIterations": "10", "backtrackRatio": "0.8", "maxBacktracks": "15", "firstOrder": "false",
            "adaptationTrajectories": "20",
        ]),
        ("promp", "half-cheetah-dir", [
            "hidden": "[64, 64]", "innerSteps": "1", "innerStepSize": "0.1", "trajectories": "20", "metaBatch": "40", "discount": "0.99", "gaeLambda": "1",
            "outerSteps": "5", "learningRate": "0.001", "clip": "0.3", "innerKLPenalty": "0.0005", "innerKLTarget": "0", "adaptationTrajectories": "20",
        ]),
        ("rl2", "half-cheetah-dir", [
            "hiddenSize": "64", "episodesPerTrial": "2", "learningRate": "0.001", "epochs": "5", "clip": "0.2", "discount": "0.99", "gaeLambda": "1",
        ]),
    ])
    func theAuthorsNumbers(agent: String, family: String, expected: [String: String]) throws {
        let settings = try settings(agent, family)
        for (key, value) in expected {
            let found = settings[key]?.inline
            #expect(found == value || found.flatMap { Double($0) } == Double(value) && Double(value) != nil, "\(key): \(found ?? "none"), \(value) expected")
        }
    }

    /// The meta-test of PEARL's authors, for every agent that infers z.
    @Test func personalizedPoliciesAreAdaptedInTheSameWay() throws {
        let settings = try settings("pmeta-rl", "half-cheetah-dir")
        #expect(settings["metaTestActing"]?.inline == "deterministic" && settings["priorEpisodes"]?.inline == "2")
    }
}
