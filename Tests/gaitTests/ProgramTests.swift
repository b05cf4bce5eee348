import Environments
import Foundation
import Programs
import Runs
import TestEnvironments
import Testing
import gait

/// Agents and families that are programs of their own, and `gait serve`, as users run them. The program is Tests/TestProgram.
@Suite(.serialized) struct ProgramTests {
    private static let program = GaitProcess.executable.deletingLastPathComponent().appendingPathComponent("TestProgram")

    /// A place with the program as `agent` and as `my_family`.
    private func place() throws -> Place {
        let place = try Place()
        for (name, role) in [("agent.x", "agent"), ("my_family.x", "family")] {
            try place.writeProgram("#!/bin/sh\nexec '\(Self.program.path)' \(role)\n", to: name)
        }
        return place
    }

    private func command(_ run: String, fault: String = "none", steps: Int = 2000) -> [String] {
        ["train", "./agent.x", "sparse-point-robot", "--preset", "quick", "--steps", "\(steps)", "--evaluate-every", "1000",
         "--checkpoint-every", "200", "--set", "family.trainTasks=2", "--set", "fault=\(fault)", "--out", run]
    }

    private func state(_ place: Place, _ run: String) throws -> Data {
        try Data(contentsOf: place["\(run)/checkpoints/\(#require(place.checkpoints(run).last))/state.safetensors"])
    }

    @Test func aProgramIsTrainedEvaluatedReportedAndRecordedAsAnyAgent() throws {
        let place = try place()
        // 1999 is no multiple of the copies: the step that is left over is given up, and the budget is spent exactly.
        let trained = try GaitProcess(command("run", fault: "prints", steps: 1999), in: place).result()
        #expect(trained.status == 0, "\(trained.error)")
        #expect(trained.error.contains("agent.x: hello from the agent"))
        #expect(try place.text("run/status.json").contains("\"steps\" : 1999"))
        let records = try place.text("run/evaluations.csv")
        for words in ["personal,evaluation", "meta,evaluation", "meta,adaptation"] { #expect(records.contains(words), "\(words)") }
        let evaluated = try place.gait("evaluate", "run", "--episodes", "1")
        #expect(evaluated.status == 0, "\(evaluated.error)")
        let configuration = try place.text("run/config.yaml")
        #expect(configuration.contains("agent: \(place.url.path)/agent.x") || configuration.contains("agent: \"\(place.url.path)/agent.x\""))
        #expect(configuration.contains("variant: agent") && configuration.contains("sizes: [4, 4]"))
        let digits = try FinishedProgram(["sha256sum", place["agent.x"].path]).output.prefix(64)
        #expect(digits.count == 64 && configuration.contains("agentProgram: \(digits)") || configuration.contains("agentProgram: \"\(digits)\""))

        #expect(try place.gait("record", "run", "--policy", "meta", "--out", "episode.npz").status == 0)
        let filmed = try place.gait("render", "run", "--policy", "meta", "--policy", "personal", "--size", "160x120", "--out", "film.png")
        #expect(filmed.status == 0 && place.exists("film.png") || filmed.error.contains("ffmpeg is needed"), "\(filmed.error)")
        #expect(try place.gait("report", "run", "--out", "report").status == 0)
        #expect(try place.text("report/report.md").contains("agent is a program of its own"))
    }

    /// A run goes on with a program that was moved, once its configuration says where it is.
    @Test func aProgramCanBeMoved() throws {
        let place = try place()
        #expect(try GaitProcess(command("run"), in: place).result().status == 0)
        try FileManager.default.moveItem(at: place["agent.x"], to: place["moved.x"])
        let lost = try place.gait("evaluate", "run", "--episodes", "1")
        #expect(lost.status == 65 && lost.error.contains("agent.x: there is no such program; if it was moved, write there where it is now"), "\(lost.error)")
        try place.write(place.text("run/config.yaml").replacing("/agent.x", with: "/moved.x"), to: "run/config.yaml")
        let found = try place.gait("evaluate", "run", "--episodes", "1")
        #expect(found.status == 0, "\(found.error)")
    }

    @Test func killedOrInterruptedAndResumedGivesTheSameBitsAsUndisturbed() throws {
        let place = try place()
        #expect(try GaitProcess(command("whole", steps: 6000), in: place).result().status == 0)
        for (run, signal) in [("killed", SIGKILL), ("interrupted", SIGINT)] {
            let process = try GaitProcess(command(run, steps: 6000), in: place)
            #expect(process.wait { !place.checkpoints(run).isEmpty })
            process.send(signal)
            _ = try process.result()
            #expect(try !place.text("\(run)/status.json").contains("\"finished\""), "it was disturbed too late")
            let resumed = try place.gait("resume", run)
            #expect(resumed.status == 0, "\(resumed.error)")
            #expect(try state(place, run) == state(place, "whole"))
            #expect(try place.text("\(run)/evaluations.csv") == place.text("whole/evaluations.csv"))
        }
    }

    /// What the program does wrong, and what the user is told. Everything recorded before is still there.
    @Test(arguments: [
        ("crashes", "exit status 7", "    about to crash"), ("hangs", "said nothing for 5 seconds while", "    about to hang"),
        ("shape", "refused: step: actions of shape [2, 2] expected", ""), ("NaN", "the action of copy 0 has nan in column 0", ""),
        ("garbage", "a request of kind 999", ""), ("crashesAtSave", "while asked for 'save'", "    about to crash"),
        ("metricNaN", "is not what is expected there", ""),
    ])
    func aFaultInTrainingIsReportedAndLosesNothing(fault: String, message: String, line: String) throws {
        let place = try place()
        // Only the program that hangs is to be given up.
        let patience = fault == "hangs" ? "5" : "20"
        let process = try GaitProcess(command("run", fault: fault), in: place, environment: ["GAIT_PROGRAM_PATIENCE": patience])
        let result = try process.result()
        #expect(result.status == 1 && result.error.contains(message) && (line.isEmpty || result.error.contains(line)), "\(result.error)")
        #expect(try place.text("run/status.json").contains("\"failed\""))
        #expect(try place.text("run/evaluations.csv").split(separator: "\n").count > 5)
    }

    /// Longer than Gait waits, but with a sign of life now and then.
    @Test func aProgramThatSaysThatItIsAtWorkIsWaitedFor() throws {
        let place = try place()
        let result = try GaitProcess(command("run", fault: "works", steps: 300), in: place, environment: ["GAIT_PROGRAM_PATIENCE": "5"]).result()
        #expect(result.status == 0, "\(result.error)")
    }

    /// Its training is over where it returns, and nothing of it is lost.
    @Test func anAgentThatNeverPausesIsSavedAtItsEnd() throws {
        let place = try place(), result = try GaitProcess(command("run", fault: "neverPauses"), in: place).result()
        #expect(result.status == 0 && result.error.contains("steps without a pause"), "\(result.error)")
        #expect(try place.text("run/status.json").contains("\"finished\"") && place.checkpoints("run").count == 1)
    }

    /// Not when it is done, and not after a second Ctrl-C.
    @Test(arguments: ["lingers", "hangs"]) func noProgramOutlivesGait(fault: String) throws {
        let place = try place(), process = try GaitProcess(command("run", fault: fault), in: place)
        if fault == "hangs" {
            #expect(process.wait { process.errorSoFar.contains("about to hang") })
            process.send(SIGINT)
            usleep(1_000_000)  // sooner, it would be the first one again
            process.send(SIGINT)
        }
        let result = try process.result()
        #expect(result.status == (fault == "hangs" ? 130 : 0), "\(result.error)")
        #expect(try isGone(result.error), "\(result.error)")
    }

    /// `timeout -s INT` sends one to the process and one to its group. The program hangs, so that nothing but a second Ctrl-C ends Gait before its
    /// patience does.
    @Test func twoSignalsAtOnceAreNoSecondCtrlC() throws {
        let place = try place()
        let process = try GaitProcess(command("run", fault: "hangs"), in: place, environment: ["GAIT_PROGRAM_PATIENCE": "2"])
        #expect(process.wait { process.errorSoFar.contains("about to hang") })
        process.send(SIGINT)
        usleep(20_000)  // else the system may make one of them
        process.send(SIGINT)
        let result = try process.result()
        #expect(result.status == 1 && result.error.contains("said nothing for 2 seconds"), "\(result.error)")
    }

    /// Whether the process that a program named in its output has ended.
    private func isGone(_ output: String) throws -> Bool {
        let id = try #require(output.firstMatch(of: /process (\d+)/).flatMap { Int32($0.1) }, "\(output)")
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            if kill(id, 0) != 0 { return true }
            usleep(20_000)
        }
        return false
    }

    @Test(arguments: [
        ("policyCrashes", "while asked for 'act' with exit status 7"), ("policyNaN", "act: the action is nan in column 0"),
        ("policyShape", "an action of 2 numbers expected, 8 bytes, found 12 bytes"), ("refusesToStart", "no such problem"),
    ])
    func aFaultOfAPolicyIsReported(fault: String, message: String) throws {
        let place = try place(), result = try GaitProcess(command("run", fault: fault), in: place).result()
        #expect(result.status == 1 && result.error.contains(message), "\(result.error)")
    }

    @Test func whatIsNoProgramIsInvalidUsage() throws {
        let place = try place()
        try place.write("no program", to: "text.py")
        func expect(_ words: [String], _ message: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
            let result = try GaitProcess(["train"] + words, in: place).result()
            #expect(result.status == 64 && result.error.contains(message), "\(result.error)", sourceLocation: sourceLocation)
        }
        try expect(["./missing.py", "sparse-point-robot"], "there is no such program")
        try expect(["./text.py", "sparse-point-robot"], "chmod +x")
        try expect(["./my_family.x", "sparse-point-robot"], "it is a family")
        try expect(["./agent.x", "./agent.x"], "it is an agent")
        try expect(["text.py", "sparse-point-robot"], "given by its path: ./text.py")
        try expect(["pearl", "text.py"], "given by its path: ./text.py")
        try expect(["./agent.x", "sparse-point-robot", "--set", "gian=1"], "did you mean 'gain'")
        try expect(["./agent.x", "sparse-point-robot", "--set", "gain=high"], "a number expected, found high")
    }

    @Test func anExperimentHasProgramsWithSettingsNextToIt() throws {
        let place = try place()
        try place.write(
            """
            name: own
            title: a program and an agent
            agents: [../agent.x, {agent: ../agent.x, name: strong, settings: {gain: 0.9}}]
            families: [{family: sparse-point-robot, settings: {trainTasks: 2}}, ../my_family.x]
            seeds: {quick: 1}
            """, to: "experiments/own.yaml")
        let result = try place.gait("reproduce", "experiments/own.yaml", "--preset", "quick", "--steps", "200", "--out", "runs/own")
        #expect(result.status == 0, "\(result.error)")
        #expect(place.exists("runs/own/my_family/agent/seed-0/status.json") && place.exists("runs/own/sparse-point-robot/strong/seed-0/status.json"))
        #expect(try place.text("runs/own/sparse-point-robot/strong/seed-0/config.yaml").contains("gain: 0.9"))
    }

    /// An agent in Swift on a family that is a program. Checkpoints are made in the middle of episodes: a round is 14 steps, an episode 20.
    @Test func aFamilyIsTrainedOnAndResumedToTheSameBits() throws {
        let place = try place()
        func train(_ run: String) -> [String] {
            ["train", "sac-per-task", "./my_family.x", "--preset", "quick", "--steps", "3000", "--evaluate-every", "1000", "--checkpoint-every", "130", "--set", "updatesPerRound=7",
             "--set", "actorHidden=[8]", "--set", "criticHidden=[8]", "--set", "batchSize=8", "--threads", "2", "--out", run]
        }
        let whole = try GaitProcess(train("whole"), in: place).result()
        #expect(whole.status == 0, "\(whole.error)")
        let process = try GaitProcess(train("killed"), in: place)
        #expect(process.wait { place.checkpoints("killed").contains { $0 > "step-000000500" } })
        process.send(SIGKILL)
        _ = try process.result()
        #expect(try !place.text("killed/status.json").contains("\"finished\""), "it was killed too late")
        let resumed = try place.gait("resume", "killed")
        #expect(resumed.status == 0, "\(resumed.error)")
        #expect(try state(place, "killed") == state(place, "whole"))
    }

    @Test(arguments: [
        ("NaN", 0, "unstable"), ("shape", 1, "a batch of 1 copies with 1 observation columns has 9 bytes, found 10"),
        ("endless", 1, "1 to 1000000 steps expected"), ("slow", 1, "timeStep is 1e+300"), ("wide", 1, "at most 1000000 in all expected"),
    ])
    func aFaultOfAFamilyIsReported(fault: String, status: Int32, message: String) throws {
        let place = try place()
        let result = try place.gait(
            "train", "sac-per-task", "./my_family.x", "--preset", "quick", "--steps", "300", "--set", "family.fault=\(fault)", "--out", "run")
        #expect(result.status == status && (status == 0 || result.error.contains(message)), "\(result.error)")
        if status == 0 { #expect(try place.text("run/evaluations.csv").contains(message)) }
    }

    /// `gait serve` gives the numbers of the same environment in this process.
    @Test func aServedFamilyGivesTheSameNumbers() throws {
        let family = try Registry.standard(assets: assetsFolder.path).family(named: "cart-pole")
        let served = try ServedFamily(program: GaitProcess.executable.path, family: "cart-pole")
        let there = try served.make(task: 3, copies: 2, seed: 5)
        let environment = try family.makeEnvironment(family.tasks(.train, seed: 1337)[3], copies: 2)
        environment.random = EnvironmentSlot.stream(seed: 5)
        let here = try EnvironmentSlot(environment)
        var batch = here.batch
        #expect(there.batch.observations == batch.observations)
        for step in 0..<6 {
            let actions = [Float(step % 2), Float((step + 1) % 2)]
            try there.step(actions)
            try environment.step(actions, into: &batch)
            #expect(there.batch.observations == batch.observations && there.batch.rewards == batch.rewards)
            #expect(there.batch.terminated == batch.terminated && there.batch.truncated == batch.truncated)
        }
        #expect(throws: ChannelError.self) { try there.step([1]) }
        #expect(throws: ChannelError.self) { try ServedFamily(program: GaitProcess.executable.path, family: "no-family") }
    }
}
