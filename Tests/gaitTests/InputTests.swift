import Foundation
import TestEnvironments
import Testing

/// Damaged or wrong files end with status 65 and a message that names the file, and the line or key.
@Suite struct InputTests {
    @Test func anAssetsFolderThatIsNoneIsNamed() throws {
        let place = try Place()
        let result = try GaitProcess(training("run", steps: 400), in: place, environment: ["GAIT_ASSETS": place.url.path]).result()
        #expect(result.status == 65)
        #expect(result.error.contains(place.url.path) && result.error.contains("assets"), "\(result.error)")
        #expect(!place.exists("run"))
    }

    @Test(.needsMuJoCo) func aDamagedModelFileIsNamed() throws {
        let place = try Place()
        try FileManager.default.copyItem(at: assetsFolder, to: place["assets"])
        let model = try place.text("assets/models/half_cheetah.xml")
        try place.write(String(model.prefix(model.count / 2)), to: "assets/models/half_cheetah.xml")
        let result = try GaitProcess(training("run", steps: 400), in: place, environment: ["GAIT_ASSETS": place["assets"].path]).result()
        #expect(result.status == 65)
        #expect(result.error.contains("half_cheetah.xml"), "\(result.error)")
    }

    @Test(.needsMuJoCo) func aTruncatedConfigurationIsNamedWithItsLine() throws {
        let place = try Place()
        #expect(try GaitProcess(training("run", steps: 400), in: place).result().status == 0)
        let whole = try place.text("run/config.yaml")
        for fraction in [0.2, 0.5, 0.9] {
            try place.write(String(whole.prefix(Int(Double(whole.count) * fraction))), to: "run/config.yaml")
            let result = try place.gait("resume", "run")
            #expect(result.status == 65)
            #expect(result.error.contains("run/config.yaml"), "\(result.error)")
        }
        try place.write(whole.replacingOccurrences(of: "batchSize: 16", with: "batchSise: 16"), to: "run/config.yaml")
        let misspelt = try place.gait("resume", "run")
        #expect(misspelt.status == 65 && misspelt.error.contains("'batchSize'"), "\(misspelt.error)")
    }

    @Test(.needsMuJoCo) func aTaskThatTheFamilyDoesNotKnowIsNamedWithItsFile() throws {
        let place = try Place()
        #expect(try GaitProcess(training("run", steps: 400), in: place).result().status == 0)
        let whole = try place.text("run/config.yaml")
        try place.write(whole.replacingOccurrences(of: "direction: [1.0]", with: "velocity: [1.0]"), to: "run/config.yaml")
        let result = try place.gait("resume", "run")
        #expect(result.status == 65)
        #expect(result.error.contains("run/config.yaml") && result.error.contains("'velocity'"), "\(result.error)")
    }

    @Test(.needsMuJoCo) func aReportThatCantBeWrittenSaysWhere() throws {
        let place = try Place()
        #expect(try GaitProcess(training("run", steps: 400), in: place).result().status == 0)
        try place.write("", to: "taken")
        let result = try place.gait("report", "run", "--out", "taken")
        #expect(result.status == 1)
        #expect(result.error.contains("taken failed: Not a directory"), "\(result.error)")
    }

    @Test func tasksThatNoPolicyPlaysAreAnError() throws {
        let place = try Place()
        #expect(try place.gait("train", "q-per-task", "gridworld", "--preset", "quick", "--rounds", "1", "--out", "run").status == 0)
        for arguments in [
            ["evaluate", "run", "--tasks", "test"], ["evaluate", "run", "--task", "landmark=[1,2] size=4 slip=0"],
            ["record", "run", "--set", "test", "--out", "a.npz"], ["record", "run", "--set", "test", "--policy", "personal", "--out", "a.npz"],
            ["render", "run", "--set", "test", "--out", "a.png"],
        ] {
            let result = try GaitProcess(arguments, in: place).result()
            #expect(result.status == 64 && result.error.contains("q-per-task has no policy for test tasks"), "\(arguments): \(result.error)")
        }
    }

    @Test(arguments: ["fig2-gridworld", "pgflowmeta"]) func aReportOfNoRunsIsAnError(name: String) throws {
        let place = try Place(), result = try place.gait("reproduce", name, "--report-only", "--out", "nowhere")
        #expect(result.status == 64 && result.error.contains("there are no runs in nowhere"), "\(result.error)")
        #expect(!place.exists("nowhere"))
    }

    @Test func theStatusOfAnyFolderIsShown() throws {
        let place = try Place()
        #expect(try place.gait("train", "pmeta-q", "gridworld", "--preset", "quick", "--rounds", "2", "--out", "a").status == 0)
        for folder in ["a", ".", "./a", "a/", "../\(place["a"].deletingLastPathComponent().lastPathComponent)", place["a"].path] {
            let result = try place.gait("status", folder)
            #expect(result.status == 0 && result.output.contains("finished"), "\(folder): \(result.error)")
        }
    }

    /// Runs and reports have files of the same names: neither is written over the other.
    @Test func runsAndReportsDoNotReplaceEachOther() throws {
        let place = try Place()
        func train(_ folder: String) throws -> FinishedProgram {
            try place.gait("train", "pmeta-q", "gridworld", "--preset", "quick", "--rounds", "2", "--out", folder)
        }
        #expect(try train("runs/one").status == 0 && train("runs/two").status == 0)
        let before = try place.text("runs/two/evaluations.csv")
        for out in ["runs/two", "runs", "."] {
            let result = try place.gait("report", "runs/one", "--out", out)
            #expect(result.status == 64 && result.error.contains("--out \(out): there are runs"), "\(result.error)")
        }
        #expect(try place.text("runs/two/evaluations.csv") == before && !place.exists("runs/runs.csv"))

        #expect(try place.gait("report", "runs/one", "--out", "report").status == 0)
        let data = try place.text("report/evaluations.csv"), result = try train("report")
        #expect(result.status == 64 && result.error.contains("report has a report"), "\(result.error)")
        #expect(try place.text("report/evaluations.csv") == data && !place.exists("report/config.yaml"))

        // A temporary folder that can't be used is no damage of the report.
        #expect(try FinishedProgram(["gzip", place["report/evaluations.csv"].path]).status == 0)
        #expect(try place.gait("report", "report", "--out", "again").status == 0)
        let full = try place.gait("report", "report", "--out", "other", environment: ["TMPDIR": place["nowhere"].path])
        #expect(full.status == 1 && full.error.contains("a temporary file in \(place["nowhere"].path)"), "\(full.error)")
    }

    @Test(.needsMuJoCo) func aDamagedCheckpointGivesWayToTheOneBeforeAndThenIsAnError() throws {
        let place = try Place()
        #expect(try GaitProcess(training("run", steps: 800), in: place).result().status == 0)
        let saved = place.checkpoints("run")
        #expect(saved.count == 2)
        for (name, status) in zip(saved.reversed(), [0, 65] as [Int32]) {
            let file = place["run/checkpoints/\(name)/state.safetensors"]
            try Data(contentsOf: file).prefix(500).write(to: file)
            let result = try place.gait("evaluate", "run", "--episodes", "1")
            #expect(result.status == status)
            #expect(result.error.contains(name), "\(result.error)")
        }
    }

    @Test func aFolderThatIsNoRunIsNamed() throws {
        let place = try Place()
        for command in ["resume", "evaluate", "report"] {
            let result = try place.gait(command, "nowhere")
            #expect(result.status == 65)
            #expect(result.error.contains("nowhere"), "\(result.error)")
        }
    }

    @Test(.needsMuJoCo) func aWrongExperimentFileIsNamedWithItsKey() throws {
        let place = try Place()
        try place.write("name: mine\ntitle: Mine\nagents: [pmeta-rl]\nfamilies: [ant-fwd-bak]\nseeds: {quick: 1}\n", to: "mine.yaml")
        let result = try place.gait("reproduce", "./mine.yaml")
        #expect(result.status == 65)
        #expect(result.error.contains("mine.yaml, line 4") && result.error.contains("'ant-fwd-back'"), "\(result.error)")
    }

    @Test(.needsMuJoCo) func aReferenceThatDiffersIsAMismatch() throws {
        let place = try Place()
        try FileManager.default.createDirectory(at: place["reference/models"], withIntermediateDirectories: true)
        let ant = try String(contentsOf: assetsFolder.appendingPathComponent("reference/models/ant.json"), encoding: .utf8)
        try place.write(ant, to: "reference/models/ant.json")
        let agrees = try place.gait("verify", "--reference", "reference")
        #expect(agrees.status == 0 && agrees.lines.count == 1, "\(agrees.error)")

        #expect(ant.contains("\"timestep\":0.01,"))
        try place.write(ant.replacingOccurrences(of: "\"timestep\":0.01,", with: "\"timestep\":0.0100001,"), to: "reference/models/ant.json")
        let differs = try place.gait("verify", "--json", environment: ["GAIT_REFERENCE_DIR": place["reference"].path])
        #expect(differs.status == 1)
        #expect(differs.output.contains("\"passed\":false") && differs.output.contains("models/ant.json"), "\(differs.output)")
        #expect(try place.gait("verify", "--reference", "nowhere").status == 65)
    }

    @Test(.needsMuJoCo) func aReferenceOfAnotherMuJoCoMayDiffer() throws {
        let place = try Place()
        let ant = try String(contentsOf: assetsFolder.appendingPathComponent("reference/models/ant.json"), encoding: .utf8)
            .replacingOccurrences(of: "\"mujoco_version\":222,", with: "\"mujoco_version\":3999001,")
        try place.write(ant.replacingOccurrences(of: "\"timestep\":0.01,", with: "\"timestep\":0.0100001,"), to: "reference/models/ant.json")
        let differs = try place.gait("verify", "--reference", "reference")
        #expect(differs.status == 0 && differs.output.hasPrefix("differs   models/ant.json"), "\(differs.error)")
        #expect(differs.output.contains("recorded with MuJoCo 3.999.1, median error 1.0e-05"), "\(differs.output)")
        #expect(differs.error.contains("0 of 1 cases agree, 1 differ by the engine"), "\(differs.error)")
        let lines = try place.gait("verify", "--reference", "reference", "--json")
        #expect(lines.output.contains("\"verdict\":\"differs\"") && lines.output.contains("\"recordedWith\":\"3.999.1\""))

        try place.write(ant.replacingOccurrences(of: "\"timestep\":0.01,", with: "\"timestep\":0.02,"), to: "reference/models/ant.json")
        #expect(try place.gait("verify", "--reference", "reference").status == 1)
    }

    @Test func everyFolderOfReferencesIsVerifiedByFile() throws {
        let place = try Place(), folders = hasMuJoCo ? ["models", "rollouts"] : []
        let result = try place.gait("verify", "--json", "--reference", assetsFolder.appendingPathComponent("reference").path)
        #expect(result.status == 0, "\(result.error)")
        let files = try (folders + ["transitions", "graphs", "learning"]).flatMap { folder in
            let path = assetsFolder.appendingPathComponent("reference/\(folder)").path
            return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map { "\(folder)/\($0)" }
        }
        #expect(result.lines.count == files.count)
        for (line, file) in zip(result.lines, files) {
            #expect(line.replacingOccurrences(of: "\\/", with: "/").contains("\"\(file)\""), "\(line)")
        }
    }
}
