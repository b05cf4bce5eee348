extension PMetaRLSettings {
    /// Table III for `paper`; smaller networks, shorter rounds and more frequent context for the two others. The choices
    /// that the paper leaves open are the same in all three.
    public static func preset(_ preset: Preset, family: String) -> PMetaRLSettings {
        var settings = PMetaRLSettings()
        let table = tableIII[family]
        settings.proximalWeight = table?.proximalWeight ?? 15
        settings.replayCapacity = table?.replayCapacity ?? 100_000
        switch preset {
        case .paper:
            settings.updatesPerRound = table?.updatesPerRound ?? 4000
            settings.stepsPerUpdate = table?.stepsPerUpdate ?? 1
        case .laptop:
            settings.actorHidden = [256, 256]
            settings.criticHidden = [256, 256]
        case .quick:
            settings.actorHidden = [128, 128]
            settings.criticHidden = [128, 128]
            settings.encoderHidden = [64, 64]
            settings.batchSize = 128
            settings.contextBatch = 64
            settings.initialSteps = 400
        }
        return settings
    }

    /// The rows of Table III that differ between families. `stepsPerUpdate` follows from total steps / (C * R * N).
    private static let tableIII: [String: (replayCapacity: Int, updatesPerRound: Int, proximalWeight: Float, stepsPerUpdate: Int)] = [
        "ant-fwd-back": (100_000, 5000, 15, 1),
        "half-cheetah-dir": (100_000, 4000, 15, 1),
        "half-cheetah-vel": (20_000, 2000, 20, 1),
        "walker-2d-params": (20_000, 2000, 20, 2),
    ]
}
