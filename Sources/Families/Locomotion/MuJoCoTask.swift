import Core

/// One task of a family on MuJoCo: its observation, reward, end and start, in terms of the physics. `MuJoCoEnvironment` does everything
/// else.
protocol MuJoCoTask {
    /// Number of columns that `observe` writes.
    static var observationColumns: Int { get }
    /// What the robot's model must have, since `observe` and the others index its state by these numbers.
    static var modelSizes: ModelSizes { get }
    /// Substeps of the simulation between two actions.
    static var frameSkip: Int { get }
    /// Where set, contact forces clipped to plus or minus this are read after each step.
    static var contactClip: Double? { get }

    /// Writes the observation of a state, all `observationColumns` of it.
    func observe(_ state: PhysicsState, into row: UnsafeMutablePointer<Double>)
    func reward(before: PhysicsState, after: PhysicsState, action: UnsafeBufferPointer<Double>) -> Double
    func isTerminal(_ state: PhysicsState) -> Bool
    /// The noise of a reset: positions hold the model's default ones on entry, velocities zeros.
    func perturb(
        _ positions: UnsafeMutableBufferPointer<Double>, _ velocities: UnsafeMutableBufferPointer<Double>,
        using random: inout RandomStream)
}

extension MuJoCoTask {
    static var contactClip: Double? { nil }
}

/// Numbers of a model's positions (nq), velocities (nv) and controls (nu).
struct ModelSizes: Equatable, CustomStringConvertible {
    var positions, velocities, controls: Int
    var description: String { "\(positions) positions, \(velocities) velocities and \(controls) controls" }
}

/// One simulation's state between two actions, as MuJoCo names its parts. A view that is valid only within the call that received it.
struct PhysicsState {
    /// Generalised positions, [nq].
    var qpos: UnsafePointer<Double>
    /// Generalised velocities, [nv].
    var qvel: UnsafePointer<Double>
    /// The torso's place in the world, x, y and z in m, as the last substep left it.
    var torso: UnsafePointer<Double>
    /// Sum of the squared clipped contact forces; zero unless the task has a `contactClip`.
    var contactSquares: Double
}

/// Sum of squares of an action's numbers, as given (before MuJoCo clamps them).
@inline(__always)
func squaredNorm(_ action: UnsafeBufferPointer<Double>) -> Double {
    var sum = 0.0
    for a in action { sum += a * a }
    return sum
}
