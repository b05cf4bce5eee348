import Agents
import Core
import EngineFilm
import Environments
import Film
import Foundation
import Locomotion
import Runs
import TestEnvironments
import Testing

private let assets = FamilyAssets(folder: assetsFolder)
private let models = ModelLibrary(folder: assets.models)

/// Rocks its joints, whatever it observes, each episode anew.
private final class Rocking: Policy {
    private var time = 0.0
    func beginEpisode() { time = 0 }
    func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
        time += 0.05
        for i in action.indices { action[i] = Float(sin(6 * time + Double(i))) }
    }
}

@Suite struct TrajectoryTests {
    private let family = try! HalfCheetahDir(assets: assets)
    private let methods: [any FilmMethod] = [RobotFilm(models: models)]
    private let source = Trajectory.Source(
        family: "half-cheetah-dir", task: TaskDescription(name: "forward", parameters: ["direction": [1]]), taskSet: .train,
        agent: "rocking", policy: "meta", step: 7, seed: .max, model: "half_cheetah")

    private func recorded(_ episodes: Int) throws -> (panel: Film.Panel, random: RandomStream) {
        var random = RandomStreams(seed: 3)["episodes"]
        let task = family.tasks(.train, seed: 1)[0]
        var recorder = try EpisodeRecorder(family.makeEnvironment(task, copies: 1), family: family, task: task, methods: methods)
        let policy = Rocking()
        let trajectories = try (0..<episodes).map { try recorder.play(policy, source: source, episode: $0, using: &random) }
        return (Film.Panel(scene: recorder.scene, episodes: trajectories), random)
    }

    @Test func recordingPlaysTheSameEpisodesAsAnEvaluation() throws {
        let (panel, random) = try recorded(2)
        var expected = RandomStreams(seed: 3)["episodes"]
        var player = EpisodePlayer(try family.makeEnvironment(family.tasks(.train, seed: 1)[0], copies: 1))
        let policy = Rocking()
        for trajectory in panel.episodes {
            let episode = try player.play(policy, using: &expected)
            #expect(trajectory.episodeReturn == episode.episodeReturn && trajectory.steps == episode.length)
        }
        #expect(random == expected)
    }

    /// The reward of this family is the speed, from the positions, less 0.05 of the actions' squares.
    @Test func whatIsRecordedExplainsTheRewards() throws {
        let trajectory = try #require(try recorded(1).panel.episodes.first)
        let nq = trajectory.layout.states, nu = trajectory.layout.actions
        #expect(trajectory.steps == 200 && trajectory.duration == 10)
        #expect(trajectory.states.count == (200 * 5 + 1) * nq)
        let positions = trajectory.statesBetweenActions
        for step in 0..<200 {
            let dx = positions[(step + 1) * nq] - positions[step * nq]
            let squares = trajectory.actions[step * nu..<(step + 1) * nu].reduce(0) { $0 + Double($1) * Double($1) }
            #expect(abs(trajectory.rewards[step] - (dx / 0.05 - 0.05 * squares)) < 1e-5)
        }
    }

    /// The mark of the place that the ant is to reach, which the model's file has out of sight.
    @Test func aRecordedEpisodeIsShownWithItsGoal() throws {
        let folder = try TemporaryFolder(), path = folder.path + "/trajectory.npz"
        let family = try AntGoal(assets: assets), task = family.tasks(.train, seed: 1)[2]
        var random = RandomStreams(seed: 3)["episodes"], own = source
        (own.family, own.task, own.model) = (AntGoal.name, task, "ant_goal")
        var recorder = try EpisodeRecorder(family.makeEnvironment(task, copies: 1), family: family, task: task, methods: methods)
        let episode = try recorder.play(Rocking(), source: own, episode: 0, using: &random)
        try Film.Panel(scene: recorder.scene, episodes: [episode]).write(to: path)
        let registry = Registry(agents: [], families: [FamilyEntry(AntGoal.self, usesMuJoCo: true)], assets: assets)
        func place(_ methods: [any FilmMethod]) throws -> [Double] {
            try #require(Film.Panel.read(path, methods: methods).scene as? RobotScene).model.values("site_pos")
        }
        let goal = try #require(recorder.scene as? RobotScene).model.values("site_pos")
        #expect(try place([RobotFilm(models: models, registry: registry)]) == goal)
        #expect(try place(methods) != goal, "the file of the model knows no task")
    }

    @Test func aFileGivesBackWhatWasRecorded() throws {
        let folder = try TemporaryFolder()
        let panel = try recorded(2).panel
        let path = folder.path + "/trajectory.npz"
        try panel.write(to: path)
        #expect(try Film.Panel.read(path, methods: methods).episodes == panel.episodes)
        // As numpy.lib.format describes it: a dictionary, padded with blanks to 64 bytes.
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(bytes.starts(with: [0x50, 0x4B, 3, 4]))
        let headers = [
            "{'descr': '<f8', 'fortran_order': False, 'shape': (402, 9), }", "'shape': (2,), }", "'<U16', 'fortran_order': False, 'shape': (), }",
        ]
        for header in headers {
            #expect(bytes.range(of: Data(header.utf8)) != nil, "\(header)")
        }
    }

    @Test func aDamagedFileIsNamed() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/trajectory.npz"
        try recorded(1).panel.write(to: path)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        func complaint(_ data: Data) throws -> String {
            let file = folder.path + "/other.npz"
            try data.write(to: URL(fileURLWithPath: file))
            let (text, code) = problem { try Film.Panel.read(file, methods: methods) }
            #expect(code == 65 && text.contains("other.npz"), "\(text)")
            return text
        }
        for fraction in [0.0, 0.3, 0.9, 0.999] { _ = try complaint(whole.prefix(Int(Double(whole.count) * fraction))) }
        var flipped = whole
        flipped[5000] ^= 1
        #expect(try complaint(flipped).contains("'positions.npy' is damaged"))
        let other = try complaint(replacing("half_cheetah", "half_cheetah".reversed(), in: whole))
        #expect(other.contains("damaged"), "\(other)")  // the checksum tells
    }

    /// The data with a UTF-32 text exchanged for another of the same length.
    private func replacing(_ text: String, _ other: some Sequence<Character>, in data: Data) throws -> Data {
        func wide(_ text: String) -> Data { Data(text.unicodeScalars.flatMap { [UInt8($0.value), 0, 0, 0] }) }
        var changed = data
        let range = try #require(changed.range(of: wide(text)))
        changed.replaceSubrange(range, with: wide(String(other)))
        return changed
    }
}
