import Environments
import Experiments
import Foundation
import Testing

/// The package's own folder, or the one that GAIT_REFERENCE_DIR names.
private let assets = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("assets")
private let reference =
    ProcessInfo.processInfo.environment["GAIT_REFERENCE_DIR"].map { URL(fileURLWithPath: $0) }
    ?? assets.appendingPathComponent("reference")
private let models = ModelLibrary(folder: assets.appendingPathComponent("models"))
private let families: [any TaskFamily] = [
    HalfCheetahDir(models: models), HalfCheetahVel(models: models), AntFwdBack(models: models), Walker2DParams(models: models),
]

@Suite struct EngineVerificationTests {
    @Test func modelsCompileToTheRecordedConstants() {
        let results = ModelVerification.run(reference: reference, models: models)
        #expect(results.count >= 3)
        for result in results {
            #expect(result.passed, "\(result.name): \(result.largestError) \(result.detail)")
            if ProcessInfo.processInfo.environment["GAIT_PRINT"] != nil { print(result) }
        }
    }

    @Test func rolloutsMatchTheRecordedTransitions() {
        let results = RolloutVerification.run(reference: reference, families: families)
        #expect(results.count >= 14)
        for result in results {
            #expect(result.passed, "\(result.name): \(result.largestError) \(result.detail)")
            if ProcessInfo.processInfo.environment["GAIT_PRINT"] != nil { print(result) }
        }
    }
}
