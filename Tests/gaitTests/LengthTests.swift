import Agents
import Core
import Foundation
import Runs
import Synchronization
import TestEnvironments
import Testing
import gait

/// Runs of agents that divide their budget, when they get another one.
@Suite struct LengthTests {
    private let place: Place

    init() throws { place = try Place() }

    /// A run's context that stops it after so many pauses.
    private func context(stopAfter limit: Int = .max) -> RunContext {
        let interruption = Interruption(), pauses = Mutex(0)
        let versions = Versions(gait: "1", mujoco: "", blas: "", swift: "", system: "", processor: "")
        return RunContext(registry: Registry.standard(assets: assetsFolder.path), versions: versions, interruption: interruption) { event in
            guard case .sliced = event else { return }
            pauses.withLock {
                $0 += 1
                if $0 == limit { interruption.request(SIGINT) }
            }
        }
    }

    private func begin(_ agent: String, in name: String, steps: Int, stopAfter pauses: Int = .max) throws -> RunDirectory {
        let directory = RunDirectory(place[name].path), budgets = try Budgets(contentsOf: assetsFolder.path + "/budgets.yaml")
        let context = context(stopAfter: pauses)
        var request = RunRequest(agent: agent, family: "sparse-point-robot", preset: .quick)
        request.budget = [.steps: steps]
        _ = try Run.train(Run.configuration(request, budgets: budgets, context: context), in: directory, context: context)
        return directory
    }

    private func resume(_ directory: RunDirectory, to steps: Int? = nil, stopAfter pauses: Int = .max) throws -> RunOutcome {
        try Run.resume(directory, budget: steps.map { [.steps: $0] } ?? [:], context: context(stopAfter: pauses))
    }

    private func state(_ directory: RunDirectory) throws -> StateDictionary {
        StateCoder.save(try Run.open(directory, context: context()).agent)
    }

    private func loseStatus(_ directory: RunDirectory) throws { try FileManager.default.removeItem(atPath: directory.path + "/status.json") }

    /// Whether the status was lost, as with the machine's power, makes no difference.
    @Test(arguments: ["promp", "maml-trpo", "rl2", "varibad"]) func aFinishedRunIsTrainedFurther(agent: String) throws {
        let runs = try ["one", "two"].map { try begin(agent, in: $0, steps: 2000) }
        try loseStatus(runs[1])
        for run in runs {
            let outcome = try resume(run, to: 2777)
            #expect(outcome.end == .finished && outcome.steps == 2777)
            #expect(try run.configuration().earlierLengths == [EarlierBudget(amount: 2000, spent: 2000)])
        }
        let isSame = try state(runs[0]) == state(runs[1])
        #expect(isSame)
    }

    /// In the middle of an iteration a run gets another length; stopped and resumed after this, it ends with the same bits.
    @Test func aStoppedRunGetsAnotherEnd() throws {
        let runs = try ["one", "two"].map { try begin("promp", in: $0, steps: 8000, stopAfter: 1) }
        let spent = try #require(runs[0].status()?.amount)
        let error = #expect(throws: GaitError.self) { try resume(runs[0], to: spent + 1) }
        #expect("\(error.map { "\($0)" } ?? "")".hasPrefix("--steps: at least "), "\(String(describing: error))")
        #expect(try runs[0].configuration().earlierLengths.isEmpty && runs[0].configuration().budget.amount == 8000)

        #expect(try resume(runs[0], to: 6100).steps == 6100)
        #expect(try resume(runs[1], to: 6100, stopAfter: 2).end == .interrupted(signal: SIGINT))
        try loseStatus(runs[1])
        #expect(try resume(runs[1]).steps == 6100)
        let isSame = try state(runs[0]) == state(runs[1])
        #expect(isSame)
        #expect(try runs[1].configuration().earlierLengths == [EarlierBudget(amount: 8000, spent: spent)])
    }

    @Test func whatIsWrongInTheFileIsNamed() throws {
        let directory = try begin("promp", in: "run", steps: 2000), file = directory.configurationFile
        let text = try String(contentsOfFile: file, encoding: .utf8)
        for (steps, earlier, message) in [
            ("2000", "{amount: 9223372036854775807, spent: 0}", "key 'earlierLengths': amount: at most 1,000,000,000,000 expected"),
            ("2000", "{amount: 2000, spent: -1}", "key 'earlierLengths': spent: at least 0 expected, found -1"),
            ("1", "{amount: 2000, spent: 2}", "key 'steps': at least "),
        ] {
            let wrong = text.replacing("steps: 2000\n", with: "steps: \(steps)\nearlierLengths: [\(earlier)]\n", maxReplacements: 1)
            #expect(wrong != text)
            try wrong.write(toFile: file, atomically: true, encoding: .utf8)
            let error = #expect(throws: ConfigurationError.self) { try resume(directory) }
            #expect("\(error.map { "\($0)" } ?? "")".contains(message), "\(String(describing: error))")
        }
    }
}
