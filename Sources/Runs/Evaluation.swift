import Agents
import Core
import Environments

/// Evaluates all agents in the same way: every policy plays E episodes without exploration on every task that it is meant for. A policy
/// that adapts does so anew before each of them, so that the result is a mean over E independent adaptations and not over E
/// nearly identical episodes of one.
///
/// Every task draws from its own stream, `evaluation/SET/TASK/STEP`: training and other tasks' evaluations
/// are not affected. Where both sets hold the same tasks (two-task families), they are evaluated once, recorded as train tasks.
public struct Evaluation: Sendable {
    /// Recorded with each run, so that runs that were evaluated in different ways are never averaged. 1: one adaptation, then all episodes. 2: an
    /// adaptation before each episode.
    public static let protocolVersion = 2

    public let configuration: RunConfiguration
    public let family: any TaskFamily

    public init(configuration: RunConfiguration, family: any TaskFamily) {
        self.configuration = configuration
        self.family = family
    }

    /// The sets that an evaluation goes through.
    public var sets: [TaskSet] { configuration.setsCoincide ? [.train] : [.train, .test] }

    /// Every task of `sets`, in order. Nil where `shouldStop` said so. Throws what making environments, adapting and acting throw.
    ///
    /// On graphs, each policy draws 2,000 trajectories.
    public func run(
        _ agent: any Agent, step: Int, spent: Int? = nil, sets: [TaskSet]? = nil, episodes: Int? = nil, shouldStop: () -> Bool = { false }
    ) throws -> [MetricRecord]? {
        var memory = GraphMemory()
        return try run(agent, step: step, spent: spent, sets: sets, episodes: episodes, memory: &memory, shouldStop: shouldStop)
    }

    /// The same where evaluations of one run follow each other. On graphs, each policy draws as many trajectories as a task was trained on
    /// since the one before, and what is found is counted from the first one on.
    package func run(
        _ agent: any Agent, step: Int, spent: Int? = nil, sets: [TaskSet]? = nil, episodes: Int? = nil, memory: inout GraphMemory,
        shouldStop: () -> Bool
    ) throws -> [MetricRecord]? {
        var remembered = memory
        let draws = memory.trajectories.map { (agent.progress.trajectories - $0) / max(1, configuration.trainTasks.count) }
            ?? GraphMemory.window
        remembered.trajectories = agent.progress.trajectories
        let episodes = episodes ?? configuration.budget.evaluationEpisodes
        let stored = try (agent as? any LatentMetaAgent)?.storedLatents()
        var records: [MetricRecord] = []
        for set in sets ?? self.sets {
            for (index, task) in configuration.tasks(set).enumerated() {
                var graph: GraphEvaluation?
                for policy in agent.policies {
                    var played = Played(
                        record: MetricRecord(
                            step: step, spent: spent, taskSet: set, task: task.name, policy: policy.name, phase: .evaluation,
                            episode: nil, value: 0),
                        trueTask: set == .train ? index : nil, stored: stored)
                    for trial in 0..<(policy.isAdapted ? episodes : 1) {
                        if shouldStop() { return nil }
                        guard let prepared = try prepare(agent, policy.name, set: set, task: index, step: step, trial: trial) else { break }
                        try play(prepared, task, policy.isAdapted ? 1 : episodes, into: &played)
                        if trial == 0 {
                            let place = "\(set.rawValue)/\(task.name)/\(policy.name)"
                            played.add(try measure(prepared.policies, task, &graph, at: place, step: step, draws: draws, &remembered))
                        }
                    }
                    records += played.records
                }
            }
        }
        memory = remembered
        return records
    }

    /// A policy ready for one task's deterministic episodes.
    public struct PreparedPolicy {
        /// At least one; of several the result is the mean.
        public var policies: [any Policy]
        /// What the episodes draw from next.
        public var random: RandomStream
        /// How the policy came about; nil for one that does not adapt.
        public var adaptation: Adaptation?
    }

    /// The policy of a name, ready for an evaluation at `step` on a task: after a new adaptation if it adapts. Nil if the agent has no
    /// such policy for this task.
    ///
    /// - Parameters:
    ///   - index: the task's number in its set.
    ///   - trial: which of the evaluation's adaptations, from 0; each draws from a stream of its own.
    ///   - seed: gives other draws than the evaluation's; default: the run's seed.
    ///   - watch: may put another environment in front of the one that is adapted in, to see what happens there.
    public func prepare(
        _ agent: any Agent, _ name: String, set: TaskSet, task index: Int, step: Int, trial: Int = 0, seed: UInt64? = nil,
        watch: (any Environment) -> any Environment = { $0 }
    ) throws -> PreparedPolicy? {
        guard let policy = agent.policies.first(where: { $0.name == name }), policy.isMeant(for: set) else { return nil }
        let task = configuration.tasks(set)[index]
        let streamName = "evaluation/\(set.rawValue)/\(task.name)/\(step)" + (name == AgentPolicy.metaName ? "" : "/\(name)")
            + (trial == 0 ? "" : "/trial-\(trial)")
        var random = RandomStreams(seed: seed ?? configuration.seed)[streamName]
        switch policy.origin {
        case .adapted:
            guard let agent = agent as? any MetaAgent else {
                throw GaitError.failure(
                    "\(configuration.agent) has a policy '\(name)' that adapts, but is not a MetaAgent; this is an error in the agent's code")
            }
            let adaptation = try agent.adapt(
                to: watch(family.makeEnvironment(task, copies: 1)), as: name, episodes: configuration.budget.adaptationEpisodes, using: &random)
            return PreparedPolicy(policies: [adaptation.policy], random: random, adaptation: adaptation)
        case .adaptedPersonally(let adapt):
            guard set == .train else { return nil }
            let environment = watch(try family.makeEnvironment(task, copies: 1))
            let adaptation = try adapt(index, environment, configuration.budget.adaptationEpisodes, &random)
            return PreparedPolicy(policies: [adaptation.policy], random: random, adaptation: adaptation)
        case .ready(let make):
            let policies = try make(set == .train ? index : nil)
            return policies.isEmpty ? nil : PreparedPolicy(policies: policies, random: random, adaptation: nil)
        }
    }

    /// Which metrics evaluations leave out and why, in words; nil where none is.
    func omission() throws -> String? {
        for task in configuration.trainTasks {
            guard let graph = (try family.makeEnvironment(task, copies: 1) as? any GraphEnvironment)?.graph else { return nil }
            if let reason = GraphEvaluation.omission(on: graph) { return reason }
        }
        return nil
    }

    /// Means over policies of what is measured of them on a task's graph, which is made for the first of them; nothing where the task or a
    /// policy has none.
    private func measure(
        _ policies: [any Policy], _ task: TaskDescription, _ graph: inout GraphEvaluation?, at place: String, step: Int, draws: Int,
        _ memory: inout GraphMemory
    ) throws -> [String: Double] {
        let graphPolicies = policies.compactMap { $0 as? any GraphPolicy }
        guard !graphPolicies.isEmpty, graphPolicies.count == policies.count else { return [:] }
        if graph == nil { graph = try (family.makeEnvironment(task, copies: 1) as? any GraphEnvironment).map { try GraphEvaluation($0.graph) } }
        guard let evaluation = graph else { return [:] }
        var sums: [String: Double] = [:]
        for (index, policy) in graphPolicies.enumerated() {
            var random = RandomStreams(seed: configuration.seed)["evaluation/\(place)/\(step)/trajectories-\(index)"]
            let measures = try evaluation.measure(
                policy, draws: draws, into: &memory.samples["\(place)/\(index)", default: .init()], using: &random)
            for (metric, value) in measures { sums[metric, default: 0] += value / Double(graphPolicies.count) }
        }
        return sums
    }

    /// `episodes` deterministic episodes of each policy, one after the other.
    private func play(_ prepared: PreparedPolicy, _ task: TaskDescription, _ episodes: Int, into played: inout Played) throws {
        if let adaptation = prepared.adaptation { played.add(adaptation) }
        let environment = try family.makeEnvironment(task, copies: 1)
        var random = prepared.random, player = EpisodePlayer(environment)
        for policy in prepared.policies {
            for _ in 0..<episodes { played.add(try player.play(policy, using: &random), after: prepared.adaptation) }
            played.add((policy as? any MeasuredPolicy)?.measures ?? [:])
        }
        if let known = environment as? any ModelledEnvironment {
            played.add([Metric.bestReturn.name: known.model.bestReturn(limit: known.description.episodeLimit)])
        }
    }
}

/// What one policy's evaluation on one task has recorded so far.
private struct Played {
    /// Step, task and policy of all records.
    let record: MetricRecord
    /// The training task that it is; nil for an unseen one.
    let trueTask: Int?
    /// The agent's latents of its training tasks, see `LatentMetaAgent`; nil for other agents.
    let stored: [[Float]?]?
    private var adaptations: [Adaptation] = []
    private var evaluation: [MetricRecord] = []

    init(record: MetricRecord, trueTask: Int?, stored: [[Float]?]?) {
        self.record = record
        self.trueTask = trueTask
        self.stored = stored
    }

    mutating func add(_ adaptation: Adaptation) { adaptations.append(adaptation) }

    /// What a policy says of itself, or what is known of the task; once of each metric.
    mutating func add(_ measures: [String: Double]) {
        let known = Set(evaluation.map(\.metric))
        evaluation += measures.filter { !known.contains($0.key) }.sorted { $0.key < $1.key }.map { record.ofWhole(.named($0.key), $0.value) }
    }

    mutating func add(_ episode: Episode, after adaptation: Adaptation?) {
        var own = record
        (own.episode, own.value) = (evaluation.count { $0.metric == Metric.episodeReturn.name }, episode.episodeReturn)
        evaluation += [own, own.with(.length, Double(episode.length))] + (episode.isUnstable ? [own.with(.unstable, 1)] : [])
            + episode.measures.map { own.with(.named($0.metric), $0.value) }
        if let trueTask, let latent = adaptation?.latent, let stored, let chosen = nearest(stored, to: latent) {
            evaluation.append(own.with(.wrongTask, chosen == trueTask ? 0 : 1))
        }
    }

    /// The adaptation's numbers, means over all adaptations, then those of each episode after them.
    var records: [MetricRecord] {
        guard !adaptations.isEmpty else { return evaluation }
        var own = record
        own.phase = .adaptation
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        var records = [own.with(.adaptationSteps, mean(adaptations.map { Double($0.steps) }))]
        for episode in 0..<(adaptations.map(\.episodeReturns.count).max() ?? 0) {
            // An agent that adapts for so many steps may play more episodes in one adaptation than in another.
            (own.episode, own.value) = (episode, mean(adaptations.compactMap { $0.episodeReturns.dropFirst(episode).first }))
            records.append(own)
        }
        return records + evaluation
    }

    /// The task whose stored latent has the least Euclidean distance; nil where no task has one.
    private func nearest(_ stored: [[Float]?], to latent: [Float]) -> Int? {
        var best: (task: Int, distance: Float)?
        for case (let task, let other?) in stored.enumerated() {
            var distance: Float = 0
            for (a, b) in zip(other, latent) { distance += (a - b) * (a - b) }
            if distance < best?.distance ?? .infinity { best = (task, distance) }
        }
        return best?.task
    }
}
