import Agents

extension RL2Settings {
    /// Two episodes a trial everywhere. `paper` has the papers' network, meta-batch and action scale; the others learn from small batches
    /// with less noise, as their budgets leave few trials: 1,000 of 400 steps at `laptop` on half-cheetah-dir. Over the millions of steps of
    /// `long` the standard deviation gets small, and without a bound on the divergence an iteration undoes what others learned.
    public static func preset(_ preset: Preset, family: String) -> RL2Settings {
        var settings = RL2Settings()
        settings.epochs = 10
        switch preset {
        case .paper:
            settings.hiddenSize = 256
            settings.taskDraw = .replacement
            settings.minibatches = 4
        case .laptop, .long:
            settings.metaBatch = families[family]?.metaBatch ?? 4
            settings.baseline = families[family]?.baseline ?? .valueHead
            settings.actionScale = 0.5
            settings.initialLogStd = -0.7
            if preset == .long {
                settings.metaBatch = 20
                settings.maxKL = 0.02
            }
        case .quick:
            settings.hiddenSize = 32
            settings.metaBatch = 2
            settings.actionScale = 0.5
            settings.initialLogStd = -0.7
        }
        return settings
    }

    /// What differs between families: tasks, and so trials, of an iteration, all of them where there are ten; and the baseline. Linear
    /// features fit best where episodes always last their limit: where they end early, time says little, and the value head does better.
    private static let families: [String: FamilyNumbers] = [
        "ant-fwd-back": FamilyNumbers(metaBatch: 4, baseline: .valueHead),
        "half-cheetah-dir": FamilyNumbers(metaBatch: 4, baseline: .linearFeatures),
        "half-cheetah-vel": FamilyNumbers(metaBatch: 10, baseline: .linearFeatures),
        "walker-2d-params": FamilyNumbers(metaBatch: 10, baseline: .valueHead),
    ]

    private struct FamilyNumbers {
        var metaBatch: Int
        var baseline: Baseline
    }
}
