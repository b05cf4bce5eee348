import Agents
import Environments
import Formats
import Foundation
import Runs

/// Films of a run's evaluations: the first evaluation episode of the first training task, by its personalized policy if the agent has
/// one; on a graph a picture of the policy's flows. Training does not depend on them, and continues on a machine that can't make them.
public final class EvaluationFilms: EvaluationFilming {
    private let evaluation: Evaluation
    private let folder: String
    private let every: Int
    private let methods: [any FilmMethod]
    /// How many multiples of `every` have been passed.
    private var filmed: Int
    private var isOff: Bool

    static let size = PictureSize(width: 480, height: 360)
    static let framesPerSecond = 30

    /// Makes a run film its evaluations every `every` steps; nil for 0.
    public static func maker(every: Int, methods: [any FilmMethod]) -> EvaluationFilmingMaker? {
        every <= 0 ? nil : { EvaluationFilms($0, folder: $1, every: every, methods: methods, from: $2) }
    }

    /// Makes no films if `every` is 0. A run that is resumed at step `start` films what comes after, and first itself if there is no film of it.
    init(_ evaluation: Evaluation, folder: String, every: Int, methods: [any FilmMethod], from start: Int) {
        self.evaluation = evaluation
        self.folder = folder
        self.every = every
        self.methods = methods
        isOff = every <= 0
        filmed = isOff ? 0 : start / every
        if filmed > 0, !Self.hasFilm(of: filmed * every...start, in: folder) { filmed -= 1 }
    }

    private static func hasFilm(of steps: ClosedRange<Int>, in folder: String) -> Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.contains { name in
            let stem = (name as NSString).deletingPathExtension
            return stem.hasPrefix("step-") && Int(stem.dropFirst("step-".count)).map(steps.contains) == true
        }
    }

    /// Films if a video is due. After a failure there is one warning and no further attempt.
    public func film(_ agent: any Agent, step: Int, shouldStop: () -> Bool, observe: (RunEvent) -> Void) {
        guard !isOff, step / every > filmed else { return }
        filmed = step / every
        let path = "\(folder)/step-\(step).mp4"
        do {
            guard let policy = agent.policies(for: .train).first else { return }
            if let picture = try flows(agent, policy.name, step: step) {
                try makeFolder(folder)
                let path = "\(folder)/step-\(step).png"
                try FlowFilm([[picture]]).write(to: path, as: .png)
                return observe(.filmed(step: step, path: path))
            }
            let panel = try evaluation.record(
                agent, policy.name, set: .train, task: 0, step: step, episodes: 1, methods: methods, shouldStop: shouldStop)
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
            observe(.warning("no film of step \(step) and of later steps: \(error)"))
        }
    }

    /// Nil where there are none, or too many for a picture.
    private func flows(_ agent: any Agent, _ policy: String, step: Int) throws -> Picture? {
        do { return try evaluation.flows(agent, policy, set: .train, task: 0, step: step)?.picture } catch is GraphError { return nil }
    }

    private struct Stopped: Error {}
}
