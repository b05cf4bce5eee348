import Agents
import Core
import DeepPMetaRL
import Environments
import Learning

/// Deep pMeta-RL's update.
extension LearningCases {
    /// Whole updates of one task, with both forms of the proximal pull.
    static func pMetaUpdate(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        for form in [PMetaRLSettings.ProximalForm.decoupled, .coupled] {
            let task = try pMetaTask(file, form), expected = try file.part(form.rawValue), losses = try expected.parts("losses")
            let updates = try file.parts("updates")
            try file.require(losses.count == updates.count, "'\(form.rawValue).losses' has \(losses.count) entries, not \(updates.count)")
            for (i, update) in updates.enumerated() {
                let context = try update.tensor("context", rank: 2), noise = try update.tensor("noise", rank: 2)
                let sample = PMetaSample(
                    transitions: try transitions(update), context: context, latentNoise: try update.tensor("latentNoise", rank: 1),
                    nextNoise: try update.tensor("nextNoise", rank: 2), noise: noise)
                try require(
                    file, task.personalized.actor, task.personalized.critics, sample.transitions, latent: task.settings.latentSize)
                try file.require(
                    context.columns == task.personalized.encoder.network.layers[0].inputs && noise.shape == sample.transitions.action.shape
                        && sample.nextNoise.shape == noise.shape && sample.latentNoise.count == task.settings.latentSize,
                    "'context' or the noise of update \(i) have another shape")
                try task.update(on: sample)
                let found = task.metrics.drainMeans(), names = ["criticLoss", "latentKL", "actorLoss", "policyEntropy", "entropyCoefficient"]
                comparison.compare(
                    "\(form.rawValue): losses of update \(i)", names.map { Float(found[$0] ?? .nan) },
                    try names.map { Float(try losses[i].number($0)) })
            }
            for (name, networks) in [("personalized", task.personalized), ("auxiliary", task.auxiliary)] {
                comparison.compare("\(form.rawValue): \(name)", networks, try pMetaNetworks(try expected.part(name), like: networks))
            }
            comparison.compare("\(form.rawValue): targets", task.targets, try twinCritic(expected, "targets"))
        }
    }

    private static func pMetaTask(_ file: LearningCaseFile, _ form: PMetaRLSettings.ProximalForm) throws -> PMetaTask {
        let initial = try file.part("initial"), recorded = try file.part("settings"), (observation, action, latent) = try sizes(file)
        func number(_ key: String) throws -> Float { Float(try recorded.number(key)) }
        let personalized = try initial.part("personalized")
        func hidden(_ network: MLP) -> [Int] { network.layers.dropLast().map(\.outputs) }
        var settings = PMetaRLSettings()
        settings.actorHidden = hidden(try personalized.network("actor", activation: .relu))
        settings.criticHidden = hidden(try twinCritic(personalized, "critics").first)
        settings.encoderHidden = hidden(try personalized.network("encoder", activation: .relu))
        settings.latentSize = latent
        settings.batchSize = try file.parts("updates").first?.tensor("observation", rank: 2).rows ?? 1
        settings.actorLearningRate = try number("actorLearningRate")
        settings.criticLearningRate = try number("criticLearningRate")
        settings.encoderLearningRate = try number("encoderLearningRate")
        settings.discount = try number("discount")
        settings.targetRate = try number("targetRate")
        settings.policyRegularization = try number("policyRegularization")
        settings.entropyTuning = .automatic
        settings.entropyCoefficient = try number("entropyCoefficient")
        settings.entropyLearningRate = try number("entropyLearningRate")
        settings.targetEntropy = try number("targetEntropy")
        settings.rewardScale = try number("rewardScale")
        settings.proximalWeight = try number("proximalWeight")
        settings.proximalForm = form
        settings.auxiliaryLearningRate = try number("auxiliaryLearningRate")
        settings.latentWeight = try number("latentWeight")
        settings.latentBudget = 0
        var unused = RandomStream(seed: 0)
        let meta = PMetaNetworks(
            observation: observation, action: action, contextWidth: observation + action + 1, settings: settings, using: &unused)
        let task = PMetaTask(
            index: 0, environment: NoEnvironment(observation: observation, action: action), meta: meta, settings: settings, stepBudget: 0,
            random: RandomStreams(seed: 0))
        task.personalized.copyParameters(from: try pMetaNetworks(personalized, like: meta))
        task.auxiliary.copyParameters(from: try pMetaNetworks(try initial.part("auxiliary"), like: meta))
        let targets = try twinCritic(initial, "targets")
        try file.require(haveSameShapes(targets, task.targets), "'initial.targets' do not have the sizes of the critics")
        task.targets.copyParameters(from: targets)
        return task
    }

    /// Throws unless they have the sizes of `other`.
    private static func pMetaNetworks(_ part: LearningCaseFile, like other: PMetaNetworks) throws -> PMetaNetworks {
        var networks = other
        networks.actor = try actor(part, "actor")
        networks.critics = try twinCritic(part, "critics")
        networks.encoder.network = try part.network("encoder", activation: .relu)
        try part.require(haveSameShapes(networks, other), "the networks of '\(part.path)' do not have the sizes of the others")
        return networks
    }
}

/// Spaces without anything to step: what is checked begins from recorded transitions.
private final class NoEnvironment: Environment {
    let description: EnvironmentDescription
    let copies = 1
    let unstableEpisodes = 0
    var random = RandomStream(seed: 0)

    init(observation: Int, action: Int) {
        description = EnvironmentDescription(
            observation: .unbounded(observation), action: .box(size: action, low: -1, high: 1), episodeLimit: 1, dynamicsVary: false,
            timeStep: 0)
    }
    func reset(_ copy: Int, into batch: inout StepBatch) throws {}
    func step(_ actions: [Float], into batch: inout StepBatch) throws {}
    func codeState(_ coder: StateCoder) throws {}
}
