import Core
import Environments
import MuJoCo

/// One task on MuJoCo, simulated in copies that step in one call. The family's `MuJoCoTask` says what is observed and
/// rewarded; this class steps, counts, ends and begins episodes. A step allocates no memory.
final class MuJoCoEnvironment<Task: MuJoCoTask>: PhysicsEnvironment {
    let description: EnvironmentDescription
    let copies: Int
    private(set) var unstableEpisodes = 0
    var random = RandomStream(seed: 0)
    let simulations: SimulationBatch
    var frameSkip: Int { Task.frameSkip }

    private let task: Task
    private let layout: Readout.Layout
    private let nq: Int
    private let nv: Int
    private let nu: Int
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

    /// `fingerprint` stands for the family and the task's parameters. Throws `EnvironmentError.wrongModel` where the model has
    /// other sizes than the task indexes.
    init(_ task: Task, model: Model, description: EnvironmentDescription, copies: Int, fingerprint: UInt64) throws {
        precondition(copies > 0, "an environment has at least one copy")
        let sizes = ModelSizes(positions: model.positionCount, velocities: model.velocityCount, controls: model.controlCount)
        guard sizes == Task.modelSizes else {
            throw EnvironmentError.wrongModel(path: model.path, expected: "\(Task.modelSizes)", found: "\(sizes)")
        }
        self.task = task
        self.description = description
        self.copies = copies
        self.fingerprint = fingerprint
        simulations = try SimulationBatch(model: model, count: copies)
        layout = Readout.Layout(body: try model.index(of: .body, named: "torso"), contactClip: Task.contactClip)
        (nq, nv, nu) = (sizes.positions, sizes.velocities, sizes.controls)
        defaultPositions = model.defaultPositions
        before = Readout(model: model, count: copies)
        after = Readout(model: model, count: copies)
        controls = Array(repeating: 0, count: copies * nu)
        observations = Array(repeating: 0, count: copies * Task.observationColumns)
        rewards = Array(repeating: 0, count: copies)
        elapsed = Array(repeating: 0, count: copies)
        precondition(description.observation.columns == Task.observationColumns && description.action.columns == nu)
        for copy in 0..<copies {
            try setState(copy, positions: defaultPositions, velocities: Array(repeating: 0, count: nv))
        }
    }
}

// MARK: Episodes

extension MuJoCoEnvironment {
    func reset(_ copy: Int, into batch: inout StepBatch) throws {
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

    func setState(_ copy: Int, positions: [Double], velocities: [Double]) throws {
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

    func step(_ actions: [Float], into batch: inout StepBatch) throws {
        precondition(actions.count == copies * nu, "actions must be [copies, action columns]")
        controls.withUnsafeMutableBufferPointer { controls in
            actions.withUnsafeBufferPointer { actions in
                for i in 0..<controls.count { controls[i] = Double(actions[i]) }
            }
        }
        try advance(into: &batch)
    }

    func step(precise actions: [Double], into batch: inout StepBatch) throws {
        precondition(actions.count == copies * nu, "actions must be [copies, action columns]")
        controls.withUnsafeMutableBufferPointer { controls in
            for i in 0..<controls.count { controls[i] = actions[i] }
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
            if !stable { endUnstable(copy, &batch) }
            batch.truncated[copy] = !batch.terminated[copy] && elapsed[copy] >= description.episodeLimit
            publish(copy, into: &batch)
        }
    }

    /// Reward, termination and observation of a stable step. False, and nothing changed, when one of them is not finite.
    private func judge(_ copy: Int, _ batch: inout StepBatch) -> Bool {
        let columns = Task.observationColumns
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

    /// Ends the episode with its last finite observation and without a reward, and counts it.
    private func endUnstable(_ copy: Int, _ batch: inout StepBatch) {
        unstableEpisodes += 1
        rewards[copy] = 0
        batch.terminated[copy] = true
        batch.unstable[copy] = true
    }

    private func observe(_ copy: Int) {
        let start = copy * Task.observationColumns
        observations.withUnsafeMutableBufferPointer { observations in
            withState(after, copy) { task.observe($0, into: observations.baseAddress! + start) }
        }
    }

    /// Rounds one copy's observation and reward into the caller's batch.
    @inline(__always)
    private func publish(_ copy: Int, into batch: inout StepBatch) {
        let columns = Task.observationColumns
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
                readout.bodyPositions.withUnsafeBufferPointer { torso in
                    body(
                        PhysicsState(
                            qpos: qpos.baseAddress! + copy * nq, qvel: qvel.baseAddress! + copy * nv,
                            torso: torso.baseAddress! + copy * 3, contactSquares: readout.contactSquares[copy]))
                }
            }
        }
    }
}

// MARK: Looking in

extension MuJoCoEnvironment {
    func positions(_ copy: Int) -> [Double] { Array(after.positions[copy * nq..<(copy + 1) * nq]) }
    func velocities(_ copy: Int) -> [Double] { Array(after.velocities[copy * nv..<(copy + 1) * nv]) }
    func torsoPosition(_ copy: Int) -> [Double] { Array(after.bodyPositions[copy * 3..<(copy + 1) * 3]) }
    func contactSquares(_ copy: Int) -> Double? { Task.contactClip == nil ? nil : after.contactSquares[copy] }
    func reward(_ copy: Int) -> Double { rewards[copy] }
    func observation(_ copy: Int) -> [Double] {
        Array(observations[copy * Task.observationColumns..<(copy + 1) * Task.observationColumns])
    }
}

// MARK: Saving

extension MuJoCoEnvironment {
    /// What was read out last and, for each copy, the simulation's own state.
    func codeState(_ coder: StateCoder) throws {
        try coder.fact("task", fingerprint, mismatch: "it is of another task")
        try coder.fact("copies", UInt64(copies), mismatch: "it is of another number of copies than \(copies)")
        try coder.count("unstableEpisodes", &unstableEpisodes)
        try coder.stream("random", &random)
        try coder.integers("elapsed", &elapsed, count: copies, in: 0 ... .max)
        try coder.doubles("bodyPositions", &after.bodyPositions, count: copies * 3, areFinite: true)
        try coder.doubles("observations", &observations, count: copies * Task.observationColumns, areFinite: true)
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
}
