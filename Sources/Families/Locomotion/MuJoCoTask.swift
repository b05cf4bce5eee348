import Core

/// One task of a family on MuJoCo: its observation, reward, end and start, in terms of the physics. `MuJoCoEnvironment` does everything
/// else. A task finds what it needs in the model by name, once, when it is made (`ModelReadings`).
package protocol MuJoCoTask {
    /// Substeps of the simulation between two actions.
    static var frameSkip: Int { get }
    /// Controls are an agent's actions times this. 1 where a task doesn't say otherwise.
    static var controlScale: Double { get }
    /// Number of columns that `observe` writes.
    var observationColumns: Int { get }

    /// Writes the observation of a state, all `observationColumns` of it.
    func observe(_ state: PhysicsState, into row: UnsafeMutablePointer<Double>)
    /// `action` are the controls, [nu], as they were given to MuJoCo, which clamps them.
    func reward(before: PhysicsState, after: PhysicsState, action: UnsafeBufferPointer<Double>) -> Double
    func isTerminal(_ state: PhysicsState) -> Bool
    /// The noise of a reset: positions hold the model's default ones on entry, velocities zeros.
    func perturb(
        _ positions: UnsafeMutableBufferPointer<Double>, _ velocities: UnsafeMutableBufferPointer<Double>,
        using random: inout RandomStream)
}

extension MuJoCoTask {
    package static var controlScale: Double { 1 }
}

/// One simulation's state between two actions. A view: valid within the call that got it.
package struct PhysicsState {
    /// Generalised positions, [nq]. A joint says which of them are its own.
    package var qpos: UnsafePointer<Double>
    /// Generalised velocities, [nv].
    package var qvel: UnsafePointer<Double>
    /// Everything that the task asked for, one after another.
    fileprivate var readings: UnsafePointer<Double>
    /// Sum of the squared clipped contact forces; zero unless the task asked for it.
    package var contactSquares: Double

    init(qpos: UnsafePointer<Double>, qvel: UnsafePointer<Double>, readings: UnsafePointer<Double>, contactSquares: Double) {
        self.qpos = qpos
        self.qvel = qvel
        self.readings = readings
        self.contactSquares = contactSquares
    }

    /// The numbers of a reading, as the last substep left them.
    @inline(__always)
    package subscript(reading: Reading) -> UnsafePointer<Double> { readings + reading.start }
}

/// Where to find a quantity that a task asked for: `state[torso][0]` is its first number.
package struct Reading: Sendable {
    fileprivate var start: Int
    /// Numbers: 3 for a place, more or less for a sensor.
    package var count: Int

    init(_ range: Range<Int>) { (start, count) = (range.lowerBound, range.count) }
}

/// A joint's numbers in `PhysicsState`: one of each for a hinge or a slide, 7 positions and 6 velocities for a free joint.
package struct JointIndex: Sendable {
    /// Index of its first position and its first velocity.
    package var position, velocity: Int
}

/// Sum of squares of an action's numbers, as given (before MuJoCo clamps them).
@inline(__always)
func squaredNorm(_ action: UnsafeBufferPointer<Double>) -> Double {
    var sum = 0.0
    for a in action { sum += a * a }
    return sum
}
