import Core
import Environments
import Foundation
import Locomotion
import Testing

/// Rewards, observations and terminations against TASKS.md's formulas, computed here from the state before and after.
@Suite struct RewardTests {
    private struct Transition {
        var before, after, torsoBefore, torsoAfter, velocities, action: [Double]
        var squares: Double { action.reduce(0) { $0 + $1 * $1 } }
        var reward: Double
        var contactSquares: Double?
        var observation: [Double]
    }

    private func transitions(_ family: any TaskFamily, _ task: TaskDescription, count: Int = 15) throws -> [Transition] {
        var episode = try Episode(family, task)
        let environment = episode.environment
        var noise = RandomStream(seed: 21)
        try episode.reset(&noise)
        return try (0..<count).map { _ in
            let (before, torso) = try (environment.positions(0), environment.simulations.values(.bodyPosition, named: "torso", 0))
            // Beyond [-1, 1] too: the cost is of the action as given.
            let action = noise.actions(episode.columns).map { 1.5 * $0 }
            try episode.step(action)
            #expect(episode.batch.rewards[0] == Float(environment.reward(0)))
            #expect(episode.batch.observations == environment.observation(0).map { Float($0) })
            return try Transition(
                before: before, after: environment.positions(0), torsoBefore: torso,
                torsoAfter: environment.simulations.values(.bodyPosition, named: "torso", 0), velocities: environment.velocities(0),
                action: action.map(Double.init), reward: environment.reward(0),
                contactSquares: environment.contactSquares(0), observation: environment.observation(0))
        }
    }

    @Test func halfCheetahDir() throws {
        for task in try family("half-cheetah-dir").tasks(.train, seed: 1) {
            for t in try transitions(family("half-cheetah-dir"), task) {
                let v = (t.after[0] - t.before[0]) / 0.05
                #expect(abs(t.reward - ((task.name == "forward" ? v : -v) - 0.05 * t.squares)) < 1e-9)
                #expect(t.observation == Array(t.after[1...]) + t.velocities + t.torsoAfter)
                #expect(t.torsoAfter[0] != t.after[0])  // lags by a substep
            }
        }
    }

    @Test func halfCheetahVel() throws {
        let task = TaskDescription(name: "v=2.00", parameters: ["velocity": [2]])
        for t in try transitions(family("half-cheetah-vel"), task) {
            let v = (t.after[0] - t.before[0]) / 0.05
            #expect(abs(t.reward - (-abs(v - 2) - 0.05 * t.squares)) < 1e-9)
        }
    }

    @Test func antFwdBack() throws {
        for task in try family("ant-fwd-back").tasks(.train, seed: 1) {
            let all = try transitions(family("ant-fwd-back"), task, count: 40)
            for t in all {
                let v = (t.torsoAfter[0] - t.torsoBefore[0]) / 0.05
                let contact = 0.0005 * (try #require(t.contactSquares))
                let expected = (task.name == "forward" ? v : -v) - 0.5 * t.squares - contact + 1
                #expect(abs(t.reward - expected) < 1e-9)
                #expect(t.observation == Array(t.after[2...]) + t.velocities)
            }
            #expect(all.contains { ($0.contactSquares ?? 0) > 0 })  // it does touch the floor
        }
    }

    @Test func walker2DParams() throws {
        let task = try family("walker-2d-params").tasks(.train, seed: 1)[0]
        for t in try transitions(family("walker-2d-params"), task) {
            let v = (t.after[0] - t.before[0]) / 0.016
            #expect(abs(t.reward - (v + 1 - 0.001 * t.squares)) < 1e-9)
            #expect(t.observation == Array(t.after[1...]) + t.velocities.map { max(-10, min(10, $0)) })
        }
    }

    @Test func hopperParams() throws {
        let task = try family("hopper-params").tasks(.train, seed: 1)[0]
        for t in try transitions(family("hopper-params"), task) {
            let v = (t.after[0] - t.before[0]) / 0.016
            #expect(abs(t.reward - (v + 1 - 0.001 * t.squares)) < 1e-9)
            #expect(t.observation == Array(t.after[1...]) + t.velocities.map { max(-10, min(10, $0)) })
        }
    }

    @Test func antGoal() throws {
        let task = TaskDescription(name: "t", parameters: ["goal": [0.3, -1.1]])
        let all = try transitions(family("ant-goal"), task, count: 40)
        for t in all {
            let distance = abs(t.torsoAfter[0] - 0.3) + abs(t.torsoAfter[1] + 1.1)
            let contact = 0.0005 * (try #require(t.contactSquares))
            #expect(abs(t.reward - (-distance - 0.1 * t.squares - contact)) < 1e-9)
            #expect(Array(t.observation.prefix(29)) == t.after + t.velocities)
            #expect(t.observation.count == 29 + 84 && t.observation.suffix(84).allSatisfy { abs($0) <= 1 })
            // The observed forces are those that cost.
            #expect(abs(t.observation.suffix(84).reduce(0) { $0 + $1 * $1 } - (t.contactSquares ?? 0)) < 1e-9)
        }
        #expect(all.contains { ($0.contactSquares ?? 0) > 0 })
    }

    /// As ProMP has it.
    @Test func antDirCanObserveContactForces() throws {
        var settings = AntDirSettings()
        settings.observesContacts = true
        let (usual, other) = try (family("ant-dir"), AntDir(settings: settings, assets: assets))
        let task = TaskDescription(name: "t", parameters: ["angle": [2]])
        let (narrow, wide) = try (transitions(usual, task, count: 40), transitions(other, task, count: 40))
        for (a, b) in zip(narrow, wide) {
            #expect(a.reward == b.reward && a.observation == Array(b.observation.prefix(27)))
            #expect(b.observation.count == 27 + 84)
            #expect(abs(b.observation.suffix(84).reduce(0) { $0 + $1 * $1 } - (b.contactSquares ?? 0)) < 1e-9)
        }
        #expect(wide.contains { ($0.contactSquares ?? 0) > 0 })
    }

    /// Rewards and observations are compared with an independent record by `EngineVerificationTests`; here, where episodes end.
    @Test(arguments: [(1.4, 0.0, false), (0.98, 0.0, true), (1.9, 20.0, true)])
    func humanoidsEndOutsideTheirHeights(height: Double, lift: Double, ends: Bool) throws {
        var episode = try Episode(family("humanoid-dir"))
        var positions = episode.environment.simulations.models[0].defaultPositions
        positions[2] = height
        // On its back, so that nothing touches the floor.
        let half = Double(0.5).squareRoot()
        positions.replaceSubrange(3..<7, with: [half, 0, half, 0])
        var velocities = Array(repeating: 0.0, count: 23)
        velocities[2] = lift
        try episode.environment.setState(0, positions: positions, velocities: velocities)
        try episode.step(Array(repeating: 0, count: 17))
        #expect(ends == !(1.0...2.0).contains(episode.environment.positions(0)[2]))
        #expect(episode.batch.terminated[0] == ends && !episode.batch.unstable[0])
    }

    @Test(arguments: [
        (1.25, 0.0, 0.0, false), (0.65, 0.0, 0.0, true), (3.0, 0.0, 0.0, false), (1.25, 0.25, 0.0, true), (1.25, -0.25, 0.0, true),
        (1.25, 0.0, 150.0, true),
    ])
    func hoppersEndWhenTooLowOrTiltedOrTooFast(height: Double, pitch: Double, speed: Double, ends: Bool) throws {
        let same: (Int) -> [Double] = { Array(repeating: 1, count: $0) }
        let task = TaskDescription(name: "t", parameters: [
            "body_mass_multiplier": same(5), "body_inertia_multiplier": same(15), "dof_damping_multiplier": same(6),
            "geom_friction_multiplier": same(15),
        ])
        var episode = try Episode(family("hopper-params"), task)
        var (positions, velocities) = (Array(repeating: 0.0, count: 6), Array(repeating: 0.0, count: 6))
        (positions[1], positions[2], velocities[0]) = (height, pitch, speed)
        // Bent, so that it does not touch the floor.
        (positions[3], positions[4]) = (-1.2, -0.9)
        try episode.environment.setState(0, positions: positions, velocities: velocities)
        try episode.step(Array(repeating: 0, count: 3))
        #expect(episode.batch.terminated[0] == ends && !episode.batch.unstable[0])
    }

    @Test(arguments: [(0.75, 0.0, false), (2.0, -40.0, true), (1.2, 1.0, true)])
    func antsEndOutsideTheirHeights(height: Double, lift: Double, ends: Bool) throws {
        var episode = try Episode(family("ant-fwd-back"))
        var positions = episode.environment.simulations.models[0].defaultPositions
        positions[2] = height
        var velocities = Array(repeating: 0.0, count: 14)
        velocities[2] = lift
        try episode.environment.setState(0, positions: positions, velocities: velocities)
        try episode.step(Array(repeating: 0, count: 8))
        let found = episode.environment.positions(0)[2]
        #expect(ends == !(0.2...1.0).contains(found))
        #expect(episode.batch.terminated[0] == ends && !episode.batch.unstable[0])
    }

    @Test(arguments: [(1.25, 0.0, false), (0.7, 0.0, true), (2.1, 0.0, true), (1.25, 1.1, true), (1.25, -1.1, true)])
    func walkersEndWhenTooLowTooHighOrTilted(height: Double, pitch: Double, ends: Bool) throws {
        var episode = try Episode(family("walker-2d-params"))
        var positions = Array(repeating: 0.0, count: 9)
        (positions[1], positions[2]) = (height, pitch)
        try episode.environment.setState(0, positions: positions, velocities: Array(repeating: 0, count: 9))
        try episode.step(Array(repeating: 0, count: 6))
        #expect(episode.batch.terminated[0] == ends && !episode.batch.unstable[0])
    }
}
