import Agents
import Core
import Environments
import Formats
import Foundation
import Runs

/// An agent that is a program of its own, in whatever language. Gait owns its environments and counts what it spends; the program has the
/// algorithm, the networks and the policies. PROTOCOL.md says how they talk.
///
/// Its state is that of its environments, and bytes that only the program understands. Whether the same seed gives the same result is
/// the program's own affair.
public final class ProgramAgent: MetaAgent {
    public static let name = "program"
    public static let summary = "an agent that is a program of its own"

    /// An agent without settings of its own; `ProgramLibrary` gives each program those that it asks for.
    public struct Settings: AgentSettings {
        public init() {}
        public func validate() throws {}
    }

    private let host: ProgramAgentHost
    private let described: [DescribedPolicy]

    /// A policy as the program describes it.
    private struct DescribedPolicy: Decodable {
        var name: String
        var title: String?
        /// `all` or `training`.
        var tasks: String?
        var adapts: Bool?
    }

    private struct Started: Decodable {
        var policies: [DescribedPolicy]
    }

    /// The problem as the program gets it.
    private struct Start: Encodable {
        var environment: EnvironmentWords
        var tasks: [TaskDescription]
        var budget: Int
        var threads: Int
        var seed: UInt64
    }

    /// Throws `GaitError.usage`: a program is started by its path.
    public required init(problem: Problem, settings: Settings, random: RandomStreams) throws {
        throw GaitError.usage("a program is named by its path")
    }

    /// Starts the agent in a process that answered `hello`. Throws `ProgramError`.
    init(process: ProgramProcess, problem: Problem, settings: ConfigurationValue, random: RandomStreams) throws {
        guard !problem.trainTasks.isEmpty else { throw SettingError("tasks", "at least one training task expected") }
        host = ProgramAgentHost(process: process, problem: problem, random: random)
        let start = Start(
            environment: EnvironmentWords(problem.environment), tasks: problem.trainTasks, budget: problem.totalSteps, threads: problem.threads,
            seed: random.seed)
        // The settings keep their order and their numbers as they were written.
        let json = (jsonLine(start) ?? "{}").dropLast() + ", \"settings\": \(settings.json)}"
        try process.call(.start) { $0.append(String(json)) }
        let reply: Started
        do { reply = try decodeJSON(Started.self, from: Data(process.payload)) } catch {
            throw process.wrong("start: the policies expected, found \(process.text.prefix(200))")
        }
        let names = Set(reply.policies.map(\.name))
        guard !names.isEmpty, !names.contains(""), names.count == reply.policies.count else {
            throw process.wrong("start: at least one policy expected, each with a name of its own")
        }
        for policy in reply.policies where !["all", "training", nil].contains(policy.tasks) {
            throw process.wrong("start: policy '\(policy.name)' is for the tasks '\(policy.tasks ?? "")'; 'all' or 'training' expected")
        }
        described = reply.policies
    }

    public var progress: AgentProgress { host.progress }

    public var policies: [AgentPolicy] {
        described.map { own in
            let title = own.title ?? own.name, isForAll = own.tasks != "training"
            switch (own.adapts ?? false, isForAll) {
            case (true, true): return .adapted(own.name, title: title)
            case (true, false):
                return AgentPolicy(
                    name: own.name, title: title, tasks: .training,
                    origin: .adaptedPersonally { [host] task, environment, episodes, random in
                        try host.adapt(own.name, task: task, to: environment, episodes: episodes, using: &random)
                    })
            case (false, _):
                return .ready(own.name, title: title, on: isForAll ? .all : .training) { [host] task in
                    isForAll || task != nil ? [try host.policy(own.name, task: task)] : []
                }
            }
        }
    }

    public func train(_ session: any TrainingSession) throws {
        guard !host.isSpent else { return }
        try host.train(session)
    }

    public func adapt(to environment: any Environment, as policy: String, episodes: Int, using random: inout RandomStream) throws -> Adaptation {
        try host.adapt(policy, task: nil, to: environment, episodes: episodes, using: &random)
    }

    /// Asks the program for its state; throws `ProgramError` where it fails, also while saving.
    public func codeState(_ coder: StateCoder) throws { try host.codeState(coder) }
}

/// What a program learns of an environment, in JSON.
struct EnvironmentWords: Codable {
    var observation: SpaceWords
    var action: SpaceWords
    var episodeLimit: Int
    var timeStep: Double
    var dynamicsVary: Bool
    var masksActions: Bool
    var hasLearningReward: Bool
    /// Whether a family's environments draw themselves; absent: no.
    var hasPictures: Bool?

    init(_ description: EnvironmentDescription) {
        observation = SpaceWords(description.observation)
        action = SpaceWords(description.action)
        episodeLimit = description.episodeLimit
        timeStep = description.timeStep
        dynamicsVary = description.dynamicsVary
        masksActions = description.masksActions
        hasLearningReward = description.hasLearningReward
    }

    /// Steps of an episode, columns of a space, seconds of a step: beyond these, memory or films would have no end.
    private static let mostSteps = 1_000_000, mostSeconds = 1e6

    /// Throws `ChannelError` for spaces that there aren't.
    func description() throws -> EnvironmentDescription {
        guard (1...Self.mostSteps).contains(episodeLimit) else {
            throw ChannelError.wrongMessage("episodeLimit is \(episodeLimit); 1 to \(Self.mostSteps) steps expected")
        }
        guard (0...Self.mostSeconds).contains(timeStep) else {
            throw ChannelError.wrongMessage("timeStep is \(timeStep); 0 to \(Int(Self.mostSeconds)) seconds expected")
        }
        if masksActions, action.kind != "discrete" {
            throw ChannelError.wrongMessage("masksActions needs a discrete action space, found \(action.kind)")
        }
        return EnvironmentDescription(
            observation: try observation.space(), action: try action.space(), episodeLimit: episodeLimit, dynamicsVary: dynamicsVary,
            timeStep: timeStep, masksActions: masksActions, hasLearningReward: hasLearningReward)
    }
}

/// A space: `{"kind": "box", "size": 17, "low": -1, "high": 1}` (without bounds where there are none), `{"kind": "discrete", "counts": [4]}`,
/// `{"kind": "multi-discrete", "counts": [5, 5]}`.
struct SpaceWords: Codable {
    var kind: String
    var size: Int?
    var low: Float?
    var high: Float?
    var counts: [Int]?

    init(_ space: Space) {
        switch space {
        case .box(let size, let low, let high):
            (kind, self.size) = ("box", size)
            (self.low, self.high) = (low.isFinite ? low : nil, high.isFinite ? high : nil)
        case .discrete(let count): (kind, counts) = ("discrete", [count])
        case .multiDiscrete(let all): (kind, counts) = ("multi-discrete", all)
        }
    }

    /// Columns, or choices in all, that a space may have.
    private static let most = 1_000_000

    func space() throws -> Space {
        let sizes = counts ?? size.map { [$0] } ?? []
        guard sizes.count <= Self.most, sizes.allSatisfy({ $0 <= Self.most }), sizes.reduce(0, { $0 + max(0, $1) }) <= Self.most else {
            throw ChannelError.wrongMessage("a space of kind '\(kind)' has \(sizes.prefix(10)) columns or choices; at most \(Self.most) in all expected")
        }
        switch (kind, size, counts) {
        case ("box", let size?, _) where size > 0: return .box(size: size, low: low ?? -.infinity, high: high ?? .infinity)
        case ("discrete", _, let counts?) where counts.count == 1 && counts[0] > 0: return .discrete(count: counts[0])
        case ("multi-discrete", _, let counts?) where !counts.isEmpty && counts.allSatisfy { $0 > 0 }: return .multiDiscrete(counts: counts)
        default: throw ChannelError.wrongMessage("a space is of kind '\(kind)'; box with size, discrete or multi-discrete with counts expected")
        }
    }
}
