import Core
import Environments
import Foundation
import Runs
import TestEnvironments
import Testing

/// Agents whose budget is counted in rounds, and what the loop does with agents that break their promises.
@Suite struct RoundsTests {
    private func train(_ configuration: RunConfiguration, _ recorder: Recorder = Recorder()) throws -> (
        folder: TemporaryFolder, directory: RunDirectory, outcome: RunOutcome
    ) {
        let folder = try TemporaryFolder()
        let directory = RunDirectory(folder.path + "/run")
        return (folder, directory, try Run.train(configuration, in: directory, context: recorder.context))
    }

    @Test func everyRoundsEndIsEvaluatedWhereThatIsAskedFor() throws {
        let run = try train(roundsRun())
        let records = try MetricRecord.read(run.directory.evaluationsFile)
        #expect(Set(records.map(\.spent)).sorted() == Array(0...12))
        #expect(run.outcome.end == .finished && run.outcome.steps > 12 * 60)
        #expect(records.last?.step == run.outcome.steps, "records carry environment steps beside the rounds")
        #expect(run.directory.status()?.amount == 12)
    }

    @Test func marksAreCountedInRounds() throws {
        let run = try train(roundsRun(evaluateEvery: 5))
        let records = try MetricRecord.read(run.directory.evaluationsFile)
        #expect(Set(records.map(\.spent)).sorted() == [0, 5, 10, 12])
        let kept = try run.directory.checkpoints.list().map { try Checkpoint(reading: $0.path).progress.rounds }
        #expect(kept == [12, 10])
    }

    @Test func policiesArePlayedOnTheTasksThatTheyAreMeantFor() throws {
        let run = try train(roundsRun(rounds: 1))
        let last = try MetricRecord.read(run.directory.evaluationsFile).filter { $0.spent == 1 && $0.metric == "return" }
        func episodes(_ policy: String, _ set: TaskSet) -> Int { last.filter { $0.policy == policy && $0.taskSet == set }.count }
        // Two tasks of three episodes; of two policies under one name six each.
        #expect(episodes("average", .train) == 6 && episodes("average", .test) == 6)
        #expect(episodes("own", .train) == 6 && episodes("own", .test) == 0)
        #expect(episodes("others", .train) == 12 && episodes("others", .test) == 12)
        #expect(last.allSatisfy { $0.phase == .evaluation }, "none of them adapts")
    }

    @Test func stoppingAnywhereAndResumingGivesTheSameBits() throws {
        func result(_ directory: RunDirectory) throws -> [Data] {
            let newest = try #require(directory.checkpoints.list().first).path
            return try [newest + "/networks.safetensors", newest + "/state.safetensors", directory.evaluationsFile].map(bytes)
        }
        let undisturbed = try train(roundsRun()), expected = try result(undisturbed.directory)
        for pauses in [1, 4, 9, 24] {
            let recorder = Recorder()
            recorder.stop(afterPauses: pauses)
            let run = try train(roundsRun(), recorder)
            _ = try Run.resume(run.directory, context: Recorder().context)
            #expect(try result(run.directory) == expected, "stopped after \(pauses) pauses")
        }
    }

    /// The evaluation belongs to the round that ended before: going on must not skip it.
    @Test func anEvaluationThatWasInterruptedIsMadeBeforeTheNextRound() throws {
        let recorder = Recorder()
        recorder.react = { [interruption = recorder.interruption] event in
            if case .sliced(let pace) = event, pace.spent == 5 { interruption.request(SIGINT) }
        }
        let run = try train(roundsRun(evaluateEvery: 5), recorder)
        #expect(try Set(MetricRecord.read(run.directory.evaluationsFile).map(\.spent)) == [0])
        _ = try Run.resume(run.directory, context: Recorder().context)
        #expect(try Set(MetricRecord.read(run.directory.evaluationsFile).map(\.spent)) == [0, 5, 10, 12])
    }

    @Test(arguments: [
        ("returns", "returned from `train` after 2 of 12 rounds, with budget left"), ("silent", "without ever calling the session's `pause`"),
        ("idle", "neither acts nor learns any more after 0 of 12 rounds"), ("wasteful", "spent 13 of 12 rounds"),
    ])
    func anAgentThatBreaksItsPromisesIsNamed(fault: String, message: String) throws {
        let found = problem { try train(roundsRun(overrides: ["fault=\(fault)"])) }
        #expect(found.exitCode == 1)
        #expect(found.text.contains(message) && found.text.contains("an error in the agent's code"), "\(found.text)")
    }
}
