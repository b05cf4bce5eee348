import Core
import Environments
import MuJoCo

/// One task on MuJoCo, simulated in copies that step in one call. The family's `MuJoCoTask` says what is observed and
/// rewarded; this class steps, counts, ends and begins episodes. A step allocates no memory.
package final class MuJoCoEnvironment<Task: MuJoCoTask>: PhysicsEnvironment {
    package let description: EnvironmentDescription
    package let copies: Int
    package private(set) var unstableEpisodes = 0
    package var random = RandomStream(seed: 0)
    package let simulations: SimulationBatch
    package var frameSkip: Int { Task.frameSkip }
    package var controlScale: Double { Task.controlScale }

    private let task: Task
    private let layout: Readout.Layout
    private let nq: Int
    private let nv: Int
    private let nu: Int
    /// Observation columns.
    private let columns: Int
    /// Identifies the task, so that states of other tasks are refused.
    private let fingerprint: UInt64
    private let defaultPositions: [Double]

    /// The state before and after the last step.
    private var before: Readout
    private var after: Readout
    /// [copies, nu]
    private var controls: [Double]
    /// [copies, observation columns] and [copies] in the precision of the physics.
    private var observations: [Double]
    private var rewards: [Double]
    /// Steps since the reset, [copies].
    private var elapsed: [Int]

    /// `makeTask` finds what the task reads in the model. `fingerprint` stands for the family and the task's parameters.
    ///
    /// Throws what `makeTask` throws, and `EnvironmentError.wrongModel` where the model does not give what `description` promises: columns
    /// of observations and actions, and seconds between two actions.
    package init(
        model: Model, description: EnvironmentDescription, copies: Int, fingerprint: UInt64,
        task makeTask: (inout ModelReadings) throws -> Task
    ) throws {
        precondition(copies > 0, "an environment has at least one copy")
        var readings = ModelReadings(model: model, frameSkip: Task.frameSkip)
        let task = try makeTask(&readings)
        func check<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) throws {
            guard found == expected else {
                throw EnvironmentError.wrongModel(path: model.path, expected: "\(expected) \(what)", found: "\(found)")
            }
        }
        try check(model.controlCount, description.action.columns, "controls")
        try check(task.observationColumns, description.observation.columns, "observation columns")
        try check(Float(readings.timeStep), Float(description.timeStep), "seconds between two actions")
        self.task = task
        self.description = description
        self.copies = copies
        self.fingerprint = fingerprint
        simulations = try SimulationBatch(model: model, count: copies)
        layout = readings.layout
        (nq, nv, nu) = (model.positionCount, model.velocityCount, model.controlCount)
        columns = task.observationColumns
        defaultPositions = model.defaultPositions
        before = Readout(model: model, count: copies, layout: layout)
        after = Readout(model: model, count: copies, layout: layout)
        controls = Array(repeating: 0, count: copies * nu)
        observations = Array(repeating: 0, count: copies * columns)
        rewards = Array(repeating: 0, count: copies)
        elapsed = Array(repeating: 0, count: copies)
        for copy in 0..<copies {
            try setState(copy, positions: defaultPositions, velocities: Array(repeating: 0, count: nv))
        }
    }
}

// MARK: Episodes

extension MuJoCoEnvironment {
    package func reset(_ copy: Int, into batch: inout StepBatch) throws {
        var positions = defaultPositions
        var velocities = Array(repeating: 0.0, count: nv)
        positions.withUnsafeMutableBufferPointer { positions in
            velocities.withUnsafeMutableBufferPointer { velocities in
                task.perturb(positions, velocities, using: &random)
            }
        }
        try setState(copy, positions: positions, velocities: velocities)
        publish(copy, into: &batch)
        batch.rewards[copy] = 0
        batch.terminated[copy] = false
        batch.truncated[copy] = false
        batch.unstable[copy] = false
    }

    package func setState(_ copy: Int, positions: [Double], velocities: [Double]) throws {
        guard positions.count == nq, velocities.count == nv else {
            throw EnvironmentError.state(
                "\(nq) positions and \(nv) velocities expected, \(positions.count) and \(velocities.count) found")
        }
        guard positions.allSatisfy(\.isFinite), velocities.allSatisfy(\.isFinite) else {
            throw EnvironmentError.state("positions and velocities must be finite")
        }
        try positions.withUnsafeBufferPointer { positions in
            try velocities.withUnsafeBufferPointer { velocities in
                try simulations.setState(copy, positions: positions, velocities: velocities, layout: layout, into: &after)
            }
        }
        elapsed[copy] = 0
        rewards[copy] = 0
        observe(copy)
    }

    package func step(_ actions: [Float], into batch: inout StepBatch) throws {
        precondition(actions.count == copies * nu, "actions must be [copies, action columns]")
        controls.withUnsafeMutableBufferPointer { controls in
            actions.withUnsafeBufferPointer { actions in
                for i in 0..<controls.count { controls[i] = Task.controlScale * Double(actions[i]) }
            }
        }
        try advance(into: &batch)
    }

    package func step(precise actions: [Double], into batch: inout StepBatch) throws {
        precondition(actions.count == copies * nu, "actions must be [copies, action columns]")
        controls.withUnsafeMutableBufferPointer { controls in
            for i in 0..<controls.count { controls[i] = Task.controlScale * actions[i] }
        }
        try advance(into: &batch)
    }

    /// One step of every copy under `controls`.
    private func advance(into batch: inout StepBatch) throws {
        swap(&before, &after)
        try controls.withUnsafeBufferPointer { controls in
            try simulations.step(controls, frameSkip: Task.frameSkip, layout: layout, into: &after)
        }
        for copy in 0..<copies {
            elapsed[copy] += 1
            let stable = after.outcomes[copy] == Readout.Outcome.stable.rawValue && judge(copy, &batch)
            if !stable { try endUnstable(copy, &batch) }
            batch.truncated[copy] = !batch.terminated[copy] && elapsed[copy] >= description.episodeLimit
            publish(copy, into: &batch)
        }
    }

    /// Reward, termination and observation of a stable step. False, and nothing changed, when one of them is not finite.
    private func judge(_ copy: Int, _ batch: inout StepBatch) -> Bool {
        let columns = columns
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: columns) { row in
            var (reward, terminal) = (0.0, false)
            controls.withUnsafeBufferPointer { controls in
                let action = UnsafeBufferPointer(rebasing: controls[copy * nu..<(copy + 1) * nu])
                withState(before, copy) { previous in
                    withState(after, copy) { state in
                        reward = task.reward(before: previous, after: state, action: action)
                        terminal = task.isTerminal(state)
                        task.observe(state, into: row.baseAddress!)
                    }
                }
            }
            // Float32 is what an agent gets: a double beyond its range is infinite there.
            guard Float(reward).isFinite, row.allSatisfy({ Float($0).isFinite }) else { return false }
            observations.withUnsafeMutableBufferPointer { observations in
                for i in 0..<columns { observations[copy * columns + i] = row[i] }
            }
            rewards[copy] = reward
            batch.terminated[copy] = terminal
            batch.unstable[copy] = false
            return true
        }
    }

    /// Ends the episode with its last finite observation and without a reward, and counts it. The copy goes back to the default pose, because
    /// what the engine left may not be finite, and a checkpoint saves it.
    private func endUnstable(_ copy: Int, _ batch: inout StepBatch) throws {
        let rest = Array(repeating: 0.0, count: nv)
        try defaultPositions.withUnsafeBufferPointer { positions in
            try rest.withUnsafeBufferPointer { velocities in
                try simulations.setState(copy, positions: positions, velocities: velocities, layout: layout, into: &after)
            }
        }
        unstableEpisodes += 1
        rewards[copy] = 0
        batch.terminated[copy] = true
        batch.unstable[copy] = true
    }

    private func observe(_ copy: Int) {
        let start = copy * columns
        observations.withUnsafeMutableBufferPointer { observations in
            withState(after, copy) { task.observe($0, into: observations.baseAddress! + start) }
        }
    }

    /// Rounds one copy's observation and reward into the caller's batch.
    @inline(__always)
    private func publish(_ copy: Int, into batch: inout StepBatch) {
        batch.observations.withUnsafeMutableBufferPointer { rows in
            observations.withUnsafeBufferPointer { observations in
                for i in copy * columns..<(copy + 1) * columns { rows[i] = Float(observations[i]) }
            }
        }
        batch.rewards[copy] = Float(rewards[copy])
    }

    @inline(__always)
    private func withState<Result>(_ readout: Readout, _ copy: Int, _ body: (PhysicsState) -> Result) -> Result {
        readout.positions.withUnsafeBufferPointer { qpos in
            readout.velocities.withUnsafeBufferPointer { qvel in
                readout.readings.withUnsafeBufferPointer { readings in
                    // A task that reads nothing by name has no readings to point at.
                    let row = readings.isEmpty ? qpos.baseAddress! : readings.baseAddress! + copy * layout.width
                    return body(
                        PhysicsState(
                            qpos: qpos.baseAddress! + copy * nq, qvel: qvel.baseAddress! + copy * nv, readings: row,
                            contactSquares: readout.contactSquares[copy]))
                }
            }
        }
    }
}

// MARK: Looking in

extension MuJoCoEnvironment {
    package func positions(_ copy: Int) -> [Double] { Array(after.positions[copy * nq..<(copy + 1) * nq]) }
    package func velocities(_ copy: Int) -> [Double] { Array(after.velocities[copy * nv..<(copy + 1) * nv]) }
    package func contactSquares(_ copy: Int) -> Double? { layout.contactClip == nil ? nil : after.contactSquares[copy] }
    package func reward(_ copy: Int) -> Double { rewards[copy] }
    package func observation(_ copy: Int) -> [Double] { Array(observations[copy * columns..<(copy + 1) * columns]) }
}

// MARK: Saving

extension MuJoCoEnvironment {
    /// What was read out last and, for each copy, the simulation's own state. A state of before version 0.2, one array of numbers at the
    /// environment's own key, is restored, too; it has no random stream, and the environment's stays as it is.
    package func codeState(_ coder: StateCoder) throws {
        let own = String(coder.path("").dropLast())
        if coder.isRestoring, coder.state[own] != nil { return try restoreOldState(coder.state.doubles(own), key: own) }
        try coder.fact("task", fingerprint, mismatch: "it is of another task")
        try coder.fact("copies", UInt64(copies), mismatch: "it is of another number of copies than \(copies)")
        try coder.count("unstableEpisodes", &unstableEpisodes)
        try coder.stream("random", &random)
        try coder.integers("elapsed", &elapsed, count: copies, in: 0 ... .max)
        try coder.doubles("readings", &after.readings, count: copies * layout.width, areFinite: true)
        try coder.doubles("observations", &observations, count: copies * columns, areFinite: true)
        try coder.doubles("positions", &after.positions, count: copies * nq, areFinite: true)
        try coder.doubles("velocities", &after.velocities, count: copies * nv, areFinite: true)
        var rest = coder.isRestoring ? [] : (0..<copies).flatMap(simulations.saveState)
        let each = simulations.stateCount
        try coder.doubles("simulations", &rest, count: copies * each, areFinite: true)
        guard coder.isRestoring else { return }
        for copy in 0..<copies {
            after.outcomes[copy] = Readout.Outcome.stable.rawValue
            try simulations.restoreState(copy, from: rest[copy * each..<(copy + 1) * each])
            rewards[copy] = 0
        }
    }

    /// Fingerprint (52 bits), copies, unstable episodes; then for each copy its steps, the torso's place, the observation, positions and
    /// velocities as read out, and the simulation's own state.
    private func restoreOldState(_ state: [Double], key: String) throws {
        let each = 1 + 3 + columns + nq + nv + simulations.stateCount
        guard state.count == 3 + copies * each else {
            throw StateError.invalid(key, "\(3 + copies * each) numbers expected, \(state.count) found")
        }
        guard state.allSatisfy(\.isFinite) else { throw StateError.invalid(key, "it holds numbers that are not finite") }
        guard state[0] == Double(fingerprint & ((1 << 52) - 1)) else { throw StateError.invalid(key, "it is of another task") }
        guard state[1] == Double(copies) else { throw StateError.invalid(key, "it is of another number of copies than \(copies)") }
        func count(_ number: Double) throws -> Int {
            guard let count = Int(exactly: number), count >= 0 else { throw StateError.invalid(key, "\(number) is no count") }
            return count
        }
        unstableEpisodes = try count(state[2])
        for copy in 0..<copies {
            var rest = state[3 + copy * each..<3 + (copy + 1) * each]
            func take(_ count: Int) -> ArraySlice<Double> {
                defer { rest = rest.dropFirst(count) }
                return rest.prefix(count)
            }
            elapsed[copy] = try count(take(1).first ?? -1)
            let torso = take(3)
            // The families of that time read the torso or nothing.
            if layout.width == 3 { after.readings.replaceSubrange(copy * 3..<(copy + 1) * 3, with: torso) }
            observations.replaceSubrange(copy * columns..<(copy + 1) * columns, with: take(columns))
            after.positions.replaceSubrange(copy * nq..<(copy + 1) * nq, with: take(nq))
            after.velocities.replaceSubrange(copy * nv..<(copy + 1) * nv, with: take(nv))
            after.outcomes[copy] = Readout.Outcome.stable.rawValue
            try simulations.restoreState(copy, from: rest)
            rewards[copy] = 0
        }
    }
}
