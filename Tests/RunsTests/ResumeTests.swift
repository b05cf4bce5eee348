import Agents
import Core
import Formats
import Foundation
import Runs
import TestEnvironments
import Testing

@Suite struct ResumeTests {
    private struct Result: Equatable {
        var networks: Data
        var state: Data
        var evaluations: String
        /// Without the columns that hold times.
        var progress: [[String]]
    }

    private func result(_ directory: RunDirectory) throws -> Result {
        let newest = try #require(directory.checkpoints.list().first).path
        let table = try TableFile.read(directory.progressFile)
        let kept = table.columns.indices.filter { !table.columns[$0].contains("second") }
        return Result(
            networks: try bytes(newest + "/networks.safetensors"), state: try bytes(newest + "/state.safetensors"),
            evaluations: try String(contentsOfFile: directory.evaluationsFile, encoding: .utf8),
            progress: ([table.columns] + table.rows).map { row in kept.map { row[$0] } })
    }

    private func undisturbed(_ overrides: [String] = []) throws -> Result {
        let folder = try TemporaryFolder()
        let directory = RunDirectory(folder.path)
        _ = try Run.train(smallRun(overrides: overrides), in: directory, context: Recorder().context)
        return try result(directory)
    }

    @Test func stoppingAnywhereAndResumingGivesTheSameBits() throws {
        let expected = try undisturbed()
        for pauses in [1, 5, 22, 31, 47, 86] {
            let folder = try TemporaryFolder()
            let directory = RunDirectory(folder.path)
            let recorder = Recorder()
            recorder.stop(afterPauses: pauses)
            let stopped = try Run.train(smallRun(), in: directory, context: recorder.context)
            if pauses < 86 {
                #expect(stopped.end == .interrupted(signal: SIGINT) && stopped.exitCode == 130)
                #expect(stopped.steps == pauses * 7)
                #expect(directory.status()?.state == .interrupted)
            }
            let again = Recorder()
            again.stop(afterPauses: 9)
            _ = try Run.resume(directory, context: again.context)
            #expect(try Run.resume(directory, context: Recorder().context).end == .finished)
            #expect(try result(directory) == expected, "stopped after \(pauses) pauses")
        }
    }

    /// An agent without schedules then has the bits of a run that had the length from the beginning.
    @Test func aFinishedRunIsTrainedFurther() throws {
        let folders = [try TemporaryFolder(), try TemporaryFolder()], runs = folders.map { RunDirectory($0.path) }
        _ = try Run.train(roundsRun(), in: runs[0], context: Recorder().context)
        _ = try Run.train(roundsRun(rounds: 6), in: runs[1], context: Recorder().context)
        let recorder = Recorder()
        let outcome = try Run.resume(runs[1], budget: [.rounds: 12], context: recorder.context)
        #expect(outcome.end == .finished && recorder.warnings.contains { $0.contains("the run's length is now 12 rounds, 6 before") })
        #expect(try result(runs[1]) == result(runs[0]))
        #expect(try runs[1].configuration().firstDifference(to: roundsRun()) == nil)
        #expect(try runs[1].configuration().earlierLengths == [EarlierBudget(amount: 6, spent: 6)])

        let before = try result(runs[1])
        for (budget, words) in [
            ([BudgetUnit.rounds: 5], "--rounds: more than 12 expected, which the run has behind it; found 5"),
            ([.rounds: .max], "--rounds: at most 1,000,000,000,000 expected, found \(Int.max)"),
            ([.steps: 5000], "averaging counts its budget in rounds; give --rounds"),
        ] {
            let found = problem { try Run.resume(runs[1], budget: budget, context: Recorder().context) }
            #expect(found.exitCode == 64 && found.text.contains(words), "\(found.text)")
        }
        #expect(try result(runs[1]) == before)
        withExtendedLifetime(folders) {}
    }

    @Test func runsFromBeforeASettingCameOrWentAreReadAsWhatTheyWere() throws {
        let folder = try TemporaryFolder(), directory = RunDirectory(folder.path)
        let configuration = try smallRun()
        _ = try Run.train(configuration, in: directory, context: Recorder().context)
        let now = try String(contentsOfFile: directory.configurationFile, encoding: .utf8)
        func write(greedy: Bool) throws {
            let then = now.replacingOccurrences(of: "\n  blockSteps: 7\n", with: "\n  greedy: \(greedy)\n")
            #expect(then != now)
            try writeAtomically(then, to: directory.configurationFile)
        }
        try write(greedy: false)
        _ = try Run.open(directory, context: Recorder().context)
        let completed = try directory.configuration().completed(by: testRegistry)
        #expect(completed.firstDifference(to: configuration) == nil)
        #expect(try directory.configuration().firstDifference(to: configuration) != nil)

        try write(greedy: true)
        let found = problem { try Run.open(directory, context: Recorder().context) }
        #expect(found.exitCode == 65 && found.text.contains("config.yaml, line "), "\(found.text)")
        #expect(
            found.text.hasSuffix(
                "key 'greedy': tabular no longer has this setting, and the run does not have its only remaining value, false; use another agent"),
            "\(found.text)")
    }

    /// With pauses of one step a row of progress.csv averages three of them: the sums have to be in the checkpoint.
    @Test func averagesSurviveAnInterruption() throws {
        let expected = try undisturbed(["blockSteps=1"])
        for pauses in [2, 200] {
            let folder = try TemporaryFolder()
            let directory = RunDirectory(folder.path)
            let recorder = Recorder()
            recorder.stop(afterPauses: pauses)
            _ = try Run.train(smallRun(overrides: ["blockSteps=1"]), in: directory, context: recorder.context)
            _ = try Run.resume(directory, context: Recorder().context)
            #expect(try result(directory) == expected)
        }
    }

    /// A copy of the folder as it lies on the disk in the middle of the run is what kill -9 leaves.
    @Test func theFolderAsItLiesAtAnyMomentResumesToTheSameBits() throws {
        let expected = try undisturbed()
        let folder = try TemporaryFolder()
        let directory = RunDirectory(folder.path + "/run")
        let recorder = Recorder()
        var copies: [String] = [], count = 0
        recorder.react = { _ in
            count += 1
            guard count % 29 == 3 else { return }
            let copy = folder.path + "/copy-\(count)"
            try? FileManager.default.copyItem(atPath: directory.path, toPath: copy)
            copies.append(copy)
        }
        _ = try Run.train(smallRun(), in: directory, context: recorder.context)
        #expect(copies.count >= 5)
        for copy in copies {
            let torn = try OutputFile(copy + "/evaluations.csv", .appending)
            try torn.write("462,train,goal-0,me")
            try torn.close()
            try folder.write("half", (copy as NSString).lastPathComponent + "/checkpoints/.partial-step-000000300/state.safetensors")
            #expect(RunDirectory(copy).status()?.state == .interrupted)
            #expect(try Run.resume(RunDirectory(copy), context: Recorder().context).end == .finished)
            #expect(try result(RunDirectory(copy)) == expected, "\(copy)")
        }
    }

    @Test func anInterruptedEvaluationIsMadeAgainInFull() throws {
        let expected = try undisturbed()
        let folder = try TemporaryFolder()
        let directory = RunDirectory(folder.path)
        let recorder = Recorder()
        recorder.react = { [interruption = recorder.interruption] event in
            if case .logged(let step, _) = event, step == 168 { interruption.request(SIGTERM) }
        }
        #expect(try Run.train(smallRun(), in: directory, context: recorder.context).exitCode == 143)
        #expect(try MetricRecord.read(directory.evaluationsFile).allSatisfy { $0.step == 0 })
        _ = try Run.resume(directory, context: Recorder().context)
        #expect(try result(directory) == expected)
    }

    @Test func aDamagedNewestCheckpointCostsOnlyTime() throws {
        let expected = try undisturbed()
        let folder = try TemporaryFolder()
        let directory = RunDirectory(folder.path)
        let recorder = Recorder()
        recorder.stop(afterPauses: 62)
        _ = try Run.train(smallRun(), in: directory, context: recorder.context)
        #expect(directory.checkpoints.list().map(\.step) == [434, 406])
        try folder.write("not safetensors", "checkpoints/step-000000434/state.safetensors")
        let again = Recorder()
        _ = try Run.resume(directory, context: again.context)
        #expect(again.warnings.contains { $0.contains("step-000000434/state.safetensors") && $0.contains("step 406") })
        #expect(try result(directory) == expected)
    }

    /// A kill while the only checkpoint was being replaced.
    @Test func aCheckpointThatWasSetAsideIsResumed() throws {
        let expected = try undisturbed()
        let folder = try TemporaryFolder(), directory = RunDirectory(folder.path)
        let recorder = Recorder()
        recorder.stop(afterPauses: 62)
        _ = try Run.train(smallRun(), in: directory, context: recorder.context)
        for checkpoint in directory.checkpoints.list().dropFirst() { try FileManager.default.removeItem(atPath: checkpoint.path) }
        let path = try #require(directory.checkpoints.list().first?.path), name = (path as NSString).lastPathComponent
        try FileManager.default.moveItem(atPath: path, toPath: directory.checkpoints.folder + "/.replaced-" + name)
        let again = Recorder()
        _ = try Run.resume(directory, context: again.context)
        #expect(again.events.contains { if case .started(_, let spent, _, _, _) = $0 { spent == 434 } else { false } })
        #expect(try result(directory) == expected)
    }

    /// Its measurements would be written anew from the beginning.
    @Test func aFinishedRunWithoutCheckpointsIsLeftAsItIs() throws {
        let folder = try TemporaryFolder(), directory = RunDirectory(folder.path)
        _ = try Run.train(smallRun(), in: directory, context: Recorder().context)
        let before = try bytes(directory.evaluationsFile)
        try FileManager.default.removeItem(atPath: directory.checkpoints.folder)
        for attempt in [
            { try Run.resume(directory, context: Recorder().context) }, { try Run.train(smallRun(), in: directory, context: Recorder().context) },
            { try Run.resume(directory, budget: [.steps: 2000], context: Recorder().context) },
        ] {
            let found = problem { try attempt() }
            #expect(found.exitCode == 65 && found.text.contains("finished, but \(directory.checkpoints.folder) has no checkpoint"), "\(found.text)")
        }
        #expect(try bytes(directory.evaluationsFile) == before && directory.status()?.state == .finished)
    }

    @Test func resumingWithAnotherVersionWarns() throws {
        let folder = try TemporaryFolder()
        let directory = RunDirectory(folder.path)
        let recorder = Recorder()
        recorder.stop(afterPauses: 3)
        _ = try Run.train(smallRun(), in: directory, context: recorder.context)
        let again = Recorder()
        var context = again.context
        context.versions.blas = "other"
        context.versions.mujoco = "3.0.0"
        _ = try Run.resume(directory, context: context)
        #expect(again.warnings.contains { $0.contains("BLAS test, and this is other") })
        #expect(!again.warnings.contains { $0.contains("MuJoCo") }, "MuJoCo has no part in this family")
    }

    @Test func whatARunIsContinuedWithIsRecordedEachOnce() throws {
        let folder = try TemporaryFolder(), directory = RunDirectory(folder.path)
        var configuration = try smallRun()
        configuration.versions.processor = "A"
        func trainOn(_ processor: String) throws -> [String] {
            let recorder = Recorder()
            recorder.stop(afterPauses: 2)
            var context = recorder.context
            context.versions.processor = processor
            _ = try directory.hasRun ? Run.resume(directory, context: context) : Run.train(configuration, in: directory, context: context)
            return recorder.warnings
        }
        _ = try trainOn("A")
        #expect(try trainOn("B").contains { $0.contains("trained with processor A, and this is B") })
        #expect(try directory.configuration().versions.processor == "A then B")
        for processor in ["A", "B"] {
            #expect(try !trainOn(processor).contains { $0.contains("processor") }, "it is recorded already")
        }
        #expect(try directory.configuration().versions.processor == "A then B")
    }

    /// One that was killed before its first checkpoint.
    @Test func aRunThatBeginsAnewHasTheVersionsOfItsNewBeginning() throws {
        let folder = try TemporaryFolder(), directory = RunDirectory(folder.path)
        let recorder = Recorder()
        recorder.stop(afterPauses: 3)
        _ = try Run.train(smallRun(), in: directory, context: recorder.context(mujoco: "2.2.2"))
        try FileManager.default.removeItem(atPath: directory.checkpoints.folder)
        try FileManager.default.removeItem(atPath: directory.statusFile)
        let other = Recorder()
        other.stop(afterPauses: 3)
        _ = try Run.resume(directory, context: other.context(mujoco: "4.0.0"))
        #expect(try directory.configuration().versions.mujoco == "4.0.0" && !other.warnings.contains { $0.contains("MuJoCo") })
    }

    /// A disk that is not mounted, or a copy without checkpoints: to begin anew would be to erase what was measured.
    @Test func aRunThatLostItsCheckpointsDoesNotBeginAnew() throws {
        let folder = try TemporaryFolder(), directory = RunDirectory(folder.path)
        let recorder = Recorder()
        recorder.stop(afterPauses: 62)
        _ = try Run.train(smallRun(), in: directory, context: recorder.context)
        let before = try bytes(directory.evaluationsFile)
        try FileManager.default.moveItem(atPath: directory.checkpoints.folder, toPath: folder.path + "/elsewhere")
        for attempt in [
            { try Run.resume(directory, context: Recorder().context) }, { try Run.train(smallRun(), in: directory, context: Recorder().context) },
        ] {
            let found = problem { try attempt() }
            #expect(found.exitCode == 65 && found.text.contains("has 434 steps behind it, but") && found.text.contains("has no checkpoint"), "\(found.text)")
        }
        #expect(try bytes(directory.evaluationsFile) == before)
    }

    /// What a checkpoint was made with is not shown as something else.
    @Test(arguments: [("seed: 3", "seed: 4", "seed"), ("blockSteps: 7", "blockSteps: 14", "blockSteps")])
    func aConfigurationThatWasChangedIsRefused(before: String, after: String, key: String) throws {
        let folder = try TemporaryFolder(), directory = RunDirectory(folder.path)
        let recorder = Recorder()
        recorder.stop(afterPauses: 62)
        _ = try Run.train(smallRun(), in: directory, context: recorder.context)
        let yaml = try String(contentsOfFile: directory.configurationFile, encoding: .utf8)
        #expect(yaml.contains(before))
        try folder.write(yaml.replacingOccurrences(of: before, with: after), "config.yaml")
        let again = Recorder()
        for attempt in [{ _ = try Run.resume(directory, context: again.context) }, { _ = try Run.open(directory, context: again.context) }] {
            let found = problem { try attempt() }
            #expect(found.exitCode == 65 && found.text.contains("key '\(key)'") && found.text.contains("checkpoint of step 434 was made with"), "\(found.text)")
        }
        #expect(again.warnings.isEmpty && directory.checkpoints.list().map(\.step) == [434, 406])
    }

    /// A table that lost rows is not mended by going back to an older checkpoint.
    @Test func aTableThatLostRowsIsAnError() throws {
        let folder = try TemporaryFolder(), directory = RunDirectory(folder.path)
        let recorder = Recorder()
        recorder.stop(afterPauses: 62)
        _ = try Run.train(smallRun(), in: directory, context: recorder.context)
        let whole = String(decoding: try bytes(directory.evaluationsFile), as: UTF8.self)
        try folder.write(whole.split(separator: "\n").dropLast().joined(separator: "\n") + "\n", "evaluations.csv")
        let found = problem { try Run.resume(directory, context: Recorder().context) }
        #expect(found.exitCode == 65 && found.text.contains("rows expected from the checkpoint"), "\(found.text)")
        #expect(directory.checkpoints.list().map(\.step) == [434, 406])
        // What stands behind the rows that it needs does not matter, whatever it is.
        let expected = try undisturbed()
        try (Data(whole.utf8) + Data("garbage\n434,\u{e9}".utf8).dropLast()).write(to: URL(fileURLWithPath: directory.evaluationsFile))
        _ = try Run.resume(directory, context: Recorder().context)
        #expect(try result(directory) == expected)
    }

    /// No file changes.
    @Test func aFinishedRunIsLeftAsItIs() throws {
        let folder = try TemporaryFolder(), directory = RunDirectory(folder.path)
        _ = try Run.train(smallRun(), in: directory, context: Recorder().context)
        func files() throws -> [String: Data] {
            let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            return Dictionary(uniqueKeysWithValues: names.compactMap { name in (try? bytes(folder.path + "/" + name)).map { (name, $0) } })
        }
        let before = try files()
        #expect(try Run.resume(directory, context: Recorder().context).end == .finished)
        #expect(try Run.train(smallRun(), in: directory, context: Recorder().context).end == .finished)
        #expect(try files() == before)
        // Unless its last checkpoint is damaged: then the end is trained once more.
        let expected = try result(directory), newest = try #require(directory.checkpoints.list().first?.path)
        try Data("not safetensors".utf8).write(to: URL(fileURLWithPath: newest + "/state.safetensors"))
        let again = Recorder()
        #expect(try Run.resume(directory, context: again.context).end == .finished)
        #expect(try again.warnings.contains { $0.contains("can't be used") } && result(directory) == expected)
    }

    /// One whose first evaluation fails has a status, and no checkpoint.
    @Test func aRunThatFailedBeforeItsFirstCheckpointBeginsAnew() throws {
        let folder = try TemporaryFolder(), directory = RunDirectory(folder.path)
        let recorder = Recorder()
        recorder.stop(afterPauses: 3)
        _ = try Run.train(smallRun(checkpointEvery: 1), in: directory, context: recorder.context)
        try FileManager.default.removeItem(atPath: directory.checkpoints.folder)
        try RunStatus(state: .failed, steps: 21, totalSteps: 600).write(to: directory.statusFile, durable: false)
        #expect(try Run.resume(directory, context: Recorder().context).end == .finished)
    }

    /// A program may gain a setting while a run of it is under way.
    @Test func aSettingThatCheckpointsDoNotKnowIsNoChange() throws {
        let folder = try TemporaryFolder(), directory = RunDirectory(folder.path)
        let recorder = Recorder()
        recorder.stop(afterPauses: 62)
        _ = try Run.train(smallRun(), in: directory, context: recorder.context)
        for checkpoint in directory.checkpoints.list() {
            let file = checkpoint.path + "/progress.json", text = String(decoding: try bytes(file), as: UTF8.self)
            let earlier = text.replacing("  blockSteps: 7\\n", with: "")
            #expect(earlier != text)
            try earlier.write(toFile: file, atomically: true, encoding: .utf8)
        }
        #expect(try Run.resume(directory, context: Recorder().context).end == .finished)
    }

    @Test func aRunIsContinuedWithAnotherEngineOnlyIfThatIsAskedFor() throws {
        let folder = try TemporaryFolder(), directory = RunDirectory(folder.path)
        let recorder = Recorder()
        recorder.stop(afterPauses: 3)
        _ = try Run.train(smallRun(), in: directory, context: recorder.context(mujoco: "2.2.2"))

        let before = try bytes(directory.configurationFile), other = Recorder()
        for attempt in [
            { try Run.resume(directory, context: other.context(mujoco: "4.0.0")) },
            { try Run.train(smallRun(), in: directory, context: other.context(mujoco: "4.0.0")) },
        ] {
            let refusal = problem { try attempt() }
            #expect(refusal.exitCode == 64 && refusal.text.contains("trained with MuJoCo 2.2.2, and this program has 4.0.0"), "\(refusal.text)")
            #expect(refusal.text.contains("--other-engine") && refusal.text.contains("MUJOCO_ROOT"))
        }
        #expect(try bytes(directory.configurationFile) == before)

        // Playing its policies is allowed, with a word of warning.
        _ = try Run.open(directory, context: other.context(mujoco: "4.0.0"))
        #expect(other.warnings.contains { $0.contains("trained with MuJoCo 2.2.2, and this is 4.0.0") })

        // Where it can't go on for another reason, nothing is noted.
        #expect(problem {
            try Run.resume(directory, budget: [.steps: 1], context: Recorder().context(mujoco: "4.0.0", accepts: true))
        }.exitCode == 64)
        #expect(try bytes(directory.configurationFile) == before)

        let accepting = Recorder()
        accepting.stop(afterPauses: 3)
        _ = try Run.resume(directory, context: accepting.context(mujoco: "4.0.0", accepts: true))
        #expect(accepting.warnings.contains { $0.contains("MuJoCo 2.2.2, and this is 4.0.0") })
        #expect(try directory.configuration().versions.mujoco == "2.2.2 then 4.0.0")
        #expect(problem { try Run.resume(directory, context: Recorder().context(mujoco: "2.2.2")) }.exitCode == 64)
        _ = try Run.resume(directory, context: Recorder().context(mujoco: "4.0.0"))
        #expect(try directory.configuration().versions.mujoco == "2.2.2 then 4.0.0" && directory.status()?.state == .finished)

        // A finished run is left as it is, which is said, unless it is made longer.
        let finished = Recorder()
        _ = try Run.resume(directory, context: finished.context(mujoco: "2.2.2"))
        #expect(finished.warnings.contains { $0.contains("finished and stays as MuJoCo 2.2.2 then 4.0.0 made it; this program has 2.2.2") })
        #expect(problem { try Run.resume(directory, budget: [.steps: 800], context: Recorder().context(mujoco: "2.2.2")) }.exitCode == 64)
    }

    @Test func aDiskThatFillsWhileTrainingLosesNothing() throws {
        let expected = try undisturbed()
        let folder = try TemporaryFolder()
        let directory = RunDirectory(folder.path)
        let recorder = Recorder()
        recorder.react = { event in
            guard case .saved(let step, _) = event, step == 406 else { return }
            try? FileManager.default.moveItem(atPath: directory.evaluationsFile, toPath: directory.evaluationsFile + ".aside")
            try? FileManager.default.createSymbolicLink(atPath: directory.evaluationsFile, withDestinationPath: "/dev/full")
        }
        let found = problem { try Run.train(smallRun(), in: directory, context: recorder.context) }
        #expect(found.exitCode == 1)
        #expect(found.text.contains("no space left while writing \(directory.evaluationsFile)"))
        #expect(found.text.contains("gait resume \(directory.path)"))
        #expect(directory.status()?.state == .failed)
        try FileManager.default.removeItem(atPath: directory.evaluationsFile)
        try FileManager.default.moveItem(atPath: directory.evaluationsFile + ".aside", toPath: directory.evaluationsFile)
        _ = try Run.resume(directory, context: Recorder().context)
        #expect(try result(directory) == expected)
    }

    @Test func aDiskFullWhileResumingIsNotTakenForADamagedCheckpoint() throws {
        let folder = try TemporaryFolder()
        let directory = RunDirectory(folder.path)
        let recorder = Recorder()
        recorder.stop(afterPauses: 40)
        _ = try Run.train(smallRun(), in: directory, context: recorder.context)
        // The table can't be written anew: a folder stands where its temporary file would be.
        try folder.write("", "progress.csv\(partialFileSuffix())/x")
        let again = Recorder()
        let found = problem { try Run.resume(directory, context: again.context) }
        #expect(found.exitCode == 1)
        #expect(found.text.contains("progress.csv.partial"))
        #expect(again.warnings.isEmpty)
    }

    @Test func aFaultOfTheConfigurationIsNotBlamedOnTheCheckpoints() throws {
        let folder = try TemporaryFolder()
        let directory = RunDirectory(folder.path)
        _ = try Run.train(smallRun(), in: directory, context: Recorder().context)
        let yaml = try String(contentsOfFile: directory.configurationFile, encoding: .utf8)
        try folder.write(yaml.replacingOccurrences(of: "blockSteps: 7", with: "blockStep: 7"), "config.yaml")
        let again = Recorder()
        let found = problem { try Run.open(directory, context: again.context) }
        #expect(found.exitCode == 65)
        #expect(found.text.contains("config.yaml, line") && found.text.contains("did you mean 'blockSteps'?"), "\(found.text)")
        #expect(again.warnings.isEmpty)
    }
}
