import Core
import Foundation
import Learning
import Runs
import Synchronization
import TestEnvironments
import Testing
import gait

/// Runs with products in bfloat16 on machines that have them, that have not, and that emulate them: the environment variable GAIT_BFLOAT16 makes this
/// machine any of these.
@Suite struct PrecisionRunTests {
    private func train(_ run: String, _ more: [String] = ["--set", "precision=bfloat16"]) -> [String] {
        ["train", "pearl", "sparse-point-robot", "--preset", "quick", "--steps", "600", "--evaluate-every", "0", "--set", "batchSize=32",
         "--set", "contextLengths=[]", "--out", run] + more
    }

    private func context(
        processor: String = "p", interruption: Interruption = Interruption(), observe: @escaping (RunEvent) -> Void
    ) -> RunContext {
        let versions = Versions(gait: "1", mujoco: "", blas: "", swift: "", system: "", processor: processor)
        return RunContext(registry: Registry.standard(assets: assetsFolder.path), versions: versions, interruption: interruption, observe: observe)
    }

    private func gait(_ words: [String], _ wish: String, in place: Place) throws -> FinishedProgram {
        try GaitProcess(words, in: place, environment: ["GAIT_BFLOAT16": wish]).result()
    }

    @Test func aMachineWithoutBfloat16SaysSoFirst() throws {
        let place = try Place()
        for (wish, message) in [("off", "GAIT_BFLOAT16 says not to use"), ("emulat", "GAIT_BFLOAT16 is 'emulat'; it can be 'emulate', 'avx512' (instead of AMX) or 'off'")] {
            let refused = try gait(train("run"), wish, in: place)
            #expect(refused.status == 64 && refused.error.contains(message), "\(refused.status) \(refused.error)")
            #expect(!place.exists("run/config.yaml"))
            #expect(try gait(["doctor"], wish, in: place).output.contains("no products in bfloat16 (GAIT_BFLOAT16 is '\(wish)')"))
        }
        // An experiment says so before the first run, also of those that could be trained.
        try place.write("""
            name: mine
            title: Mine
            agents: [pearl]
            grid: {pearl: {precision: [float32, bfloat16]}}
            families: [sparse-point-robot]
            seeds: {quick: 1}
            """, to: "mine.yaml")
        let swept = try gait(["reproduce", "./mine.yaml", "--steps", "600", "--out", "runs"], "off", in: place)
        #expect(swept.status == 64 && swept.error.contains("precision=bfloat16/seed-0: 'bfloat16' needs"), "\(swept.error)")
        #expect(!place.exists("runs/sparse-point-robot"))
    }

    /// As if the processor were Intel's.
    @Test(.enabled(if: Precision.bfloat16.isAvailable)) func trainingAndResumingWarnOfSlowPrecision() throws {
        let place = try Place(), budgets = try Budgets(contentsOf: assetsFolder.path + "/budgets.yaml")
        func warnings(_ body: (RunContext) throws -> RunOutcome) rethrows -> [String] {
            let found = Mutex<[String]>([])
            _ = try body(context(processor: "Intel(R) Xeon(R) Processor") { event in
                if case .warning(let text) = event { found.withLock { $0.append(text) } }
            })
            return found.withLock { $0.filter { $0.hasPrefix("precision: ") } }
        }
        let expected = Precision.bfloat16Unit == .avx512 ? 1 : 0
        for precision in Precision.allCases {
            var request = RunRequest(agent: "sac-per-task", family: "sparse-point-robot", preset: .quick)
            request.budget = [.steps: 500]
            request.overrides = [try SettingOverride(option: "precision=\(precision.rawValue)")]
            let folder = RunDirectory(place[precision.rawValue].path)
            let trained = try warnings { try Run.train(Run.configuration(request, budgets: budgets, context: $0), in: folder, context: $0) }
            #expect(trained.count == (precision == .bfloat16 ? expected : 0))
            let resumed = try warnings { try Run.resume(folder, budget: [.steps: 600], context: $0) }
            #expect(resumed.count == (precision == .bfloat16 ? expected : 0))
        }
    }

    /// Also with several threads before, and one after.
    @Test(.enabled(if: Precision.bfloat16.isAvailable)) func aRunInBfloat16IsResumedToTheSameBits() throws {
        let place = try Place(), budgets = try Budgets(contentsOf: assetsFolder.path + "/budgets.yaml")
        var request = RunRequest(agent: "sac-per-task", family: "sparse-point-robot", preset: .quick)
        request.budget = [.steps: 3000]
        request.overrides = [try SettingOverride(option: "precision=bfloat16")]
        func result(_ name: String, stopsAfter pauses: Int?, threads: Int) throws -> [Data] {
            let folder = RunDirectory(place[name].path), interruption = Interruption(), seen = Mutex(0)
            func context(_ interruption: Interruption) -> RunContext {
                self.context(interruption: interruption) { event in
                    guard case .logged = event, let pauses, seen.withLock({ $0 += 1; return $0 == pauses }) else { return }
                    interruption.request(SIGTERM)
                }
            }
            request.threads = threads
            let first = try Run.train(Run.configuration(request, budgets: budgets, context: context(interruption)), in: folder, context: context(interruption))
            if pauses != nil {
                #expect(first.end != .finished)
                #expect(try Run.resume(folder, threads: 1, context: context(Interruption())).end == .finished)
            }
            let checkpoint = try #require(folder.checkpoints.list().first?.path)
            return try [folder.evaluationsFile, checkpoint + "/networks.safetensors"].map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        }
        #expect(try result("stopped", stopsAfter: 1, threads: 2) == result("whole", stopsAfter: nil, threads: 1))
    }

    /// It is emulated, resumed, and kept from becoming longer where it can't be trained.
    @Test func aRunThatIsRefusedStaysAsItIs() throws {
        let place = try Place()
        let trained = try gait(train("run"), "emulate", in: place)
        #expect(trained.status == 0, "\(trained.error)")
        #expect(try gait(["doctor"], "emulate", in: place).output.contains("products in bfloat16 (float32, emulated)"))
        let configuration = try place.text("run/config.yaml")
        #expect(configuration.contains("precision: bfloat16") && configuration.contains("bfloat16 emulated"), "\(configuration)")
        let refused = try gait(["resume", "run", "--steps", "900"], "off", in: place)
        #expect(refused.status != 0 && refused.error.contains("GAIT_BFLOAT16 says not to use"), "\(refused.error)")
        #expect(try place.text("run/config.yaml") == configuration)
        let longer = try gait(["resume", "run", "--steps", "900"], "emulate", in: place)
        #expect(longer.status == 0, "\(longer.error)")
        #expect(try place.text("run/config.yaml").contains("steps: 900") && place.text("run/status.json").contains("\"spent\" : 900"))
    }

    /// The run of an earlier version, without settings that there were not yet, is the same run as one of this version, in `train` and in reports.
    @Test func runsOfEarlierVersionsBelongToThoseOfThisOne() throws {
        let place = try Place()
        for seed in 1...2 {
            let trained = try GaitProcess(train("runs/seed-\(seed)", ["--seed", "\(seed)"]), in: place).result()
            #expect(trained.status == 0, "\(trained.error)")
        }
        let lines = try place.text("runs/seed-1/config.yaml").split(separator: "\n")
        let older = lines.filter { !$0.contains("precision:") && !$0.contains("contextLengths:") && !$0.contains("iterationsPerRound:") }
        #expect(older.count == lines.count - 3)
        try place.write(older.joined(separator: "\n") + "\n", to: "runs/seed-1/config.yaml")
        let again = try GaitProcess(train("runs/seed-1", ["--seed", "1"]), in: place).result()
        #expect(again.status == 0, "\(again.error)")
        #expect(try place.gait("report", "runs", "--out", "report").status == 0)
        let report = try place.text("report/report.md")
        #expect(report.contains("2 runs, 2 of them finished") && !report.contains("shown separately"), "\(report.prefix(600))")
    }
}
