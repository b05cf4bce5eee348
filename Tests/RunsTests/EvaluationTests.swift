import Agents
import Core
import Environments
import Foundation
import Runs
import TestEnvironments
import Testing

/// What an evaluation of policies that adapt plays and records.
@Suite struct EvaluationTests {
    private func records(_ agent: Guesser, episodes: Int) throws -> [MetricRecord] {
        var configuration = try smallRun()
        configuration.budget.evaluationEpisodes = episodes
        let family = LineFamily(settings: NoSettings(), assets: FamilyAssets())
        return try #require(try Evaluation(configuration: configuration, family: family).run(agent, step: 10))
    }

    @Test func everyEpisodeComesFromAnAdaptationOfItsOwn() throws {
        let agent = Guesser(), records = try records(agent, episodes: 20)
        // Two training and two test tasks for `meta`, two training tasks for `personal-fresh`.
        #expect(agent.adaptations == 20 * 6)
        for task in ["goal-0", "goal-8"] {
            let returns = records.filter {
                $0.task == task && $0.policy == "meta" && $0.phase == .evaluation && $0.metric == Metric.episodeReturn.name
            }
            #expect(returns.map(\.episode) == Array(0..<20))
            #expect(returns.contains { $0.value > -1 } && returns.contains { $0.value < -1 }, "some of twenty guesses are right, some wrong")
        }
    }

    @Test func aWrongGuessIsRecordedBesideItsEpisode() throws {
        let records = try records(Guesser(), episodes: 20)
        let wrong = records.filter { $0.metric == Metric.wrongTask.name }
        // Test tasks are none of the tasks that z could be nearest to; the latent of `personal-fresh` can't be compared.
        #expect(wrong.count == 2 * 20 && wrong.allSatisfy { $0.taskSet == .train && $0.policy == "meta" && $0.phase == .evaluation })
        for guess in wrong {
            let played = records.first {
                $0.metric == Metric.episodeReturn.name && $0.phase == .evaluation && $0.policy == "meta" && $0.task == guess.task
                    && $0.episode == guess.episode
            }
            #expect(guess.value == (try #require(played).value < -1 ? 1 : 0))
        }
    }

    @Test func adaptationEpisodesAreMeansOverTheAdaptations() throws {
        let agent = Guesser(), records = try records(agent, episodes: 4)
        let own = records.filter { $0.task == "goal-0" && $0.policy == "meta" && $0.phase == .adaptation }
        // Adaptations 0 to 3 of this task report returns n and 10 n and n + 1 steps.
        #expect(own.map(\.metric) == ["adaptationSteps", "return", "return"] && own.map(\.value) == [2.5, 1.5, 15])
        #expect(own.map(\.episode) == [nil, 0, 1])
    }

    @Test func adaptationsMayHaveDifferentNumbersOfEpisodes() throws {
        let agent = Guesser(growing: true), records = try records(agent, episodes: 3)
        let own = records.filter { $0.task == "goal-0" && $0.policy == "meta" && $0.phase == .adaptation && $0.metric == "return" }
        // The adaptations' returns are [0, 0], [1, 10, 100] and [2, 20, 100, 200].
        #expect(own.map(\.value) == [1, 10, 100, 200] && own.map(\.episode) == [0, 1, 2, 3])
    }

    @Test func runsThatWereEvaluatedInAnotherWayAreNotResumed() throws {
        let folder = try TemporaryFolder(), directory = RunDirectory(folder.path + "/run")
        let recorder = Recorder()
        recorder.stop(afterPauses: 3)
        _ = try Run.train(smallRun(), in: directory, context: recorder.context)
        let file = directory.configurationFile
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains("evaluationProtocol: 2\n"))
        try text.replacing("evaluationProtocol: 2\n", with: "").write(to: URL(fileURLWithPath: file), atomically: true, encoding: .utf8)
        #expect(try directory.configuration().evaluationProtocol == 1)
        #expect(try directory.configuration().firstDifference(to: smallRun())?.key == "evaluationProtocol")
        let error = #expect(throws: GaitError.self) { _ = try Run.resume(directory, context: Recorder().context) }
        #expect("\(String(describing: error))".contains("evaluated in another way"))
        #expect(try Run.evaluate(directory, context: Recorder().context) != nil)
    }

    @Test func aShorterEvaluationBeginsWithTheSameEpisodes() throws {
        func returns(_ episodes: Int) throws -> [Double] {
            try records(Guesser(), episodes: episodes).filter {
                $0.task == "goal-8" && $0.policy == "meta" && $0.metric == Metric.episodeReturn.name && $0.phase == .evaluation
            }.map(\.value)
        }
        #expect(try returns(5) == Array(returns(20).prefix(5)))
    }
}

/// Adapts by tossing a coin between the two training tasks' goals; z is the goal's number.
private final class Guesser: LatentMetaAgent {
    struct Settings: AgentSettings { func validate() throws {} }
    static let name = "guesser"
    static let summary = "Tosses a coin."
    private(set) var adaptations = 0
    let progress = AgentProgress()
    /// Every adaptation has an episode more than the one before.
    private let isGrowing: Bool

    init(growing: Bool = false) { isGrowing = growing }
    init(problem: Problem, settings: Settings, random: RandomStreams) throws { isGrowing = false }

    var policies: [AgentPolicy] {
        [.meta, .personalFresh { [self] _, environment, _, random in
            var adaptation = try adapt(to: environment, as: "", episodes: 2, using: &random)
            adaptation.latent = nil
            return adaptation
        }]
    }
    func train(_ session: any TrainingSession) throws {}
    func storedLatents() -> [[Float]?] { [[0], [1]] }

    func adapt(
        to environment: any Environment, as policy: String, episodes: Int, using random: inout RandomStream
    ) throws -> Adaptation {
        let guess = random.index(below: 2), number = Double(adaptations)
        adaptations += 1
        let more = isGrowing ? (1..<adaptations).map { 100 * Double($0) } : []
        return Adaptation(
            policy: Walk(direction: Float(guess)), episodeReturns: [number, 10 * number] + more, steps: adaptations, latent: [Float(guess) + 0.3])
    }
    func codeState(_ coder: StateCoder) throws {}

    /// Always the same way.
    private final class Walk: Policy {
        let direction: Float
        init(direction: Float) { self.direction = direction }
        func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
            action[0] = direction
        }
    }
}
