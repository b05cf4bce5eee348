import Agents

extension PMetaRLSettings {
    /// Table III for `paper`; smaller networks and batches, shorter rounds and fewer updates a step for the others, and on ant-fwd-back more
    /// entropy at `laptop` and `long`. What else the paper leaves open is the same in all.
    public static func preset(_ preset: Preset, family: String) -> PMetaRLSettings {
        var settings = PMetaRLSettings()
        let table = families[family]
        settings.proximalWeight = table?.proximalWeight ?? 15
        settings.replayCapacity = table?.replayCapacity ?? 100_000
        settings.latentWeight = table?.latentWeight ?? settings.latentWeight
        switch preset {
        case .paper:
            settings.updatesPerRound = table?.updatesPerRound ?? 4000
            settings.stepsPerUpdate = table?.stepsPerUpdate ?? 1
        case .laptop, .long:
            settings.actorHidden = [128, 128]
            settings.criticHidden = [128, 128]
            settings.encoderHidden = [64, 64]
            settings.batchSize = table?.laptopBatch ?? 128
            settings.contextBatch = table?.laptopBatch ?? 128
            settings.replayCapacity = table?.laptopReplay ?? 100_000
            settings.updatesPerRound = table?.laptopUpdatesPerRound ?? 200
            settings.targetEntropy = table?.laptopTargetEntropy ?? settings.targetEntropy
            if let budget = table?.laptopLatentBudget {
                settings.latentBudget = budget
                settings.contextEpisodes = 2
                settings.contextCapacity = 400
            }
            settings.stepsPerUpdate = 2
        case .quick:
            settings.actorHidden = [64, 64]
            settings.criticHidden = [64, 64]
            settings.encoderHidden = [64, 64]
            settings.batchSize = 64
            settings.contextBatch = 64
            settings.stepsPerUpdate = 2
            settings.initialSteps = 200
        }
        return settings
    }

    /// What differs between families: the rows of Table III (`stepsPerUpdate` follows from total steps / (C * R * N)), and the laptop's own.
    ///
    /// - With ten tasks instead of two, a meta update averages over five times the samples: a smaller batch buys more updates.
    /// - Where the meta-policy does not learn to use z anyway, or tasks hardly conflict, longer rounds bring more, on half-cheetah-vel those of
    ///   Table III.
    /// - On half-cheetah-dir, where values of opposite tasks drift furthest apart, short rounds learn by far the most, and a KL term of fixed
    ///   weight lets z run away in them or empties it.
    /// - On ant-fwd-back, where standing still is worth 1 a step, a policy of little entropy never finds out that walking is worth more.
    private static let families: [String: FamilyNumbers] = [
        "ant-fwd-back": FamilyNumbers(
            replayCapacity: 100_000, updatesPerRound: 5000, proximalWeight: 15, stepsPerUpdate: 1,
            laptopBatch: 64, laptopReplay: 100_000, laptopUpdatesPerRound: 2000, latentWeight: 0.002, laptopTargetEntropy: 0.3),
        "half-cheetah-dir": FamilyNumbers(
            replayCapacity: 100_000, updatesPerRound: 4000, proximalWeight: 15, stepsPerUpdate: 1,
            laptopBatch: 128, laptopReplay: 100_000, laptopUpdatesPerRound: 50, latentWeight: 0.03, laptopLatentBudget: 25),
        "half-cheetah-vel": FamilyNumbers(
            replayCapacity: 20_000, updatesPerRound: 2000, proximalWeight: 20, stepsPerUpdate: 1,
            laptopBatch: 64, laptopReplay: 50_000, laptopUpdatesPerRound: 2000, latentWeight: 0.002),
        "walker-2d-params": FamilyNumbers(
            replayCapacity: 20_000, updatesPerRound: 2000, proximalWeight: 20, stepsPerUpdate: 2,
            laptopBatch: 64, laptopReplay: 50_000, laptopUpdatesPerRound: 500, latentWeight: 0.002),
    ]

    private struct FamilyNumbers {
        var replayCapacity: Int
        var updatesPerRound: Int
        var proximalWeight: Float
        var stepsPerUpdate: Int
        var laptopBatch: Int
        var laptopReplay: Int
        var laptopUpdatesPerRound: Int
        var latentWeight: Float
        /// Nats per action dimension; nil for the general default.
        var laptopTargetEntropy: Float?
        /// Nats; nil for a fixed weight of the KL term and contexts of episodes with z from the prior alone. With a budget a context is as
        /// long as at the meta-test, an episode with z from the prior and one from the posterior.
        var laptopLatentBudget: Float?
    }
}
