import Agents

extension RL2Settings {
    /// Two episodes a trial everywhere. `paper` has the papers' meta-batch of 40 trials; the others learn from small batches, as their
    /// budgets leave few trials: 1,000 of 400 steps at `laptop` on a family of two tasks.
    public static func preset(_ preset: Preset, family: String) -> RL2Settings {
        var settings = RL2Settings()
        switch preset {
        case .paper:
            settings.taskDraw = .replacement
            settings.epochs = 10
        case .laptop, .long:
            settings.metaBatch = families[family]?.metaBatch ?? 10
            settings.epochs = 10
        case .quick:
            settings.hiddenSize = 32
            settings.metaBatch = 4
        }
        return settings
    }

    /// What differs between families: trials of an iteration, a multiple of their training tasks.
    private static let families: [String: FamilyNumbers] = [
        "ant-fwd-back": FamilyNumbers(metaBatch: 10),
        "half-cheetah-dir": FamilyNumbers(metaBatch: 10),
        "half-cheetah-vel": FamilyNumbers(metaBatch: 20),
        "walker-2d-params": FamilyNumbers(metaBatch: 20),
    ]

    private struct FamilyNumbers {
        var metaBatch: Int
    }
}
