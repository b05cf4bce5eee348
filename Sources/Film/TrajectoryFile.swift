import Agents
import Core
import Environments
import Formats
import Foundation
import Runs

/// Trajectories of one policy in a file that NumPy opens (`numpy.load("trajectory.npz")`). Episodes lie one after the other
/// in each array; `state_episode`, `step_episode` and `substep_episode` say which one a row belongs to.
///
/// | array | shape | unit |
/// |---|---|---|
/// | `positions`, `velocities` | [states, nq], [states, nv] | MuJoCo's, the reset's first; robots only |
/// | `substep_positions`, `substep_time` | [substeps, nq], [substeps] | robots only |
/// | `picture_states` | [states, columns] | what the family draws its picture from; families with pictures only |
/// | `episode_seeds` | [states, 1] | seed of the episode; families that are programs only |
/// | `time` | [states] | s since the reset |
/// | `observations` | [states, columns] | what the policy saw |
/// | `actions`, `rewards` | [steps, actions], [steps] | |
/// | `returns` | [episodes] | |
/// | `time_step`, `frame_skip`, `training_step`, `seed` | one number | s between two actions, substeps in it |
/// | `family`, `task`, `task_set`, `agent`, `policy`, `model` | one text | |
/// | `family_settings` | one text | YAML: a mapping, or empty for the defaults |
/// | `task_parameters` | one text | JSON: an object of lists of numbers |
extension Film.Panel {
    /// Writes the whole file or nothing. Throws `FileError`, and `GaitError.failure` for more than 4 GB.
    public func write(to path: String) throws {
        guard let first = episodes.first else { throw GaitError.usage("there is no episode to record") }
        let arrays = try episodes.arrays(first.layout) + first.layout.arrays + first.source.arrays
        guard let archive = StoredZip.archive(arrays.map { ($0 + ".npy", $1.file) }) else {
            throw GaitError.failure("\(path): a .npz file holds at most 4 GB; record fewer episodes at a time")
        }
        try archive.withUnsafeBytes { try writeAtomically($0, to: path) }
    }

    /// Reads what `write` wrote. Throws `FileError`, and `GaitError.input` with the file and the array that is wrong.
    public static func read(_ path: String, methods: [any FilmMethod]) throws -> Film.Panel {
        let file = try ArrayFile(path)
        let source = try Trajectory.Source(file), layout = try Trajectory.Layout(file)
        let episodes = try [Trajectory](file, source, layout)
        guard let first = episodes.first else { throw file.fault("returns", "at least one episode expected") }
        let scene = try methods.scene(of: first, file: path)
        try episodes.forEach { try scene.check($0, file: path) }
        return Film.Panel(scene: scene, episodes: episodes)
    }
}

private typealias NamedArray = (String, NumPyArray)

extension Trajectory.Kind {
    /// Names of the arrays of all drawn states and of those between two actions; one array where they are the same.
    fileprivate var statesArray: String {
        switch self {
        case .physics: "substep_positions"
        case .picture: "picture_states"
        case .episode: "episode_seeds"
        }
    }
    fileprivate var betweenActionsArray: String { self == .physics ? "positions" : statesArray }
}

extension Trajectory.Source {
    fileprivate var arrays: [NamedArray] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let parameters = String(decoding: try encoder.encode(task.parameters), as: UTF8.self)
            return [
                ("family", NumPyArray(family)), ("task", NumPyArray(task.name)), ("task_parameters", NumPyArray(parameters)),
                ("task_set", NumPyArray(taskSet.rawValue)), ("agent", NumPyArray(agent)), ("policy", NumPyArray(policy)),
                ("family_settings", NumPyArray(familySettings)), ("model", NumPyArray(model)),
                ("training_step", NumPyArray(Int64(step))), ("seed", NumPyArray(Int64(bitPattern: seed))),
            ]
        }
    }

    fileprivate init(_ file: ArrayFile) throws {
        let policy = try file.text("policy")
        guard let set = TaskSet(rawValue: try file.text("task_set")), !policy.isEmpty
        else { throw file.fault("task_set' or 'policy", "a task set and a policy expected") }
        var parameters: [String: [Double]] = [:]
        if file.has("task_parameters") {  // files of before version 0.2 have none
            do {
                parameters = try JSONDecoder().decode([String: [Double]].self, from: Data(try file.text("task_parameters").utf8))
            } catch is DecodingError {
                throw file.fault("task_parameters", "a JSON object of lists of numbers expected")
            }
        }
        try self.init(
            family: file.text("family"), task: TaskDescription(name: file.text("task"), parameters: parameters), taskSet: set,
            agent: file.text("agent"), policy: policy, step: file.integer("training_step"),
            seed: UInt64(bitPattern: Int64(file.integer("seed"))), model: file.text("model"),
            familySettings: file.has("family_settings") ? file.text("family_settings") : "")
    }
}

extension Trajectory.Layout {
    fileprivate var arrays: [NamedArray] {
        [("time_step", NumPyArray(timeStep)), ("frame_skip", NumPyArray(Int64(frameSkip)))]
    }

    fileprivate init(_ file: ArrayFile) throws {
        let kind = [Trajectory.Kind.picture, .episode].first { file.has($0.statesArray) } ?? .physics
        try self.init(
            kind: kind, states: file.width(kind.statesArray), velocities: kind == .physics ? file.width("velocities") : 0,
            observations: file.has("observations") ? file.width("observations") : 0, actions: file.width("actions"),
            frameSkip: file.integer("frame_skip"), timeStep: file.doubles("time_step", width: nil).first ?? 0)
        guard (1...10_000).contains(frameSkip), (1e-6...1e6).contains(timeStep) else {
            throw file.fault("frame_skip' or 'time_step", "1 to 10000 substeps, and 1e-6 to 1e6 s, expected")
        }
        if kind != .physics, frameSkip != 1 { throw file.fault("frame_skip", "1 expected") }
        guard states > 0 else { throw file.fault(kind.statesArray, "at least one column expected") }
    }
}

extension [Trajectory] {
    fileprivate func arrays(_ layout: Trajectory.Layout) throws -> [NamedArray] {
        func rows<T>(_ part: (Trajectory) -> [T]) -> [T] { flatMap(part) }
        func marks(_ count: (Trajectory) -> Int) -> NumPyArray {
            NumPyArray(flatMap { Array<Int64>(repeating: Int64($0.episode), count: count($0)) })
        }
        func times(_ count: (Trajectory) -> Int, _ each: Double) -> NumPyArray {
            NumPyArray(flatMap { trajectory in (0..<count(trajectory)).map { Double($0) * each } })
        }
        let states = { (t: Trajectory) in t.steps + 1 }
        var arrays: [NamedArray] = [
            (layout.kind.betweenActionsArray, NumPyArray(rows(\.statesBetweenActions), width: layout.states)),
            ("time", times(states, layout.timeStep)), ("state_episode", marks(states)),
            ("observations", NumPyArray(rows(\.observations), width: layout.observations)),
            ("actions", NumPyArray(rows(\.actions), width: layout.actions)), ("rewards", NumPyArray(rows(\.rewards))),
            ("step_episode", marks(\.steps)), ("returns", NumPyArray(map(\.episodeReturn))),
        ]
        if layout.kind == .physics {
            let substeps = { (t: Trajectory) in t.states.count / layout.states }
            arrays += [
                ("velocities", NumPyArray(rows(\.velocities), width: layout.velocities)),
                ("substep_positions", NumPyArray(rows(\.states), width: layout.states)),
                ("substep_time", times(substeps, layout.substep)), ("substep_episode", marks(substeps)),
            ]
        }
        return arrays
    }

    fileprivate init(_ file: ArrayFile, _ source: Trajectory.Source, _ layout: Trajectory.Layout) throws {
        let isPhysics = layout.kind == .physics, array = layout.kind.statesArray
        let stateEpisodes = try file.episodes("state_episode"), steps = try file.episodes("step_episode")
        let drawnEpisodes = try isPhysics ? file.episodes("substep_episode") : stateEpisodes
        let states = try file.rows(array, width: layout.states, drawnEpisodes)
        if isPhysics { _ = try file.rows("positions", width: layout.states, stateEpisodes) }
        let velocities = try isPhysics ? file.rows("velocities", width: layout.velocities, stateEpisodes) : [:]
        let observations = try file.has("observations") ? file.rows("observations", width: layout.observations, stateEpisodes) : [:]
        let actions = try file.rows("actions", width: layout.actions, steps), rewards = try file.rows("rewards", width: nil, steps)
        let count = try file.doubles("returns", width: nil).count
        self = try (0..<count).map { episode in
            var trajectory = Trajectory(source: source, layout: layout, episode: episode)
            trajectory.states = states[episode] ?? []
            trajectory.velocities = velocities[episode] ?? []
            trajectory.observations = (observations[episode] ?? []).map { Float($0) }
            trajectory.actions = (actions[episode] ?? []).map { Float($0) }
            trajectory.rewards = rewards[episode] ?? []
            guard trajectory.states.count == (trajectory.steps * layout.frameSkip + 1) * layout.states,
                stateEpisodes.count(where: { $0 == episode }) == trajectory.steps + 1
            else {
                throw file.fault(
                    array,
                    "\(layout.frameSkip) row\(layout.frameSkip == 1 ? "" : "s") for each of \(trajectory.steps) steps expected in episode "
                        + "\(episode), and the reset's")
            }
            return trajectory
        }
    }
}

