import Environments
import MuJoCo

/// An environment whose copies are MuJoCo simulations: what verification, benchmarks and films need
/// beyond `Environment`.
public protocol PhysicsEnvironment: Environment {
    /// The simulations, one a copy.
    var simulations: SimulationBatch { get }
    /// Substeps of the simulation between two actions.
    var frameSkip: Int { get }
    /// Controls are an agent's actions times this.
    var controlScale: Double { get }

    /// Begins an episode of one copy in a given state: positions [nq], velocities [nv], everything else as after a reset.
    /// Throws when the counts differ or the simulation does not accept the state.
    func setState(_ copy: Int, positions: [Double], velocities: [Double]) throws
    /// `Environment.step` in the precision of the physics: `actions` is [copies, action columns]; results are in `batch`
    /// and, unrounded, in `observation` and `reward`.
    func step(precise actions: [Double], into batch: inout StepBatch) throws

    /// The state of one copy after its last step or reset: [nq] and [nv].
    func positions(_ copy: Int) -> [Double]
    func velocities(_ copy: Int) -> [Double]
    /// Sum of squared clipped contact forces of the last step, where the reward depends on it; nil elsewhere.
    func contactSquares(_ copy: Int) -> Double?
    /// The last observation and reward of one copy before they are rounded to float32.
    func observation(_ copy: Int) -> [Double]
    func reward(_ copy: Int) -> Double
}
