import Diagnostics
import EngineDiagnostics
import Environments
import Foundation
import Locomotion
import MuJoCo
import TestEnvironments
import Testing

private let models = ModelLibrary(folder: assetsFolder.appendingPathComponent("models"))
private let families: [any TaskFamily] = [
    HalfCheetahDir.self, HalfCheetahVel.self, AntFwdBack.self, AntDir.self, AntGoal.self, HumanoidDir.self, Walker2DParams.self,
    HopperParams.self,
].map { (type: any TaskFamily.Type) in try! type.init(assets: FamilyAssets(folder: assetsFolder)) }

@Suite struct EngineVerificationTests {
    @Test func modelsCompileToTheRecordedConstants() throws {
        let results = ModelVerification.run(reference: referenceFolder, models: models)
        #expect(try results.count == jsonFiles("models").count)
        for result in results { #expect(result.passed, "\(result.name): \(result.largestError) \(result.detail)") }
    }

    @Test func rolloutsMatchTheRecordedTransitions() throws {
        let results = RolloutVerification.run(reference: referenceFolder, families: families)
        #expect(try results.count == jsonFiles("rollouts").count)
        for result in results { #expect(result.passed, "\(result.name): \(result.largestError) \(result.detail)") }
    }

    /// Every number of every kind that is off by one part in a million is found.
    @Test(arguments: [
        ("half_cheetah.json", "body_inertia"), ("half_cheetah.json", "geom_quat"), ("ant.json", "actuator_gear"),
        ("ant.json", "jnt_range"), ("walker2d.json", "geom_friction"), ("walker2d.json", "timestep"),
    ])
    func perturbedConstantsAreFound(file: String, key: String) throws {
        let result = try verifyModel(file) { content in
            if let number = content[key] as? Double {
                content[key] = number * (1 + 1e-6)
            } else if var numbers = content[key] as? [Double] {
                let index = try #require(numbers.lastIndex { $0 != 0 })
                numbers[index] *= 1 + 1e-6
                content[key] = numbers
            }
        }
        #expect(!result.passed && result.largestError > 1e-7 && result.largestError < 1e-5)
        #expect(result.detail.contains(key))
    }

    @Test(arguments: ["qpos", "qvel", "observation", "reward"], ["single-steps", "open-loop"])
    func perturbedTransitionsAreFound(key: String, kind: String) throws {
        let name = "half-cheetah-dir_forward_\(kind).json"
        let result = try verifyRollout(name) { content in
            var steps = try #require(content["steps"] as? [[String: Any]])
            let scale = kind == "open-loop" ? 1.001 : 1 + 1e-6
            if var numbers = steps[7][key] as? [Double] {
                numbers[2] *= scale
                steps[7][key] = numbers
            } else {
                steps[7][key] = try #require(steps[7][key] as? Double) * scale
            }
            content["steps"] = steps
        }
        #expect(!result.passed && result.detail.contains("step 7 \(key)"), "\(result)")
    }

    @Test func changedTasksAndFlagsAreFound() throws {
        #expect(try !verifyRollout("half-cheetah-vel_1.5_open-loop.json") { $0["task"] = ["velocity": 1.6] }.passed)
        #expect(try !verifyRollout("ant-fwd-back_forward_open-loop.json") { $0["task"] = ["angle": 3.14] }.passed)
        #expect(try !verifyRollout("ant-fwd-back_forward_open-loop.json") { $0["frame_skip"] = 4 }.passed)
        let flipped = try verifyRollout("walker-2d-params_a_single-steps.json") { content in
            var steps = try #require(content["steps"] as? [[String: Any]])
            steps[40]["terminated"] = try #require(steps[40]["terminated"] as? Bool) == false
            content["steps"] = steps
        }
        #expect(!flipped.passed && flipped.detail.contains("step 40 terminated"))
    }

    /// A record of another version of MuJoCo may differ, but it must be comparable, and of the same task.
    @Test func recordsOfOtherEnginesMayDifferALittle() throws {
        func verify(_ name: String, version: Int, scale: Double = 1, dropping count: Int = 0, task: [String: Any]? = nil) throws -> VerificationResult {
            try verifyRollout(name) { content in
                content["mujoco_version"] = version
                if let task { content["task"] = task }
                var steps = try #require(content["steps"] as? [[String: Any]])
                var velocities = try #require(steps[7]["qvel"] as? [Double])
                velocities[2] *= scale
                velocities.removeLast(count)
                steps[7]["qvel"] = velocities
                content["steps"] = steps
            }
        }
        let name = "half-cheetah-vel_1.5_single-steps.json"
        let same = try verify(name, version: 3_017_002)
        #expect(same.verdict == .agrees && same.recordedWith == "3.17.2")
        let changed = try verify(name, version: 337, scale: 1.1)
        #expect(changed.verdict == .differs && changed.passed && changed.recordedWith == "3.3.7" && changed.detail.contains("step 7 qvel"))
        #expect(changed.largestError > 1e-2 && changed.medianError < 1e-10)
        #expect(try verify(name, version: 337, task: ["velocity": 1.6]).verdict == .fails)
        #expect(try verify(name, version: 337, dropping: 1).verdict == .fails)
        // Whole trajectories may drift apart.
        let whole = "half-cheetah-vel_1.5_open-loop.json"
        #expect(try verify(whole, version: 337, task: ["velocity": 1.6]).verdict == .differs)
        #expect(try verify(whole, version: 337, dropping: 1).verdict == .fails)
        let own = try #require(Int(Engine.version.split(separator: ".").joined()))  // as MuJoCo numbered its versions before 3.5
        if own < 340 { #expect(try verify(name, version: own, scale: 1.1).verdict == .fails) }
    }

    @Test(arguments: [(222, "2.2.2"), (340, "3.4.0"), (3_005_000, "3.5.0"), (4_012_003, "4.12.3")])
    func versionsAreReadFromTheirNumbers(number: Int, version: String) { #expect(Engine.version(ofNumber: number) == version) }

    @Test func whatCannotBeRunIsAFailureThatSaysWhy() throws {
        let unknown = try verifyRollout("half-cheetah-dir_forward_open-loop.json") { $0["family"] = "swimmer-dir" }
        #expect(!unknown.passed && unknown.detail.contains("unknown family 'swimmer-dir'"))
        let short = try verifyRollout("half-cheetah-dir_forward_open-loop.json") { $0["qpos0"] = [0, 0] }
        #expect(!short.passed && short.detail.contains("9 positions"))
        let missing = try verifyRollout("half-cheetah-dir_forward_open-loop.json") { $0["steps"] = [["action": [0, 0, 0, 0, 0, 0]]] }
        #expect(!missing.passed && missing.detail.contains("'qpos' is missing"))
        let empty = try verifyRollout("half-cheetah-dir_forward_open-loop.json") { $0["steps"] = nil }
        #expect(!empty.passed && empty.detail.contains("'steps'"))

        let still = try verifyRollout("half-cheetah-dir_forward_open-loop.json") { $0["steps"] = [] as [Any] }
        #expect(!still.passed && still.detail.contains("'steps'"))
        let odd = try verifyRollout("half-cheetah-dir_forward_open-loop.json") { $0["mujoco_version"] = 1e300 }
        #expect(!odd.passed && odd.detail.contains("'mujoco_version' must be a whole number"))

        let folder = try TemporaryFolder()
        try folder.write("{\"family\": ", "rollouts/broken.json")
        try folder.write("[1, 2]", "models/ant.json")
        try folder.write("{\"nq\": 3}", "models/swimmer.json")
        let rollouts = RolloutVerification.run(reference: folder.url, families: families)
        #expect(rollouts.map(\.name) == ["rollouts/broken.json"] && !rollouts[0].passed)
        #expect(rollouts[0].detail.contains("broken.json"))
        let verified = ModelVerification.run(reference: folder.url, models: models)
        #expect(verified.map(\.name) == ["models/ant.json", "models/swimmer.json"])
        #expect(!verified[0].passed && verified[0].detail.contains("a JSON object expected"))
        #expect(!verified[1].passed && verified[1].detail.contains("swimmer.xml"))

        let nowhere = URL(fileURLWithPath: "/nowhere")
        let absent = ModelVerification.run(reference: nowhere, models: models)
        #expect(absent.map(\.passed) == [false] && absent[0].detail.contains("/nowhere"))
        #expect(RolloutVerification.run(reference: nowhere, families: families).map(\.passed) == [false])
    }

    // MARK: A reference folder with one changed file

    private func jsonFiles(_ kind: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: referenceFolder.appendingPathComponent(kind).path).filter { $0.hasSuffix(".json") }
    }

    private func verifyModel(_ file: String, _ change: (inout [String: Any]) throws -> Void) throws -> VerificationResult {
        let folder = try TemporaryFolder()
        try folder.copy("models/\(file)", change)
        return try #require(ModelVerification.run(reference: folder.url, models: models).first)
    }

    private func verifyRollout(_ file: String, _ change: (inout [String: Any]) throws -> Void) throws -> VerificationResult {
        let folder = try TemporaryFolder()
        try folder.copy("rollouts/\(file)", change)
        return try #require(RolloutVerification.run(reference: folder.url, families: families).first)
    }
}

extension TemporaryFolder {
    /// A changed copy of a reference file.
    fileprivate func copy(_ path: String, _ change: (inout [String: Any]) throws -> Void) throws {
        let source = assetsFolder.appendingPathComponent("reference").appendingPathComponent(path)
        // What the engine gives, is compared above.
        var content = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: source)) as? [String: Any])
        content["mujoco_version"] = nil
        try change(&content)
        try write(String(decoding: JSONSerialization.data(withJSONObject: content), as: UTF8.self), path)
    }
}
