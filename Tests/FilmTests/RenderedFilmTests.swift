import Agents
import Core
import Environments
import Film
import Runs
import TestEnvironments
import Testing

/// Draws one pixel: the seed, the steps that its episode has, and the sum of its actions. Counts the steps that it was asked for.
private final class Drawn: RenderedEnvironment {
    let description = EnvironmentDescription(
        observation: .box(size: 1, low: 0, high: 9), action: .discrete(count: 3), episodeLimit: 4, dynamicsVary: false, timeStep: 0.1)
    let copies = 1
    let unstableEpisodes = 0
    var random = RandomStream(seed: 0)
    var isRendered = true
    private var seed: UInt64 = 0
    private var actions: [Float] = []
    private let counter: Counter

    /// Used by one thread.
    final class Counter: @unchecked Sendable {
        var steps = 0
        /// Episodes that are played again are others.
        var isForgetful = false
    }

    init(_ counter: Counter) { self.counter = counter }

    func reset(_ copy: Int, into batch: inout StepBatch) throws { 
        (seed, actions, batch.observations[0]) = (random.next() >> 57, [], 0)
    }
    func step(_ all: [Float], into batch: inout StepBatch) throws {
        actions += all
        batch.observations[0] = Float(actions.count)
        batch.rewards[0] = all[0]
        batch.truncated[0] = actions.count == 4
    }
    func episodeSeed(_ copy: Int) -> UInt64 { seed }
    func episodeActions(_ copy: Int) -> [Float] { actions }
    func replica() throws -> any RenderedEnvironment { Drawn(counter) }
    func play(seed: UInt64, actions: [Float]) throws -> [Float] {
        (self.seed, self.actions) = (seed, actions)
        return [Float(actions.count) + (counter.isForgetful ? 1 : 0)]
    }
    func image() throws -> RenderedImage {
        counter.steps += 1
        return RenderedImage(width: 1, height: 1, pixels: [UInt8(seed), UInt8(actions.count), UInt8(actions.reduce(0, +))])
    }
    func codeState(_ coder: StateCoder) throws {}
}

private final class DrawnFamily: TaskFamily {
    static let name = "drawn"
    static let summary = "environments that draw themselves"
    let counter = Drawn.Counter()
    init() {}
    init(settings: NoSettings, assets: FamilyAssets) throws {}
    var description: EnvironmentDescription { Drawn(counter).description }
    func tasks(_ set: TaskSet, seed: UInt64) throws -> [TaskDescription] { [TaskDescription(name: "one", parameters: [:])] }
    func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment { Drawn(counter) }
}

private final class Alternating: Policy {
    private var count = 0
    func beginEpisode() { count = 0 }
    func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
        count += 1
        action[0] = Float(count % 3)
    }
}

@Suite struct RenderedFilmTests {
    /// Every frame shows what the environment draws after the steps until then, in whatever order frames are asked for, and one picture serves all
    /// frames of a step.
    @Test func framesShowTheEpisodePlayedAgain() throws {
        let family = DrawnFamily(), task = try family.tasks(.train, seed: 1)[0]
        var recorder = try EpisodeRecorder(family.makeEnvironment(task, copies: 1), family: family, task: task, methods: [RenderedFilm()])
        let source = Trajectory.Source(family: "drawn", task: task, taskSet: .train, agent: "a", policy: "meta", step: 0, seed: 3, model: "")
        var random = RandomStreams(seed: 3)["episodes"]
        let episodes = try (0..<2).map { try recorder.play(Alternating(), source: source, episode: $0, using: &random) }
        let seeds = episodes.map { UInt8($0.states[0]) }
        #expect(seeds[0] != seeds[1] && episodes.allSatisfy { $0.steps == 4 })

        let film = try Film(
            [Film.Panel(scene: recorder.scene, episodes: episodes)], size: PictureSize(width: 64, height: 48), framesPerSecond: 20)
        // Ten steps a second: two frames each, and at the end.
        func shown(_ frame: Int) throws -> [UInt8] {
            var pixels = [UInt8](repeating: 0, count: 3 * film.width * film.height)
            try pixels.withUnsafeMutableBytes { try film.draw(frame, into: $0) }
            let middle = 3 * (30 * film.width + 32)
            return Array(pixels[middle..<middle + 3])
        }
        let steps: [[UInt8]] = [[0, 0], [1, 1], [1, 1], [2, 3], [2, 3], [3, 3], [3, 3], [4, 4]]
        let second = film.episodeFrames[0]
        #expect(try (0..<8).map(shown) == steps.map { [seeds[0]] + $0 })
        #expect(family.counter.steps == 5)
        #expect(try (0..<8).reversed().map { try shown(second + $0) } == steps.reversed().map { [seeds[1]] + $0 })
        family.counter.isForgetful = true
        #expect(throws: GaitError.self) { try shown(0) }
    }

    @Test func anEnvironmentThatDrawsNothingIsNotShown() throws {
        let family = DrawnFamily(), task = try family.tasks(.train, seed: 1)[0], environment = Drawn(family.counter)
        environment.isRendered = false
        #expect(throws: GaitError.self) { try EpisodeRecorder(environment, family: family, task: task, methods: [RenderedFilm()]) }
    }
}
