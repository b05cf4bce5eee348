import Foundation
import MuJoCo
import Testing

@Suite struct SimulationTests {
    /// Inertia about the hinge 3 * 1^2 + 0.01, torque of gravity -3 * 9.81 * 1 * sin(q), of the motor 2 * control; one
    /// semi-implicit Euler step of 2 ms from rest.
    @Test func onePendulumStepIsWhatTheEquationOfMotionSays() throws {
        let model = try Model.pendulum()
        let batch = try SimulationBatch(model: model, count: 1)
        var readout = Readout(model: model, count: 1)
        try batch.set(0, [0.3], [0], into: &readout)
        try batch.step(control: 0.5, into: &readout)
        let acceleration = (-3 * 9.81 * sin(0.3) + 2 * 0.5) / 3.01
        #expect(abs(readout.velocities[0] - 0.002 * acceleration) < 1e-12)
        #expect(abs(readout.positions[0] - (0.3 + 0.002 * 0.002 * acceleration)) < 1e-12)
    }

    @Test func controlsAreClampedToTheirRange() throws {
        let model = try Model.pendulum()
        let batch = try SimulationBatch(model: model, count: 1)
        var (at, beyond) = (Readout(model: model, count: 1), Readout(model: model, count: 1))
        try batch.set(0, [0.3], [0], into: &at)
        try batch.step(control: 1, frameSkip: 3, into: &at)
        try batch.set(0, [0.3], [0], into: &beyond)
        try batch.step(control: 40, frameSkip: 3, into: &beyond)
        #expect(at.positions == beyond.positions && at.velocities == beyond.velocities)
    }

    @Test func batchedCopiesGiveTheBitsOfSingleOnes() throws {
        let model = try Model.pendulum()
        let heavy = try model.copy(replacing: ["body_mass": [0, 5]])
        let batch = try SimulationBatch(models: [model, heavy, model])
        var readout = Readout(model: model, count: 3)
        for (index, angle) in [0.1, 0.2, 0.3].enumerated() { try batch.set(index, [angle], [1], into: &readout) }
        for _ in 0..<20 { try batch.step(control: 0.7, frameSkip: 5, into: &readout) }

        for (index, (angle, alone)) in [(0.1, model), (0.2, heavy), (0.3, model)].enumerated() {
            let single = try SimulationBatch(model: alone, count: 1)
            var expected = Readout(model: model, count: 1)
            try single.set(0, [angle], [1], into: &expected)
            for _ in 0..<20 { try single.step(control: 0.7, frameSkip: 5, into: &expected) }
            #expect(readout.positions[index] == expected.positions[0])
            #expect(readout.velocities[index] == expected.velocities[0])
        }
    }

    @Test func restoredStateGoesOnToTheSameBits() throws {
        let model = try Model.boxes(count: 3, stack: 100_000)
        let batch = try SimulationBatch(model: model, count: 2)
        var readout = Readout(model: model, count: 2)
        try batch.set(0, model.defaultPositions, model.fall(5, in: 0.02), into: &readout)
        for _ in 0..<10 { try batch.step(into: &readout) }  // into the floor
        let saved = batch.saveState(0)
        for _ in 0..<10 { try batch.step(into: &readout) }
        let expected = Array(readout.positions.prefix(model.positionCount))

        try batch.restoreState(1, from: saved)
        #expect(batch.saveState(1) == saved)
        for _ in 0..<10 { try batch.step(into: &readout) }
        #expect(Array(readout.positions.suffix(model.positionCount)) == expected)
    }

    @Test func statesThatDoNotFitAreRefused() throws {
        let batch = try SimulationBatch(model: Model.pendulum(), count: 1)
        var state = batch.saveState(0)
        #expect(throws: EngineError.self) { try batch.restoreState(0, from: state.dropLast()) }
        state[1] = .infinity
        #expect(throws: EngineError.self) { try batch.restoreState(0, from: state) }
    }

    @Test func badStatesAreMarkedEachTime() throws {
        let model = try Model.pendulum()
        let batch = try SimulationBatch(model: model, count: 2)
        var readout = Readout(model: model, count: 2)
        for _ in 0..<3 {  // MuJoCo's own counter stands at one each time, since its automatic reset clears it
            try batch.set(0, [0], [1e11], into: &readout)
            try batch.set(1, [0], [1], into: &readout)
            try batch.step(frameSkip: 4, into: &readout)
            #expect(readout.outcomes == [Readout.Outcome.unstable.rawValue, Readout.Outcome.stable.rawValue])
            #expect(readout.positions.allSatisfy(\.isFinite) && readout.velocities.allSatisfy(\.isFinite))
        }
        try batch.step(control: .nan, into: &readout)
        #expect(readout.outcomes == [Readout.Outcome.unstable.rawValue, Readout.Outcome.unstable.rawValue])
        try batch.step(into: &readout)
        #expect(readout.outcomes == [Readout.Outcome.stable.rawValue, Readout.Outcome.stable.rawValue])
        #expect(!FileManager.default.fileExists(atPath: "MUJOCO_LOG.TXT"))
    }

    @Test func warningsWriteNoFile() throws {
        let batch = try SimulationBatch(model: Model.pendulum(), count: 1)
        var readout = Readout(model: batch.models[0], count: 1)
        try batch.set(0, [.infinity], [0], into: &readout)
        #expect(readout.outcomes == [Readout.Outcome.unstable.rawValue])
        try batch.step(into: &readout)
        #expect(!FileManager.default.fileExists(atPath: "MUJOCO_LOG.TXT"))
    }

    /// MuJoCo reports an exhausted stack by its error callback, whose default ends the process: six boxes that all meet the
    /// floor in the second substep need more than this model has.
    @Test func errorsInsideAStepComeBackAndTheBatchStaysUsable() throws {
        let model = try Model.boxes(count: 6, stack: 2_000)
        let batch = try SimulationBatch(model: model, count: 2)
        var readout = Readout(model: model, count: 2)
        let rest = Array(repeating: 0.0, count: model.velocityCount)
        for _ in 0..<3 {
            try batch.set(0, model.defaultPositions, model.fall(5, in: 0.002), into: &readout)
            try batch.set(1, model.defaultPositions, rest, into: &readout)
            do {
                try batch.step(frameSkip: 3, into: &readout)
                Issue.record("the stack was large enough")
            } catch let error as EngineError {
                #expect(error.description.lowercased().contains("stack"), "\(error)")
            }
            #expect(readout.outcomes == [Readout.Outcome.failed.rawValue, Readout.Outcome.stable.rawValue])
            // The failed one is back in the default state and steps on.
            try batch.step(into: &readout)
            #expect(readout.outcomes == [Readout.Outcome.stable.rawValue, Readout.Outcome.stable.rawValue])
            #expect(abs(readout.positions[2] - 5) < 1e-4)
        }
    }

    @Test func statesThatExhaustMuJoCoAreErrors() throws {
        let model = try Model.boxes(count: 6, stack: 2_000)
        let batch = try SimulationBatch(model: model, count: 1)
        var readout = Readout(model: model, count: 1)
        var positions = model.defaultPositions
        for box in 0..<6 { positions[7 * box + 2] = 0.05 }
        #expect(throws: EngineError.self) {
            try batch.set(0, positions, Array(repeating: 0, count: model.velocityCount), into: &readout)
        }
    }

    @Test func errorsOnSeveralThreadsDoNotMeet() throws {
        let model = try Model.boxes(count: 6, stack: 2_000)
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            guard let batch = try? SimulationBatch(model: model, count: 1) else {
                Issue.record("no batch")
                return
            }
            var readout = Readout(model: model, count: 1)
            for round in 0..<50 {
                let speed = (round + thread) % 2 == 0 ? model.fall(5, in: 0.002) : model.fall(0, in: 1)
                try? batch.set(0, model.defaultPositions, speed, into: &readout)
                let failed = (try? batch.step(frameSkip: 3, into: &readout)) == nil
                #expect(failed == ((round + thread) % 2 == 0))
            }
        }
    }

    @Test func aBatchKeepsItsModelAlive() throws {
        weak var watched: Model?
        var batch: SimulationBatch?
        try scoped {
            let model = try Model.pendulum()
            watched = model
            batch = try SimulationBatch(model: model, count: 1)
        }
        #expect(watched != nil)
        var readout = Readout(model: batch!.models[0], count: 1)
        try batch!.step(into: &readout)
        batch = nil
        #expect(watched == nil)
    }

    private func scoped(_ body: () throws -> Void) rethrows { try body() }
}
