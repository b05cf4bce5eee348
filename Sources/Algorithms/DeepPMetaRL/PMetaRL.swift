import Agents
import Core
import Environments
import Learning

/// Deep pMeta-RL (arXiv 2209.10072, Algorithm 1 and equations 10-14): every task trains personalized soft actor-critic
/// networks with an inference network, pulled towards auxiliary copies of the meta networks (12) that follow them in turn
/// (13); after R updates the meta networks become the mean of all tasks' auxiliary copies (14) and every task starts the
/// next round from them. Its outputs are the meta-policy, which adapts to new tasks as PEARL does, and one personalized
/// policy a training task.
public final class PMetaRL: LatentMetaAgent {
    public static let name = "pmeta-rl"
    public static let summary = "deep pMeta-RL: personalized SAC policies tied to a meta-policy by a proximal term"

    let problem: Problem
    let settings: PMetaRLSettings
    package var meta: PMetaNetworks
    package let tasks: [PMetaTask]
    /// Updates per task so far in this round; 0 between two rounds, where the personalized networks are still the last
    /// round's (they return to the meta networks when the next one begins).
    var updatesInRound = 0
    /// Rounds that are complete.
    var rounds = 0

    public init(problem: Problem, settings: PMetaRLSettings, random: RandomStreams) throws {
        try settings.validate()
        self.problem = problem
        self.settings = settings
        let observation = problem.environment.observation.columns
        let action = problem.environment.action.columns
        try problem.requireContinuousSpaces(agent: Self.name)
        let layout = TransitionLayout(problem.environment)
        var initialization = random["initialization"]
        let meta = PMetaNetworks(
            observation: observation, action: action,
            contextWidth: layout.contextWidth(withNext: problem.environment.dynamicsVary), tasks: problem.trainTasks.count,
            settings: settings, using: &initialization)
        self.meta = meta
        tasks = try problem.trainTasks.enumerated().map { index, task in
            PMetaTask(
                index: index, of: problem.trainTasks.count, environment: try problem.makeEnvironment(task, 1), meta: meta,
                settings: settings, stepBudget: problem.steps(ofTask: index), random: random)
        }
    }

    public var progress: AgentProgress {
        AgentProgress(
            environmentSteps: tasks.reduce(0) { $0 + $1.environmentSteps }, gradientUpdates: tasks.reduce(0) { $0 + $1.updates },
            unstableEpisodes: tasks.reduce(0) { $0 + $1.collector.environment.unstableEpisodes }, rounds: rounds)
    }

    /// Algorithm 1. Before the first round every task collects initial steps.
    public func train(_ session: any TrainingSession) throws {
        while !isBudgetSpent, tasks.contains(where: { $0.environmentSteps < settings.initialSteps }) {
            try forEachTask { [meta, settings] task in
                try task.collect(min(500, settings.initialSteps - task.environmentSteps), meta: meta)
            }
            try session.pause(drainMetrics(), endsRound: tasks.allSatisfy { $0.environmentSteps >= settings.initialSteps })
        }
        while !isBudgetSpent {
            // Line 7: personalized and auxiliary networks of every task start from the meta networks.
            if updatesInRound == 0 { for task in tasks { task.beginRound(from: meta) } }
            let roundLength = roundLength
            while updatesInRound < roundLength, !isBudgetSpent {
                // Lines 8-12, a block of updates at a time.
                let updates = min(Self.updatesPerPause, roundLength - updatesInRound, updatesLeft)
                try forEachTask { [meta, settings] task in
                    for _ in 0..<updates {
                        try task.collect(settings.stepsPerUpdate, meta: meta)
                        try task.update()
                    }
                    try task.checkParameters()
                }
                updatesInRound += updates
                if updatesInRound < roundLength, !isBudgetSpent { try session.pause(drainMetrics()) }
            }
            averageAuxiliaryNetworks()
            updatesInRound = 0
            rounds += 1
            try session.endRound(drainMetrics())
        }
    }

    /// R, the updates per task of the round that is under way or begins.
    private var roundLength: Int {
        let updatesBefore = max(0, (tasks.map(\.updates).max() ?? 0) - updatesInRound)
        return updatesBefore < settings.warmUpUpdates ? settings.warmUpUpdatesPerRound : settings.updatesPerRound
    }

    /// Updates per task between two pauses at the most: a fraction of a second at Table III's sizes.
    private static let updatesPerPause = 20

    private var isBudgetSpent: Bool { tasks.allSatisfy { $0.remainingSteps == 0 } }
    /// Updates until the budget is spent.
    private var updatesLeft: Int {
        let steps = tasks.map(\.remainingSteps).max() ?? 0
        return (steps + settings.stepsPerUpdate - 1) / settings.stepsPerUpdate
    }

    /// Equation (14).
    private func averageAuxiliaryNetworks() {
        average(tasks.map { $0.auxiliary.parameters }, into: meta.parameters, weight: settings.metaRate)
    }

    /// Line 8 of Algorithm 1: tasks share nothing within a round, so any number of threads gives the same bits.
    private func forEachTask(_ body: @Sendable (PMetaTask) throws -> Void) throws {
        try forEachInParallel(tasks, threads: problem.threads, body)
    }

    private func drainMetrics() -> [String: Double] { MetricMeans.means(of: tasks.map { $0.metrics.drain() }) }
}

extension PMetaRL {
    /// The meta-policy and each task's personalized one, both at a fresh z and at the z of the stored context. Where z is one-hot, both on the
    /// training tasks alone.
    public var policies: [AgentPolicy] {
        let personal = AgentPolicy.personal { [self] in policy(of: tasks[$0].personalized, task: tasks[$0]) }
        if settings.taskEmbedding == .oneHot {
            return [.metaOnTrainingTasks { [self] in policy(of: meta, task: tasks[$0]) }, personal]
        }
        return [
            .meta, .metaStored { [self] in policy(of: meta, task: tasks[$0]) }, personal,
            .personalFresh { [self] in try adaptPersonally($0, to: $1, as: AgentPolicy.personalFreshName, episodes: $2, using: &$3) },
        ] + settings.policyNames(AgentPolicy.metaName).map { .adaptedOn($0.episodes, name: $0.name) }
            + settings.policyNames(AgentPolicy.personalName).map { own in
                .personalAdaptedOn(own.episodes, name: own.name) { [self] in
                    try adaptPersonally($0, to: $1, as: own.name, episodes: own.episodes, using: &$2)
                }
            }
    }

    private func adaptPersonally(
        _ task: Int, to environment: any Environment, as policy: String, episodes: Int, using random: inout RandomStream
    ) throws -> Adaptation {
        let terms = settings.terms(of: policy, stem: AgentPolicy.personalName, episodes: episodes)
        var adaptation = try adapt(tasks[task].personalized, to: environment, terms, using: &random)
        // Its inference network is its own: the z can't be compared with `storedLatents`.
        adaptation.latent = nil
        return adaptation
    }

    /// Meta-test, "consistent with PEARL".
    public func adapt(
        to environment: any Environment, as policy: String, episodes: Int, using random: inout RandomStream
    ) throws -> Adaptation {
        guard settings.taskEmbedding == .inferred else {
            throw GaitError.usage("with taskEmbedding=oneHot pmeta-rl can't adapt: z is the number of a training task and is not inferred")
        }
        let terms = settings.terms(of: policy, stem: AgentPolicy.metaName, episodes: episodes)
        return try adapt(meta, to: environment, terms, using: &random)
    }

    private func adapt(
        _ networks: PMetaNetworks, to environment: any Environment, _ terms: (episodes: Int, priorEpisodes: Int),
        using random: inout RandomStream
    ) throws -> Adaptation {
        let policy = GaussianLatentPolicy(
            actor: networks.actor.frozenCopy(), observationSize: problem.environment.observation.columns,
            latent: Array(repeating: 0, count: networks.encoder.latentSize))
        return try settings.adaptation(
            policy: policy, encoder: networks.encoder, contextHasNext: problem.environment.dynamicsVary
        ).beginning(withPriorEpisodes: terms.priorEpisodes).run(in: environment, episodes: terms.episodes, using: &random)
    }

    public func storedLatents() -> [[Float]?] { tasks.map { knownLatent(of: meta, task: $0) } }

    /// A copy of the networks' actor at the z of a task: its one-hot vector, or the posterior's mean given its recent context.
    private func policy(of networks: PMetaNetworks, task: PMetaTask) -> GaussianLatentPolicy {
        GaussianLatentPolicy(
            actor: networks.actor.frozenCopy(), observationSize: task.observationSize, latent: storedLatent(of: networks, task: task))
    }

    /// The z of a task; nil where it is inferred and the task has no context yet.
    private func knownLatent(of networks: PMetaNetworks, task: PMetaTask) -> [Float]? {
        task.embedding ?? networks.encoder.latent(of: task.context, withNext: task.contextHasNext)
    }

    private func storedLatent(of networks: PMetaNetworks, task: PMetaTask) -> [Float] {
        knownLatent(of: networks, task: task) ?? Array(repeating: 0, count: task.latentSize)
    }
}

extension PMetaRL: ActionValueSource {
    /// The personalized critics of a task for a personalized policy, at the z of the task's recent context; else the meta critics: for
    /// `meta-stored` at that z, for any other policy at the prior's mean. A one-hot z is always the task's.
    public func actionValues(observation: [Float], actions: [Float], policy: String, trainingTask: Int) throws -> [Float] {
        let task = tasks[trainingTask], isPersonal = policy.hasPrefix(AgentPolicy.personalName)
        let networks = isPersonal ? task.personalized : meta
        let latent = isPersonal || policy == AgentPolicy.metaStoredName || task.embedding != nil
            ? storedLatent(of: networks, task: task) : Array(repeating: 0, count: task.latentSize)
        return networks.critics.values(observation: observation, actions: actions, latent: latent)
    }
}
