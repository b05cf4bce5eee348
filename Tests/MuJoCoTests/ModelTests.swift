import Foundation
import MuJoCo
import Testing

@Suite struct ModelTests {
    @Test func sizesAndConstantsAreReadable() throws {
        let model = try Model.pendulum()
        #expect(model.positionCount == 1 && model.velocityCount == 1 && model.controlCount == 1 && model.bodyCount == 2)
        #expect(model.timeStep == 0.002)
        #expect(try model.values("body_mass") == [0, 3])
        #expect(try model.values("gravity") == [0, 0, -9.81])
        #expect(try model.values("jnt_type") == [3])
        #expect(try model.values("nbody") == [2])
        #expect(try model.values("actuator_gear") == [2, 0, 0, 0, 0, 0])
        #expect(try model.index(of: .body, named: "bob") == 1)
    }

    @Test func unknownNamesAreErrors() throws {
        let model = try Model.pendulum()
        #expect(throws: EngineError.unknown(kind: "geom", name: "leg", model: model.path)) {
            try model.index(of: .geom, named: "leg")
        }
        #expect(throws: EngineError.unknown(kind: "numeric array", name: "body_weight", model: model.path)) {
            try model.values("body_weight")
        }
    }

    @Test(arguments: [
        ("", "XML"), ("no xml at all", "XML"), ("<mujoco><worldbody><body></mujoco>", "XML"),
        ("<mujoco><worldbody><body><joint/></body></worldbody></mujoco>", "mass and inertia"),
        ("<mujoco><worldbody><geom type=\"capsule\" size=\"0.1\" wobble=\"2\"/></worldbody></mujoco>", "wobble"),
    ])
    func malformedFilesAreErrorsThatNameTheFile(text: String, reason: String) throws {
        let file = try temporaryFile(text)
        defer { try? FileManager.default.removeItem(at: file) }
        do {
            _ = try Model(contentsOf: file)
            Issue.record("a model came out of \(text)")
        } catch let error as EngineError {
            #expect(error.description.contains(file.path))
            #expect(error.description.contains(reason), "\(error)")
        }
    }

    @Test func missingFileIsAnError() {
        #expect(throws: EngineError.self) { try Model(contentsOf: URL(fileURLWithPath: "/nowhere/at-all.xml")) }
    }

    @Test func copiesChangeTheirOwnNumbersOnly() throws {
        let model = try Model.pendulum()
        let heavy = try model.copy(replacing: ["body_mass": [0, 7]])
        #expect(try heavy.values("body_mass") == [0, 7])
        #expect(try model.values("body_mass") == [0, 3])
        #expect(try heavy.values("body_inertia") == model.values("body_inertia"))
    }

    @Test func copiesRefuseWhatDoesNotFit() throws {
        let model = try Model.pendulum()
        #expect(throws: EngineError.wrongCount(field: "body_mass", expected: 2, found: 1)) {
            try model.copy(replacing: ["body_mass": [1]])
        }
        #expect(throws: EngineError.notFinite(field: "body_mass", index: 1)) {
            try model.copy(replacing: ["body_mass": [0, .nan]])
        }
        #expect(throws: EngineError.self) { try model.copy(replacing: ["jnt_type": [2]]) }
    }

    @Test func modelsCanBeLoadedOnSeveralThreadsAtOnce() {
        DispatchQueue.concurrentPerform(iterations: 16) { index in
            if index % 3 == 0 {
                #expect(throws: EngineError.self) { try Model.from("<mujoco><nonsense/></mujoco>") }
            } else {
                #expect((try? Model.pendulum())?.bodyCount == 2)
            }
        }
    }
}
