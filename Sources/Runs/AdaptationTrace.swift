import Agents
import Core
import Environments

/// Where a policy was on a task: in its adaptation episodes, and in the deterministic episode after them.
public struct AdaptationTrace: Sendable, Equatable {
    /// Observations of an episode in order, the first one before any action: [steps + 1][observation columns].
    public typealias Path = [[Float]]
    /// One path for each adaptation episode; empty for a policy that does not adapt.
    public var adaptation: [Path]
    public var final: Path
    public var finalEpisode: Episode
}

extension Evaluation {
    /// What this evaluation plays first for a policy on a task, with the same draws: the trial's adaptation and its first episode. Nil if
    /// the agent has no such policy for this task.
    ///
    ///     try evaluation.trace(agent, "personal-k5", set: .train, task: 3, step: 400_000)
    public func trace(
        _ agent: any Agent, _ name: String, set: TaskSet, task index: Int, step: Int, trial: Int = 0
    ) throws -> AdaptationTrace? {
        var recorder: PathRecorder?
        let prepared = try prepare(agent, name, set: set, task: index, step: step, trial: trial) { environment in
            let made = PathRecorder(environment)
            recorder = made
            return made
        }
        guard let prepared else { return nil }
        let environment = PathRecorder(try family.makeEnvironment(configuration.tasks(set)[index], copies: 1))
        var player = EpisodePlayer(environment), random = prepared.random
        let episode = try player.play(prepared.policies[0], using: &random)
        return AdaptationTrace(adaptation: recorder?.paths ?? [], final: environment.paths.first ?? [], finalEpisode: episode)
    }
}

/// An environment of one copy that remembers every observation it gave.
private final class PathRecorder: MeasuredEnvironment {
    private let inner: any Environment
    private(set) var paths: [AdaptationTrace.Path] = []

    init(_ inner: any Environment) { self.inner = inner }

    var description: EnvironmentDescription { inner.description }
    var copies: Int { inner.copies }
    var unstableEpisodes: Int { inner.unstableEpisodes }
    var random: RandomStream {
        get { inner.random }
        set { inner.random = newValue }
    }

    func reset(_ copy: Int, into batch: inout StepBatch) throws {
        try inner.reset(copy, into: &batch)
        paths.append([batch.observations])
    }

    func step(_ actions: [Float], into batch: inout StepBatch) throws {
        try inner.step(actions, into: &batch)
        if !paths.isEmpty { paths[paths.count - 1].append(batch.observations) }
    }

    func measures(ofEpisodeIn copy: Int) -> [EpisodeMeasure] { (inner as? any MeasuredEnvironment)?.measures(ofEpisodeIn: copy) ?? [] }

    func codeState(_ coder: StateCoder) throws { try inner.codeState(coder) }
}
