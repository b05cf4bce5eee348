import Agents
import Formats
import Foundation
import Runs

/// Videos that a run makes of itself on the way: the first train task's first evaluation episode, by its personalized policy
/// where the agent keeps one. Nothing in training depends on them, and a machine that can't make them trains all the same.
public final class EvaluationFilms: EvaluationFilming {
    private let evaluation: Evaluation
    private let folder: String
    private let every: Int
    /// Multiples of `every` that lie behind.
    private var filmed: Int
    private var isOff: Bool

    static let size = PictureSize(width: 480, height: 360)
    static let framesPerSecond = 30

    /// What a run needs to film its evaluations `every` so many steps; nil where that is 0.
    public static func maker(every: Int) -> EvaluationFilmingMaker? {
        every <= 0 ? nil : { EvaluationFilms($0, folder: $1, every: every, from: $2) }
    }

    /// None where `every` is 0. A run that goes on at step `start` films what comes after.
    init(_ evaluation: Evaluation, folder: String, every: Int, from start: Int) {
        self.evaluation = evaluation
        self.folder = folder
        self.every = every
        isOff = every <= 0
        filmed = isOff ? 0 : start / every
    }

    /// Films where a video is due. A failure is one warning, and the last attempt.
    public func film(_ agent: any Agent, step: Int, shouldStop: () -> Bool, observe: (RunEvent) -> Void) {
        guard !isOff, step / every > filmed else { return }
        filmed = step / every
        let path = "\(folder)/step-\(step).mp4"
        do {
            let isKept = agent.policies.contains { $0.name == AgentPolicy.personalName }
            let panel = try evaluation.record(
                agent, isKept ? .personal : .meta, set: .train, task: 0, step: step, episodes: 1, shouldStop: shouldStop)
            guard let panel else { return }
            try makeFolder(folder)
            try Film([panel], size: Self.size, framesPerSecond: Self.framesPerSecond).write(to: path, as: .mp4) { _, _ in
                if shouldStop() { throw Stopped() }
            }
            observe(.filmed(step: step, path: path))
        } catch is Stopped {
            return
        } catch {
            isOff = true
            observe(.warning("no video of step \(step), and none later: \(error)"))
        }
    }

    private struct Stopped: Error {}
}
