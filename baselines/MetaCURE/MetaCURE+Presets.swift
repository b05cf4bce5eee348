import Agents

extension MetaCURESettings {
    /// The authors' settings for `paper`, with two episodes of 200 steps explored where theirs have 64; small networks and
    /// short iterations for the others.
    public static func preset(_ preset: Preset, family: String) -> MetaCURESettings {
        var settings = MetaCURESettings()
        let table = families[family]
        switch preset {
        case .paper:
            settings.metaBatch = table?.metaBatch ?? 16
        case .laptop, .long:
            settings.makeSmall(layer: 128)
            settings.replayCapacity = 200_000
            settings.batchSize = table?.laptopBatch ?? 64
            settings.metaBatch = table?.laptopMetaBatch ?? 5
            settings.updatesPerIteration = table?.laptopUpdates ?? 120
            settings.latentWeight = table?.laptopLatentWeight ?? 0.01
            settings.targetEntropy = table?.laptopTargetEntropy ?? settings.targetEntropy
            settings.initialSteps = 1000
        case .quick:
            settings.makeSmall(layer: 64)
            settings.metaBatch = 2
            settings.updatesPerIteration = 150
            settings.initialSteps = 400
        }
        return settings
    }

    /// Two tasks an iteration, two episodes of 200 steps explored, as at meta-test, and two exploited; the entropy tuned, since
    /// rewards are no longer scaled to suit a coefficient of 1.
    private mutating func makeSmall(layer: Int) {
        hidden = [layer, layer]
        predictorHidden = [64, 64]
        learningRate = 1e-3
        encoderLearningRate = 1e-3
        contextInterval = 8
        contextLength = 48
        explorationsKept = 10
        collectionTasks = 2
        explorationSteps = 400
        exploitationSteps = 400
        rewardScale = 1
        entropyTuning = .automatic
        entropyCoefficient = 0.2
    }

    /// What differs between families. The target entropy on ant-fwd-back, where too little exploration never finds out that walking pays,
    /// is pMeta-RL's.
    private static let families: [String: FamilyNumbers] = [
        "ant-fwd-back": FamilyNumbers(
            metaBatch: 4, laptopMetaBatch: 2, laptopBatch: 128, laptopUpdates: 320, laptopLatentWeight: 0.01, laptopTargetEntropy: 0.3),
        "half-cheetah-dir": FamilyNumbers(
            metaBatch: 4, laptopMetaBatch: 2, laptopBatch: 128, laptopUpdates: 320, laptopLatentWeight: 0.03),
        "half-cheetah-vel": FamilyNumbers(
            metaBatch: 16, laptopMetaBatch: 5, laptopBatch: 64, laptopUpdates: 120, laptopLatentWeight: 0.01),
        "walker-2d-params": FamilyNumbers(
            metaBatch: 10, laptopMetaBatch: 5, laptopBatch: 64, laptopUpdates: 120, laptopLatentWeight: 0.01),
    ]

    private struct FamilyNumbers {
        var metaBatch: Int
        var laptopMetaBatch: Int
        var laptopBatch: Int
        var laptopUpdates: Int
        var laptopLatentWeight: Float
        var laptopTargetEntropy: Float?
    }
}
