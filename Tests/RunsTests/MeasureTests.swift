import Agents
import Core
import Environments
import Foundation
import Navigation
import Runs
import Testing

/// Measures that a family gives its episodes, and where a policy was.
@Suite struct MeasureTests {
    private func evaluation() throws -> Evaluation {
        var configuration = try smallRun()
        let family = try SparsePointRobot()
        configuration.trainTasks = family.tasks(.train, seed: 1)
        configuration.testTasks = []
        return Evaluation(configuration: configuration, family: family)
    }

    /// The straight way right ends at the goal of one of ten tasks.
    @Test func anEvaluationRecordsTheMeasuresOfEveryPolicysEpisodes() throws {
        let evaluation = try evaluation(), records = try #require(try evaluation.run(Straight(), step: 0))
        for policy in ["meta", "personal"] {
            let reached = records.filter { $0.policy == policy && $0.metric == Metric.goalReached.name && $0.phase == .evaluation }
            #expect(reached.count == 10 * 3 && Set(reached.filter { $0.value == 1 }.map(\.task)) == ["goal-00"])
            let distances = records.filter { $0.policy == policy && $0.metric == Metric.finalDistance.name }
            #expect(distances.count == 10 * 3 && abs((distances.first { $0.task == "goal-09" }?.value ?? 0) - 1.9) < 1e-5)
        }
        #expect(abs(try #require(records.mean(.goalReached, of: "personal", on: .train)) - 0.1) < 1e-9)
    }

    @Test func aTraceHasThePathsOfTheAdaptationAndOfTheEpisodeAfterIt() throws {
        let evaluation = try evaluation()
        let trace = try #require(try evaluation.trace(Straight(), "meta", set: .train, task: 0, step: 0))
        #expect(trace.adaptation.map(\.count) == [21, 21] && trace.final.count == 21)
        #expect(trace.adaptation[1][0] == [0, 0] && abs(trace.final[20][0] - 0.9) < 1e-5 && trace.final[20][1] == 0)
        let task = evaluation.configuration.trainTasks[0], reached: Double = task.name == "goal-00" ? 1 : 0
        #expect(trace.finalEpisode.measures.first { $0.metric == "goalReached" }?.value == reached)
        let ready = try #require(try evaluation.trace(Straight(), "personal", set: .train, task: 0, step: 0))
        #expect(ready.adaptation.isEmpty && ready.final == trace.final)
        #expect(try evaluation.trace(Straight(), "nobody", set: .train, task: 0, step: 0) == nil)
    }
}

/// Goes right, 0.045 a step, and adapts on two episodes of that.
private final class Straight: MetaAgent {
    struct Settings: AgentSettings { func validate() throws {} }
    static let name = "straight"
    static let summary = "Goes right."
    let progress = AgentProgress()

    init() {}
    init(problem: Problem, settings: Settings, random: RandomStreams) throws {}

    var policies: [AgentPolicy] { [.meta, .personal { _ in Right() }] }
    func train(_ session: any TrainingSession) throws {}
    func codeState(_ coder: StateCoder) throws {}

    func adapt(
        to environment: any Environment, as policy: String, episodes: Int, using random: inout RandomStream
    ) throws -> Adaptation {
        var player = EpisodePlayer(environment), played: [Episode] = []
        for _ in 0..<episodes { played.append(try player.play(Right(), using: &random)) }
        return Adaptation(policy: Right(), episodes: played)
    }

    private final class Right: Policy {
        func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
            (action[0], action[1]) = (0.45, 0)
        }
    }
}
