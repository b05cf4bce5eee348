import Agents
import ClassicControl
import Core
import Environments
import Film
import Foundation
import Grids
import Runs
import TestEnvironments
import Testing

private let registry = Registry(agents: [], families: [FamilyEntry(CartPole.self), FamilyEntry(HyperGrid.self)])
private let methods: [any FilmMethod] = [PictureFilm(registry: registry)]

/// Pushes the cart to where the pole leans.
private final class Leaning: Policy {
    func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
        action[0] = observation[2] + 0.3 * observation[3] > 0 ? 1 : 0
    }
}

/// Steps along the axes in turn, and stops after so many steps.
private final class Stepping: Policy {
    private let steps: Int
    private var taken = 0
    init(steps: Int) { self.steps = steps }
    func beginEpisode() { taken = 0 }
    func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
        action[0] = Float(taken < steps ? taken % 2 : 2)
        taken += 1
    }
}

private func recorded(_ name: String, _ policy: any Policy, task index: Int = 0, episodes: Int = 1) throws -> Film.Panel {
    let family = try registry.family(named: name), task = try family.tasks(.train, seed: 1)[index]
    var recorder = try EpisodeRecorder(family.makeEnvironment(task, copies: 1), family: family, task: task, methods: methods)
    let source = Trajectory.Source(
        family: name, task: task, taskSet: .train, agent: "scripted", policy: "meta", step: 1200, seed: 3, model: recorder.model)
    var random = RandomStreams(seed: 3)["episodes"]
    let trajectories = try (0..<episodes).map { try recorder.play(policy, source: source, episode: $0, using: &random) }
    return Film.Panel(scene: recorder.scene, episodes: trajectories)
}

private struct NoAgentSettings: AgentSettings {
    func validate() throws {}
}

/// Has a policy from the beginning.
private final class SteppingAgent: Agent {
    static let name = "stepping"
    static let summary = "Steps along the axes in turn."
    let progress = AgentProgress()
    init(problem: Problem, settings: NoAgentSettings, random: RandomStreams) throws {}
    var policies: [AgentPolicy] { [.ready("meta", title: "steps", on: .all) { _ in [Stepping(steps: 5)] }] }
    func train(_ session: any TrainingSession) throws {}
    func codeState(_ coder: StateCoder) throws {}
}

private func frame(_ film: Film, _ index: Int) throws -> [UInt8] {
    var pixels = [UInt8](repeating: 0, count: 3 * film.width * film.height)
    try pixels.withUnsafeMutableBytes { try film.draw(index, into: $0) }
    return pixels
}

@Suite struct PictureFilmTests {
    @Test func whatIsRecordedIsWhatWasPlayed() throws {
        let panel = try recorded("cart-pole", Leaning(), episodes: 2)
        let first = panel.episodes[0]
        #expect(first.steps > 5 && first.episodeReturn == Double(first.steps))
        #expect(first.states.count == (first.steps + 1) * 4 && first.observations.count == (first.steps + 1) * 4)
        #expect(first.states.map(Float.init) == first.observations)  // cart-pole's observation is its state
        #expect(first.actions.count == first.steps && panel.episodes[1].states != first.states)
    }

    @Test(arguments: [("cart-pole", 0), ("hyper-grid", 2)]) func aFileGivesBackWhatWasRecorded(name: String, task: Int) throws {
        let folder = try TemporaryFolder(), path = folder.path + "/run.npz"
        let panel = try recorded(name, name == "cart-pole" ? Leaning() : Stepping(steps: 5), task: task, episodes: 2)
        try panel.write(to: path)
        let read = try Film.Panel.read(path, methods: methods)
        #expect(read.episodes == panel.episodes && read.episodes[0].source.task.parameters == panel.episodes[0].source.task.parameters)
        let size = PictureSize(width: 80, height: 60)
        let before = try Film([panel], size: size, framesPerSecond: 10), after = try Film([read], size: size, framesPerSecond: 10)
        #expect(try frame(before, before.frameCount - 1) == frame(after, after.frameCount - 1))
    }

    /// A film runs in real time: steps of hours would make one without end.
    @Test func anEpisodeThatIsTooLongForAFilmIsRefused() throws {
        var panel = try recorded("cart-pole", Leaning(), episodes: 1)
        func film(timeStep: Double) throws -> Film {
            panel.episodes[0].layout.timeStep = timeStep
            return try Film([panel], size: PictureSize(width: 80, height: 60), framesPerSecond: 1)
        }
        #expect(throws: GaitError.self) { try film(timeStep: 1e300) }
        let hours = try film(timeStep: 7200 / Double(panel.episodes[0].steps))
        #expect(throws: GaitError.self) { try hours.write(to: TemporaryFolder().path + "/a.mp4", as: .mp4) }
        #expect(hours.frames(.png).count == 12)
    }

    /// A run of a family with other settings than its defaults: without them its pictures would show another board.
    @Test func theSettingsOfARunsFamilyAreRecorded() throws {
        let entry = try registry.familyEntry(named: "hyper-grid")
        let settings = try entry.settings(overrides: [SettingOverride(option: "size=4"), SettingOverride(option: "ends=full")])
        let family = try entry.make(settings: settings, assets: FamilyAssets()), tasks = try family.tasks(.train, seed: 1)
        let configuration = RunConfiguration(
            agent: SteppingAgent.name, family: family.name, preset: .quick, seed: 3, taskSeed: 1,
            budget: Budget(amount: 100, evaluateEvery: .every(100), checkpointEvery: 0), threads: 1,
            settings: try ConfigurationValue(encoding: NoAgentSettings()), familySettings: settings, trainTasks: tasks, testTasks: tasks,
            versions: Versions(gait: "1", mujoco: "", blas: "", swift: "", system: "", processor: ""), command: "")
        let problem = Problem(
            environment: family.description, trainTasks: tasks, budget: TrainingBudget(100, .steps), threads: 1,
            makeEnvironment: { try family.makeEnvironment($0, copies: $1) })
        let agent = try SteppingAgent(problem: problem, settings: NoAgentSettings(), random: RandomStreams(seed: 3))
        let evaluation = Evaluation(configuration: configuration, family: family)
        let panel = try #require(try evaluation.record(agent, "meta", set: .train, task: 0, step: 0, episodes: 1, methods: methods))
        let folder = try TemporaryFolder(), path = folder.path + "/run.npz"
        try panel.write(to: path)
        let read = try Film.Panel.read(path, methods: methods)
        func last(_ panel: Film.Panel) throws -> [UInt8] {
            let film = try Film([panel], size: PictureSize(width: 80, height: 60), framesPerSecond: 10)
            return try frame(film, film.frameCount - 1)
        }
        #expect(try last(read) == last(panel))
        var defaults = panel
        defaults.episodes[0].source.familySettings = ""
        try defaults.write(to: path)
        #expect(try last(Film.Panel.read(path, methods: methods)) != last(panel))
    }

    @Test func framesShowTheStatesInTheirOrder() throws {
        let panel = try recorded("hyper-grid", Stepping(steps: 3))
        #expect(panel.episodes[0].steps == 4)
        let film = try Film([panel], size: PictureSize(width: 120, height: 140), framesPerSecond: 4)
        #expect(film.frameCount == 7)  // a step a quarter of a second, and three quarters at the end
        let frames = try (0..<film.frameCount).map { try frame(film, $0) }
        #expect(frames[0] != frames[1] && frames[1] != frames[2] && frames[2] != frames[3])
        #expect(frames[3] == frames[6])
        #expect(film.drawnBy.contains("rasteriser"))
    }

    /// Half a frame more is a frame more: rounded, the end would be missing.
    @Test func theLastFrameShowsTheEnd() throws {
        let panel = try recorded("hyper-grid", Stepping(steps: 3)), size = PictureSize(width: 64, height: 48)
        let end = try frame(Film([panel], size: size, framesPerSecond: 4), 6)
        for rate in 1...9 {
            let film = try Film([panel], size: size, framesPerSecond: rate)
            #expect(try frame(film, film.frameCount - 1) == end, "\(rate)")
            #expect(Double(film.frameCount) >= 1.75 * Double(rate) && Double(film.frameCount) < 1.75 * Double(rate) + 1)
        }
    }

    /// A picture of a short episode does not repeat its end.
    @Test func aSheetHasFramesThatDiffer() throws {
        let size = PictureSize(width: 64, height: 48)
        let short = try Film([try recorded("hyper-grid", Stepping(steps: 5))], size: size, framesPerSecond: 30)
        let frames = short.frames(.png), pictures = try frames.map { try frame(short, $0) }
        #expect(short.frameCount == 68 && frames.count == 7)  // the start, six steps
        #expect(try Set(pictures).count == 7 && pictures.last == frame(short, 67))
        #expect(short.frames(.mp4).count == 68)
        let cart = try recorded("cart-pole", Leaning()), long = try Film([cart], size: size, framesPerSecond: 50)
        #expect(cart.episodes[0].steps > 50 && long.frames(.png).count == 12 && Set(long.frames(.png)).count == 12)
        #expect(long.frames(.png).last == cart.episodes[0].steps - 1, "the first frame of the end")
    }

    @Test func panelsAreBesideEachOther() throws {
        let left = try recorded("cart-pole", Leaning())
        var right = try recorded("hyper-grid", Stepping(steps: 2))
        right.episodes[0].source.agent = "other"  // or both names would get a number
        let size = PictureSize(width: 64, height: 48)
        let both = try Film([left, right], size: size, framesPerSecond: 10), one = try Film([left], size: size, framesPerSecond: 10)
        #expect(both.width == 128 && both.height == 48)
        let whole = try frame(both, 0), part = try frame(one, 0)
        let isTheSame = (0..<48).allSatisfy { whole[$0 * 384..<$0 * 384 + 192] == part[$0 * 192..<$0 * 192 + 192] }
        #expect(isTheSame)
    }

    @Test func damagedFilesAndUnknownFamiliesAreNamed() throws {
        let folder = try TemporaryFolder(), path = folder.path + "/run.npz"
        var panel = try recorded("hyper-grid", Stepping(steps: 3))
        panel.episodes[0].states[2] = 1e9
        try panel.write(to: path)
        let (text, code) = problem { try Film.Panel.read(path, methods: methods) }
        #expect(code == 65 && text.contains("run.npz") && text.contains("picture_states") && text.contains("state 2"), "\(text)")
        panel = try recorded("hyper-grid", Stepping(steps: 3))
        panel.episodes[0].source.family = "hyper-gird"
        try panel.write(to: path)
        let (other, otherCode) = problem { try Film.Panel.read(path, methods: methods) }
        #expect(otherCode == 65 && other.contains("did you mean 'hyper-grid'"), "\(other)")
        let (none, noneCode) = problem { try Film.Panel.read(path, methods: []) }
        #expect(noneCode == 65 && none.contains("run.npz"), "\(none)")
    }

    /// A state of a large grid is none of the default grid.
    @Test func theFamilysSettingsAreRecorded() throws {
        let folder = try TemporaryFolder(), path = folder.path + "/run.npz"
        var panel = try recorded("hyper-grid", Stepping(steps: 3))
        let overrides = try ["size=30", "dimension=3"].map { try SettingOverride(option: $0) }
        panel.episodes[0].source.familySettings = try registry.familyEntry(named: "hyper-grid").settings(overrides: overrides).inline
        for row in panel.episodes[0].states.indices { panel.episodes[0].states[row] = 20_000 }
        try panel.write(to: path)
        #expect(try Film.Panel.read(path, methods: methods).episodes == panel.episodes)
        panel.episodes[0].source.familySettings = ""
        try panel.write(to: path)
        #expect(problem { try Film.Panel.read(path, methods: methods) }.text.contains("picture_states"))
        panel.episodes[0].source.familySettings = "{siez: 30}"
        try panel.write(to: path)
        let (text, code) = problem { try Film.Panel.read(path, methods: methods) }
        #expect(code == 65 && text.contains("run.npz") && text.contains("family_settings"), "\(text)")
    }

    @Test func drawingPicturesIsMeasured() throws {
        let rate = try PictureBenchmark.framesPerSecond(registry.family(named: "cart-pole"), frames: 2)
        #expect(rate.map { $0 > 0 } == true)
    }

    @Test func sizesThatCannotBeDrawnAreRefused() throws {
        let panel = try recorded("hyper-grid", Stepping(steps: 3))
        for size in [PictureSize(width: 8, height: 480), PictureSize(width: 640, height: 100_000)] {
            let (text, code) = problem { try Film([panel], size: size, framesPerSecond: 10) }
            #expect(code == 64 && text.contains("16x16 to 4096x4096"), "\(text)")
        }
    }

    @Test func aFamilyThatCannotBeShownSaysSo() throws {
        let family = try registry.family(named: "cart-pole"), task = try family.tasks(.train, seed: 1)[0]
        let (text, code) = problem {
            try EpisodeRecorder(family.makeEnvironment(task, copies: 1), family: family, task: task, methods: [])
        }
        #expect(code == 64 && text.contains("cart-pole can't be shown"), "\(text)")
    }

    /// Writes sheets of frames to look at into the folder that GAIT_PICTURES names.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["GAIT_PICTURES"] != nil)) func picturesToLookAt() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["GAIT_PICTURES"])
        let cart = try recorded("cart-pole", Leaning()), grid = try recorded("hyper-grid", Stepping(steps: 6), task: 1)
        for (name, panels) in [("cart-pole", [cart]), ("hyper-grid", [grid]), ("both", [cart, grid])] {
            try Film(panels, size: PictureSize(width: 640, height: 480), framesPerSecond: 30).write(to: folder + "/\(name).png", as: .png)
        }
        try cart.write(to: folder + "/cart-pole.npz")
        try grid.write(to: folder + "/hyper-grid.npz")
    }
}
