import Agents

extension PEARLSettings {
    /// The authors' configuration files for `paper`; small networks and short iterations for the others.
    public static func preset(_ preset: Preset, family: String) -> PEARLSettings {
        var settings = PEARLSettings()
        let table = families[family]
        switch preset {
        case .paper:
            guard let table else { break }
            settings.metaBatch = table.metaBatch
            settings.contextBatch = table.contextBatch
            settings.priorSteps = table.priorSteps
            settings.extraSteps = table.extraSteps
            settings.updatesPerIteration = table.updatesPerIteration
        case .laptop, .long:
            settings.makeSmall(layer: 128, batch: table?.laptopBatch ?? 64)
            settings.replayCapacity = 200_000
            settings.latentWeight = table?.laptopLatentWeight ?? 0.002
            settings.targetEntropy = table?.laptopTargetEntropy ?? settings.targetEntropy
            settings.metaBatch = table?.laptopMetaBatch ?? 5
            settings.updatesPerIteration = table?.laptopUpdates ?? 120
            settings.initialSteps = 1000
        case .quick:
            settings.makeSmall(layer: 64, batch: 64)
            settings.latentWeight = table?.laptopLatentWeight ?? 0.002
            settings.metaBatch = 2
            settings.updatesPerIteration = 150
            settings.initialSteps = 200
        }
        return settings
    }

    /// Two tasks collected an iteration, one episode of 200 steps with z from the prior and two from the posterior, and the
    /// entropy tuned, since rewards are no longer scaled to suit a coefficient of 1.
    private mutating func makeSmall(layer: Int, batch: Int) {
        hidden = [layer, layer]
        encoderHidden = [64, 64]
        learningRate = 1e-3
        encoderLearningRate = 1e-3
        batchSize = batch
        contextBatch = batch
        collectionTasks = 2
        priorSteps = 200
        extraSteps = 400
        rewardScale = 1
        entropyTuning = .automatic
        entropyCoefficient = 0.2
    }

    /// What differs between families. The laptop's number of updates spends about as many rows as pMeta-RL's preset does; its target
    /// entropy on ant-fwd-back, where too little exploration never finds out that walking pays, is pMeta-RL's, too.
    private static let families: [String: FamilyNumbers] = [
        "ant-fwd-back": FamilyNumbers(
            metaBatch: 4, contextBatch: 256, priorSteps: 400, extraSteps: 600, updatesPerIteration: 4000,
            laptopMetaBatch: 2, laptopBatch: 128, laptopUpdates: 300, laptopLatentWeight: 0.002, laptopTargetEntropy: 0.3),
        "half-cheetah-dir": FamilyNumbers(
            metaBatch: 4, contextBatch: 256, priorSteps: 1000, extraSteps: 1000, updatesPerIteration: 2000,
            laptopMetaBatch: 2, laptopBatch: 128, laptopUpdates: 300, laptopLatentWeight: 0.02),
        "half-cheetah-vel": FamilyNumbers(
            metaBatch: 16, contextBatch: 100, priorSteps: 400, extraSteps: 600, updatesPerIteration: 2000,
            laptopMetaBatch: 5, laptopBatch: 64, laptopUpdates: 120, laptopLatentWeight: 0.002),
        "walker-2d-params": FamilyNumbers(
            metaBatch: 10, contextBatch: 100, priorSteps: 400, extraSteps: 600, updatesPerIteration: 4000,
            laptopMetaBatch: 5, laptopBatch: 64, laptopUpdates: 120, laptopLatentWeight: 0.002),
    ]

    private struct FamilyNumbers {
        var metaBatch: Int
        var contextBatch: Int
        var priorSteps: Int
        var extraSteps: Int
        var updatesPerIteration: Int
        var laptopMetaBatch: Int
        var laptopBatch: Int
        var laptopUpdates: Int
        var laptopLatentWeight: Float
        var laptopTargetEntropy: Float?
    }
}
