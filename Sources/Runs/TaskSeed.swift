/// The seed that a run's tasks are drawn with.
public enum TaskSeed: Sendable, Equatable {
    /// The same for all runs, which then have the same tasks.
    case fixed(UInt64)
    /// The run's own: every seed has tasks of its own, the same for all agents.
    case perSeed

    /// Of all runs where nothing else is said.
    public static let standard = TaskSeed.fixed(RunRequest.standardTaskSeed)
    /// How `perSeed` is written in files and commands.
    public static let perSeedName = "perSeed"

    /// Reads a whole number or `perSeed`; nil for anything else.
    public init?(_ text: String) {
        if text == Self.perSeedName {
            self = .perSeed
        } else if let number = UInt64(text) {
            self = .fixed(number)
        } else {
            return nil
        }
    }

    /// What `init` reads.
    public var text: String {
        switch self {
        case .fixed(let number): "\(number)"
        case .perSeed: Self.perSeedName
        }
    }

    /// The number for a run.
    func number(seed: UInt64) -> UInt64 {
        switch self {
        case .fixed(let number): number
        case .perSeed: seed
        }
    }
}
