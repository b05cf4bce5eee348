import Agents
import Runs

/// One run of an experiment and its state.
public struct PlannedRun: Sendable, Equatable {
    public enum Action: Sendable, Equatable {
        /// Finished before; nothing to do.
        case skip
        /// Finished in another folder, from which it is copied.
        case copy(from: RunDirectory)
        case resume, start
    }
    public var agent: Variant
    public var family: Variant
    public var seed: UInt64
    public var directory: RunDirectory
    /// Length of the whole run, in `unit`.
    public var budget: Int
    public var unit: BudgetUnit
    public var action: Action
    /// Why this machine can't train it; nil where it can, or need not.
    public var obstacle: String?
    /// The version of MuJoCo that a finished run was trained with, where this program has another one.
    public var otherEngine: String?

    /// `half-cheetah-dir/pmeta-rl/seed-0`, as its folders are called.
    public var label: String { "\(family.folder)/\(agent.folder)/seed-\(seed)" }
}
