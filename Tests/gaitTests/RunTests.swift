import Foundation
import Testing

/// Whole runs, disturbed and undisturbed.
@Suite(.serialized, .needsMuJoCo) struct RunTests {
    private static let steps = 3000
    private static let often = ["--checkpoint-every", "400", "--evaluate-every", "1000"]

    /// The weights at the end of a run.
    private func networks(_ place: Place, _ run: String) throws -> Data {
        let last = try #require(place.checkpoints(run).last)
        return try Data(contentsOf: place["\(run)/checkpoints/\(last)/networks.safetensors"])
    }

    private func resumeUntilDone(_ place: Place, _ run: String) throws {
        let result = try place.gait("resume", run)
        #expect(result.status == 0, "\(result.error)")
        #expect(try place.text("\(run)/status.json").contains("\"finished\""))
    }

    @Test func interruptedOrKilledAndResumedGivesTheSameBitsAsUndisturbed() throws {
        let place = try Place()
        #expect(try GaitProcess(training("whole", steps: Self.steps, more: Self.often), in: place).result().status == 0)
        let expected = try networks(place, "whole")

        let interrupted = try GaitProcess(training("interrupted", steps: Self.steps, more: Self.often), in: place)
        #expect(interrupted.wait { !place.checkpoints("interrupted").isEmpty })
        interrupted.send(SIGINT)
        let words = try interrupted.result()
        #expect(words.status == 130 && words.error.contains("gait resume interrupted"), "\(words.error)")
        try resumeUntilDone(place, "interrupted")
        #expect(try networks(place, "interrupted") == expected)
        #expect(try place.text("interrupted/evaluations.csv") == place.text("whole/evaluations.csv"))

        let killed = try GaitProcess(training("killed", steps: Self.steps, more: Self.often), in: place)
        #expect(killed.wait { !place.checkpoints("killed").isEmpty })
        killed.send(SIGKILL)
        #expect(try killed.result().status == SIGKILL)
        try place.write("half a fi", to: "killed/status.json.partial-1")  // as a process killed at another moment leaves it
        try resumeUntilDone(place, "killed")
        #expect(try networks(place, "killed") == expected)
        #expect(try place.text("killed/evaluations.csv") == place.text("whole/evaluations.csv"))
        #expect(!place.exists("killed/status.json.partial-1"))
    }

    /// One run is killed before its first checkpoint, after it, and once more after it was resumed.
    @Test(arguments: ["pearl", "rl2"]) func killedAgainAndAgainTheBitsAreThoseOfAnUndisturbedRun(agent: String) throws {
        let place = try Place()
        func start(_ command: [String]) throws -> GaitProcess { try GaitProcess(command, in: place) }
        func training(_ run: String) -> [String] {
            ["train", agent, "half-cheetah-dir", "--preset", "quick", "--steps", "6000", "--evaluation-episodes", "1", "--out", run] + Self.often
        }
        func state(_ run: String) throws -> Data {
            try Data(contentsOf: place["\(run)/checkpoints/\(#require(place.checkpoints(run).last))/state.safetensors"])
        }
        #expect(try start(training("whole")).result().status == 0)

        var kills = 0
        func kill(_ process: GaitProcess, when condition: () -> Bool) throws {
            let isReached = process.wait(until: condition)
            #expect(isReached)
            process.send(SIGKILL)
            if try process.result().status == SIGKILL { kills += 1 }
        }
        try kill(start(training("killed"))) { place.exists("killed/config.yaml") }
        try kill(start(["resume", "killed"])) { !place.checkpoints("killed").isEmpty }
        let newest = place.checkpoints("killed").last
        try kill(start(["resume", "killed"])) { place.checkpoints("killed").last != newest }
        #expect(kills >= 2, "the run is over before it can be killed")
        try resumeUntilDone(place, "killed")
        #expect(try networks(place, "killed") == networks(place, "whole"))
        #expect(try state("killed") == state("whole"))
        #expect(try place.text("killed/evaluations.csv") == place.text("whole/evaluations.csv"))
    }

    @Test func terminatedEndsWith143AndAnotherSeedWithOtherBits() throws {
        let place = try Place()
        let process = try GaitProcess(training("run", steps: 400_000), in: place)
        #expect(process.wait { place.exists("run/config.yaml") })
        process.send(SIGTERM)
        #expect(try process.result().status == 143)
        for seed in ["1", "2"] {
            #expect(try GaitProcess(training("seed-\(seed)", steps: 600, more: ["--seed", seed]), in: place).result().status == 0)
        }
        #expect(try networks(place, "seed-1") != networks(place, "seed-2"))
    }

    @Test func threadsDoNotChangeABit() throws {
        let place = try Place()
        for threads in ["1", "2"] {
            let run = try GaitProcess(training("threads-\(threads)", steps: 800, more: ["--threads", threads]), in: place).result()
            #expect(run.status == 0, "\(run.error)")
        }
        #expect(try networks(place, "threads-1") == networks(place, "threads-2"))
    }

    @Test func aRunInUseIsLeftAlone() throws {
        let place = try Place()
        let process = try GaitProcess(training("run", steps: 400_000), in: place)
        #expect(process.wait { place.exists("run/config.yaml") })
        let resumed = try place.gait("resume", "run")
        #expect(resumed.status == 75)
        #expect(resumed.error.contains("in use by another process"), "\(resumed.error)")
        let again = try GaitProcess(training("run", steps: 400_000), in: place).result()
        #expect(again.status == 75)
        #expect(again.error.contains("in use by another process"), "\(again.error)")
        let other = try GaitProcess(training("run", steps: 400_000, more: ["--seed", "7"]), in: place).result()
        #expect(other.status == 64)
        #expect(other.error.contains("run has another run: its 'seed' is 0, here it is 7"), "\(other.error)")
        process.send(SIGTERM)
        #expect(try process.result().status == 143)
    }

    @Test func aFullDiskLosesNothingAndTheRunGoesOnAfterwards() throws {
        let place = try Place()
        let full = try GaitProcess(training("run", steps: 1600), in: place, fileLimit: 40).result()
        #expect(full.status == 1)
        #expect(full.error.contains("no space left"), "\(full.error)")
        try resumeUntilDone(place, "run")
        #expect(try GaitProcess(training("whole", steps: 1600), in: place).result().status == 0)
        #expect(try networks(place, "run") == networks(place, "whole"))
    }

    @Test func trainingSaysWhatHappensInJSONLines() throws {
        let place = try Place()
        let trained = try GaitProcess(training("run", steps: 800, more: ["--json"]), in: place).result()
        #expect(trained.status == 0)
        let events = try trained.lines.map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }.compactMap { $0["event"] as? String }
        #expect(events.count == trained.lines.count)
        #expect(Set(["started", "evaluated", "checkpoint", "finished"]).isSubset(of: events))

        let evaluated = try place.gait("evaluate", "run", "--tasks", "train", "--episodes", "3", "--json")
        #expect(evaluated.status == 0)
        let records = try evaluated.lines.map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        let personal = records.filter { $0["policy"] as? String == "personal" && $0["metric"] as? String == "return" }
        #expect(personal.count == 6)  // two tasks, three episodes
        #expect(records.allSatisfy { $0["value"] is Double && $0["task"] is String })
    }

    @Test func aReportNamesMuJoCoOnlyWhereItSimulates() throws {
        let place = try Place()
        for (agent, family, length) in [("q-per-task", "gridworld", "--rounds"), ("sac-per-task", "half-cheetah-dir", "--steps")] {
            let trained = try place.gait("train", agent, family, length, length == "--steps" ? "200" : "2", "--out", family)
            #expect(trained.status == 0, "\(trained.error)")
            #expect(try place.gait("report", family, "--out", "report").status == 0)
            let text = try place.text("report/report.md")
            #expect(text.contains("Run on ") && text.contains("MuJoCo") == (family == "half-cheetah-dir"), "\(family)")
        }
    }

    @Test func aReportOfAPartOfAnExperimentSaysWhatIsMissing() throws {
        let place = try Place()
        let result = try place.gait(
            "reproduce", "fig4", "--agents", "rl2", "--families", "half-cheetah-vel", "--steps", "300", "--set", "hiddenSize=8",
            "--out", "part")
        #expect(result.status == 0, "\(result.error)")
        #expect(try place.text("part/report/report.md").contains("--agents rl2 --families half-cheetah-vel --steps 300 --set hiddenSize=8"))
        let length = "half-cheetah-vel: runs of 300 steps, where preset quick has 10,000."
        #expect(try place.text("part/report/report.md").contains(length))
        #expect(try place.text("part/half-cheetah-vel/rl2/seed-0/config.yaml").contains("\n  hiddenSize: 8\n"))
        let submitted = try place.gait(
            "reproduce", "fig4", "--agents", "rl2", "--set", "hiddenSize=8", "--launcher", "slurm", "--dry-run", "--out", "jobs")
        #expect(submitted.status == 0, "\(submitted.error)")
        for file in ["report.sh", "runs.tsv"] {
            #expect(try place.text("jobs/slurm/submission-1/\(file)").contains("--set hiddenSize=8"), "\(file)")
        }
        let missing = """
            Missing: 31 of 32 planned runs are not finished: all of pmeta-rl, sac-per-task, pearl, maml-trpo, promp, varibad and metacure; \
            rl2 on half-cheetah-dir, walker-2d-params and ant-fwd-back (3 runs).
            """
        #expect(try place.text("part/report/report.md").contains(missing))
        for folder in ["part/half-cheetah-vel", "part/report"] {
            let again = try place.gait("report", folder, "--out", "again")
            #expect(again.status == 0)
            #expect(try place.text("again/report.md").contains(missing), "\(folder)")
            #expect(try place.text("again/report.md").contains(length), "\(folder)")
        }
    }

    /// One family, two seeds: run two at a time, then again one at a time, then once more with nothing left to do.
    @Test func reproduceGivesTheSameBitsWhateverTheJobsAndSkipsWhatIsDone() throws {
        let place = try Place()
        try place.write("name: mine\ntitle: Mine\nagents: [pmeta-rl]\nfamilies: [half-cheetah-dir]\nseeds: {quick: 2}\n", to: "mine.yaml")
        for jobs in ["1", "2"] {
            let result = try place.gait("reproduce", "./mine.yaml", "--steps", "300", "--jobs", jobs, "--out", "jobs-\(jobs)")
            #expect(result.status == 0, "\(result.error)")
            #expect(place.exists("jobs-\(jobs)/report/curves-half-cheetah-dir.svg"))
        }
        for seed in 0...1 {
            let run = "half-cheetah-dir/pmeta-rl/seed-\(seed)"
            #expect(try networks(place, "jobs-1/\(run)") == networks(place, "jobs-2/\(run)"))
        }
        #expect(try place.text("jobs-1/report/evaluations.csv") == place.text("jobs-2/report/evaluations.csv"))

        let status = try place.text("jobs-1/half-cheetah-dir/pmeta-rl/seed-0/status.json")
        let report = try place.text("jobs-1/report/report.md")
        let again = try place.gait("reproduce", "./mine.yaml", "--steps", "300", "--out", "jobs-1", "--json")
        #expect(again.status == 0 && !again.output.contains("\"started\""), "\(again.output)")
        #expect(try place.text("jobs-1/half-cheetah-dir/pmeta-rl/seed-0/status.json") == status)
        #expect(try place.text("jobs-1/report/report.md") == report)

        let remade = try place.gait("report", "jobs-1/report", "--out", "elsewhere")
        #expect(remade.status == 0)
        #expect(try place.text("elsewhere/report.md") == report)
    }
}
