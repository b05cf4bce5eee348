import Diagnostics
import Environments
import Foundation
import Locomotion

/// Replays the transitions recorded in `rollouts/*.json` through the environments that agents train on.
public enum RolloutVerification {
    /// For single steps, each from its own recorded state.
    public static let singleStepTolerance = 1e-8
    /// For a whole trajectory, in which a disturbance of 1e-14 grows to 1e-9 over 40 steps.
    public static let openLoopTolerance = 1e-5
    /// Errors are relative; numbers smaller than this are compared as if they were this large. The value is larger for whole
    /// trajectories, because there errors grow in all numbers alike.
    static func smallest(teacherForced: Bool) -> Double { teacherForced ? 1e-4 : 1e-2 }

    /// One result for every JSON file in `reference`/rollouts.
    public static func run(reference: URL, families: [any TaskFamily]) -> [VerificationResult] {
        let folder = reference.appendingPathComponent("rollouts")
        do {
            return try ReferenceFile.files(in: folder).map { verify($0, families: families) }
        } catch {
            return [.failure("rollouts", tolerance: singleStepTolerance, error)]
        }
    }

    private static func verify(_ url: URL, families: [any TaskFamily]) -> VerificationResult {
        let name = ReferenceFile.caseName(url)
        do {
            let file = try ReferenceFile(url)
            let teacherForced = try file.number("teacher_forced") != 0
            let tolerance = teacherForced ? singleStepTolerance : openLoopTolerance
            do {
                let environment = try environment(of: file, families: families)
                return try replay(file, on: environment, teacherForced: teacherForced).result(name, tolerance: tolerance)
            } catch {
                return .failure(name, tolerance: tolerance, error)
            }
        } catch {
            return .failure(name, tolerance: singleStepTolerance, error)
        }
    }

    private static func environment(of file: ReferenceFile, families: [any TaskFamily]) throws -> any PhysicsEnvironment {
        let family = try file.family(among: families)
        guard let environment = try family.makeEnvironment(file.task("task"), copies: 1) as? any PhysicsEnvironment else {
            throw ReferenceError("\(file.url.path): family '\(family.name)' has no physics to compare")
        }
        return environment
    }

    private static func replay(
        _ file: ReferenceFile, on environment: any PhysicsEnvironment, teacherForced: Bool
    ) throws -> Comparison {
        var comparison = Comparison()
        comparison.floor = smallest(teacherForced: teacherForced)
        comparison.recordedWith = try file.otherEngine()
        // A trajectory may lead anywhere after the first contact that differs.
        if !teacherForced { comparison.medianTolerance = .infinity }
        comparison.compare([Double(environment.frameSkip)], try file.numbers("frame_skip"), "frame_skip")
        comparison.compare([environment.description.timeStep], try file.numbers("dt"), "dt")
        var batch = StepBatch(copies: 1, observationColumns: environment.description.observation.columns)
        if !teacherForced {
            try environment.setState(0, positions: file.numbers("qpos0"), velocities: file.numbers("qvel0"))
        }
        for (index, content) in try file.objects("steps").enumerated() {
            let step = RecordedStep(content: content, index: index, url: file.url)
            if teacherForced {
                try environment.setState(0, positions: step.numbers("qpos_before"), velocities: step.numbers("qvel_before"))
            }
            if step.has("torso_xpos_before") {
                try step.compare(environment.simulations.values(.bodyPosition, named: "torso", 0), "torso_xpos_before", &comparison)
            }
            try environment.step(precise: step.action(columns: environment.description.action.columns), into: &batch)
            try compare(environment, batch, step, &comparison)
        }
        return comparison
    }

    private static func compare(
        _ environment: any PhysicsEnvironment, _ batch: StepBatch, _ step: RecordedStep, _ comparison: inout Comparison
    ) throws {
        if batch.unstable[0] { comparison.fail("step \(step.index): the physics became unstable") }
        try step.compare(environment.positions(0), "qpos", &comparison)
        try step.compare(environment.velocities(0), "qvel", &comparison)
        try step.compare(environment.observation(0), "observation", &comparison)
        try step.compare([environment.reward(0)], "reward", &comparison)
        try step.compare([batch.terminated[0] ? 1 : 0], "terminated", &comparison)
        // Internal to the environment; a record may lack it.
        if step.has("torso_xpos") {
            try step.compare(environment.simulations.values(.bodyPosition, named: "torso", 0), "torso_xpos", &comparison)
        }
        if step.has("contact_sq"), let squares = environment.contactSquares(0) {
            try step.compare([squares], "contact_sq", &comparison)
        }
    }
}

/// One transition of a rollout file.
private struct RecordedStep {
    let content: [String: Any]
    let index: Int
    let url: URL

    func has(_ key: String) -> Bool { content[key] != nil }

    func numbers(_ key: String) throws -> [Double] {
        do { return try ReferenceFile.numbers(content, key, in: url) } catch {
            throw ReferenceError("\(error), in step \(index)")
        }
    }

    func action(columns: Int) throws -> [Double] {
        let action = try numbers("action")
        guard action.count == columns else {
            throw ReferenceError("\(url.path): the action of step \(index) has \(action.count) numbers, \(columns) expected")
        }
        return action
    }

    func compare(_ found: [Double], _ key: String, _ comparison: inout Comparison) throws {
        comparison.compare(found, try numbers(key), "step \(index) \(key)")
    }
}
