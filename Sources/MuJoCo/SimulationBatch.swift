import CMuJoCo

/// Simulations that step together in one call, one mjData each. It owns them and keeps their models alive.
///
/// Not thread-safe: a batch belongs to one thread at a time. Batches on different threads may share models.
public final class SimulationBatch {
    /// One for each simulation; all have the same sizes.
    public let models: [Model]
    /// Simulations.
    public var count: Int { models.count }
    let data: [UnsafeMutablePointer<mjData>]
    /// Whether `step` keeps the positions of its substeps, for films; costs little, changes nothing else.
    public var recordsSubsteps = false
    /// Where each substep of the last step ended, [count, frame skip, nq]; undefined for an unstable simulation.
    public private(set) var substepPositions: [Double] = []

    private let modelTable: UnsafeMutablePointer<UnsafePointer<mjModel>?>
    private let dataTable: UnsafeMutablePointer<UnsafeMutablePointer<mjData>?>

    /// `count` simulations of one model in its default state. Throws when there is no memory for them.
    public convenience init(model: Model, count: Int) throws {
        try self.init(models: Array(repeating: model, count: count))
    }

    /// One simulation for each of `models`, which must have the same sizes (copies of one model with other constants).
    public init(models: [Model]) throws {
        precondition(!models.isEmpty, "a batch needs at least one simulation")
        precondition(
            models.allSatisfy {
                $0.positionCount == models[0].positionCount && $0.velocityCount == models[0].velocityCount
                    && $0.controlCount == models[0].controlCount && $0.bodyCount == models[0].bodyCount
            }, "the models of a batch must have the same sizes")
        var made: [UnsafeMutablePointer<mjData>] = []
        for model in models {
            do {
                made.append(try withMessage { message in
                    guard let data = gait_mj_make_data(model.pointer, message) else {
                        throw EngineError.simulation(String(cString: message))
                    }
                    return data
                })
            } catch {
                made.forEach(gait_mj_free_data)
                throw error
            }
        }
        self.models = models
        data = made
        modelTable = .allocate(capacity: models.count)
        for (index, model) in models.enumerated() { (modelTable + index).initialize(to: UnsafePointer(model.pointer)) }
        dataTable = .allocate(capacity: models.count)
        for (index, data) in made.enumerated() { (dataTable + index).initialize(to: data) }
    }

    deinit {
        data.forEach(gait_mj_free_data)
        modelTable.deallocate()
        dataTable.deallocate()
    }

    /// Steps every simulation `frameSkip` times under its controls ([count, nu], clamped by MuJoCo to their ranges) and reads
    /// it out. Allocates nothing.
    ///
    /// An unstable simulation is marked in `readout.outcomes`. Throws `EngineError.simulation` when MuJoCo reports an error
    /// in one: that one is back in the model's default state, the others were stepped.
    public func step(
        _ controls: UnsafeBufferPointer<Double>, frameSkip: Int, layout: Readout.Layout, into readout: inout Readout
    ) throws {
        precondition(controls.count == count * models[0].controlCount, "controls must be [count, nu]")
        precondition(readout.outcomes.count == count, "the readout is of another batch")
        let numbers = recordsSubsteps ? count * frameSkip * models[0].positionCount : 0
        if substepPositions.count != numbers { substepPositions = Array(repeating: 0, count: numbers) }
        try withMessage { message in
            let failures = substepPositions.withUnsafeMutableBufferPointer { substeps in
                readout.withPointers(layout, substeps: numbers > 0 ? substeps.baseAddress : nil) { view, outcomes in
                    gait_mj_step(
                        Int32(count), modelTable, dataTable, Int32(frameSkip), controls.baseAddress, view, outcomes, message)
                }
            }
            if failures > 0 { throw EngineError.simulation(String(cString: message)) }
        }
    }

    /// Puts one simulation at positions [nq] and velocities [nv] with everything else reset, runs mj_forward, and reads row
    /// `index` out. A state that MuJoCo can't work with is marked in `readout.outcomes`.
    public func setState(
        _ index: Int, positions: UnsafeBufferPointer<Double>, velocities: UnsafeBufferPointer<Double>,
        layout: Readout.Layout, into readout: inout Readout
    ) throws {
        precondition(positions.count == models[index].positionCount, "positions must be [nq]")
        precondition(velocities.count == models[index].velocityCount, "velocities must be [nv]")
        try withMessage { message in
            let model = models[index].pointer
            let outcome = gait_mj_set_state(model, data[index], positions.baseAddress, velocities.baseAddress, message)
            if Int(outcome) == GAIT_MJ_FAILED { throw EngineError.simulation(String(cString: message)) }
            let read = readout.withPointers(layout) { view, _ in
                gait_mj_read(model, data[index], Int32(index), view, message)
            }
            if Int(read) == GAIT_MJ_FAILED { throw EngineError.simulation(String(cString: message)) }
            readout.outcomes[index] = UInt8(max(outcome, read))
        }
    }
}

extension SimulationBatch {
    /// Positions of one simulation as they are now, [nq].
    public func positions(_ index: Int) -> [Double] {
        Array(UnsafeBufferPointer(start: data[index].pointee.qpos, count: models[index].positionCount))
    }

    /// A named quantity of one simulation as it is now: what a step, or setting a state, left. After `restoreState` it is not computed
    /// before the next step. Looks the name up, so not for use in every step. Throws `EngineError.unknown`.
    public func values(_ quantity: Readout.Quantity, named name: String, _ index: Int) throws -> [Double] {
        let part = try models[index].part(quantity, named: name), data = data[index]
        let array: UnsafeMutablePointer<mjtNum> = switch quantity {
        case .bodyPosition: data.pointee.xpos
        case .sitePosition: data.pointee.site_xpos
        case .sensor: data.pointee.sensordata
        }
        return Array(UnsafeBufferPointer(start: array + Int(part.start), count: Int(part.count)))
    }

    /// Numbers in one simulation's saved state.
    public var stateCount: Int { Int(gait_mj_state_size(models[0].pointer)) }

    /// Everything of one simulation that its next step depends on: time, positions, velocities, activations, the solver's
    /// warm start, controls and applied forces.
    public func saveState(_ index: Int) -> [Double] {
        Array(unsafeUninitializedCapacity: stateCount) { buffer, initialized in
            gait_mj_save_state(models[index].pointer, data[index], buffer.baseAddress)
            initialized = stateCount
        }
    }

    /// Puts back what `saveState` returned; the next step gives the same bits as it would have given then. What MuJoCo only
    /// derives from the state (body positions) is not computed before that step.
    public func restoreState(_ index: Int, from state: some Collection<Double>) throws {
        guard state.count == stateCount else {
            throw EngineError.state("\(stateCount) numbers expected, \(state.count) found")
        }
        guard state.allSatisfy(\.isFinite) else { throw EngineError.state("it holds numbers that are not finite") }
        let outcome = withMessage { message in
            gait_mj_restore_state(models[index].pointer, data[index], Array(state), message)
        }
        if Int(outcome) == GAIT_MJ_FAILED { throw EngineError.simulation("a simulation could not be reset") }
    }

    /// Seconds of this thread's processor time that a bare loop of mj_step takes on simulation `index`: the ceiling for
    /// stepping. `controls` is [steps, nu]; the simulation is reset each `episode` steps and left somewhere in the last one.
    public func timeBareLoop(_ index: Int, controls: [Double], frameSkip: Int, episode: Int) throws -> Double {
        try withMessage { message in
            let steps = controls.count / models[index].controlCount
            let seconds = gait_mj_bare_loop(
                models[index].pointer, data[index], Int32(frameSkip), Int32(episode), Int32(steps), controls, message)
            guard seconds >= 0 else { throw EngineError.simulation(String(cString: message)) }
            return seconds
        }
    }
}

