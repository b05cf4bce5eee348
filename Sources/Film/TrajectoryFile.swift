import Agents
import Core
import Environments
import Formats
import Foundation
import Locomotion
import Runs

/// Trajectories of one policy in a file that NumPy opens (`numpy.load("trajectory.npz")`). Episodes lie one after the other
/// in each array; `state_episode`, `step_episode` and `substep_episode` say which one a row belongs to.
///
/// | array | shape | unit |
/// |---|---|---|
/// | `positions`, `velocities` | [states, nq], [states, nv] | MuJoCo's, the reset's first |
/// | `time` | [states] | s since the reset |
/// | `actions`, `rewards` | [steps, actions], [steps] | |
/// | `substep_positions`, `substep_time` | [substeps, nq], [substeps] | |
/// | `returns` | [episodes] | |
/// | `time_step`, `frame_skip`, `training_step`, `seed` | one number | s between two actions, substeps in it |
/// | `family`, `task`, `task_set`, `agent`, `policy`, `model` | one text | |
extension Film.Panel {
    /// Writes the file whole or not at all. Throws `FileError`.
    public func write(to path: String) throws {
        guard let first = episodes.first else { throw GaitError.usage("there is no episode to record") }
        let source = first.source, layout = first.layout
        func rows<T>(_ part: (Trajectory) -> [T]) -> [T] { episodes.flatMap(part) }
        func marks(_ count: (Trajectory) -> Int) -> [Int64] {
            episodes.flatMap { Array(repeating: Int64($0.episode), count: count($0)) }
        }
        func times(_ count: (Trajectory) -> Int, _ each: Double) -> [Double] {
            episodes.flatMap { trajectory in (0..<count(trajectory)).map { Double($0) * each } }
        }
        let states = { (t: Trajectory) in t.positions.count / layout.positions }
        let substeps = { (t: Trajectory) in t.substepPositions.count / layout.positions }
        let arrays: [(String, NumPyArray)] = [
            ("positions", NumPyArray(rows(\.positions), width: layout.positions)),
            ("velocities", NumPyArray(rows(\.velocities), width: layout.velocities)),
            ("time", NumPyArray(times(states, layout.timeStep))), ("state_episode", NumPyArray(marks(states))),
            ("actions", NumPyArray(rows(\.actions), width: layout.actions)), ("rewards", NumPyArray(rows(\.rewards))),
            ("step_episode", NumPyArray(marks(\.steps))),
            ("substep_positions", NumPyArray(rows(\.substepPositions), width: layout.positions)),
            ("substep_time", NumPyArray(times(substeps, layout.substep))), ("substep_episode", NumPyArray(marks(substeps))),
            ("returns", NumPyArray(episodes.map(\.episodeReturn))), ("time_step", NumPyArray(layout.timeStep)),
            ("frame_skip", NumPyArray(Int64(layout.frameSkip))), ("training_step", NumPyArray(Int64(source.step))),
            ("seed", NumPyArray(Int64(bitPattern: source.seed))), ("family", NumPyArray(source.family)),
            ("task", NumPyArray(source.task)), ("task_set", NumPyArray(source.taskSet.rawValue)), ("agent", NumPyArray(source.agent)),
            ("policy", NumPyArray(source.policy)), ("model", NumPyArray(source.model)),
        ]
        let archive = StoredZip.archive(arrays.map { ($0.0 + ".npy", $0.1.file) })
        try archive.withUnsafeBytes { try writeAtomically($0, to: path) }
    }

    /// Reads what `write` wrote. Throws `FileError`, and `GaitError.input` naming the file and the array that is not right.
    public static func read(_ path: String, models: ModelLibrary) throws -> Film.Panel {
        let file = try ArrayFile(path)
        let policy = try file.text("policy")
        guard let set = TaskSet(rawValue: try file.text("task_set")), !policy.isEmpty
        else { throw file.fault("task_set' or 'policy", "a task set and a policy expected") }
        let name = try file.text("model")
        guard models.names.contains(name) else {
            throw GaitError.input("\(path): " + unknownNameMessage(kind: "model", name: name, known: models.names))
        }
        let model = try models.model(name)
        let source = try Trajectory.Source(
            family: file.text("family"), task: file.text("task"), taskSet: set, agent: file.text("agent"), policy: policy,
            step: file.integer("training_step"), seed: UInt64(bitPattern: Int64(file.integer("seed"))), model: name)
        let actions = try file.width("actions")
        let layout = try Trajectory.Layout(
            positions: model.positionCount, velocities: model.velocityCount, actions: actions, frameSkip: file.integer("frame_skip"),
            timeStep: file.doubles("time_step", width: nil).first ?? 0)
        guard layout.frameSkip > 0, layout.timeStep > 0, layout.timeStep.isFinite else {
            throw file.fault("frame_skip' or 'time_step", "numbers above zero expected")
        }
        let states = try file.episodes("state_episode"), steps = try file.episodes("step_episode")
        let substeps = try file.episodes("substep_episode")
        let positions = try file.rows("positions", width: layout.positions, states)
        let velocities = try file.rows("velocities", width: layout.velocities, states)
        let taken = try file.rows("actions", width: actions, steps), rewards = try file.rows("rewards", width: nil, steps)
        let between = try file.rows("substep_positions", width: layout.positions, substeps)
        let count = try file.doubles("returns", width: nil).count
        let episodes = try (0..<count).map { episode in
            var trajectory = Trajectory(source: source, layout: layout, episode: episode)
            trajectory.positions = positions[episode] ?? []
            trajectory.velocities = velocities[episode] ?? []
            trajectory.actions = (taken[episode] ?? []).map { Float($0) }
            trajectory.rewards = rewards[episode] ?? []
            trajectory.substepPositions = between[episode] ?? []
            guard trajectory.substepPositions.count == (trajectory.steps * layout.frameSkip + 1) * layout.positions,
                trajectory.positions.count == (trajectory.steps + 1) * layout.positions
            else {
                throw file.fault(
                    "substep_positions",
                    "\(layout.frameSkip) rows for each of \(trajectory.steps) steps expected in episode \(episode), and the reset's")
            }
            return trajectory
        }
        guard !episodes.isEmpty else { throw file.fault("returns", "at least one episode expected") }
        return Film.Panel(model: model, episodes: episodes)
    }
}

/// Arrays by name, with messages where one is not as expected.
private struct ArrayFile {
    let path: String
    let arrays: [String: NumPyArray]

    init(_ path: String) throws {
        self.path = path
        var arrays: [String: NumPyArray] = [:]
        for (name, bytes) in try StoredZip.files(readFile(path), path: path) {
            arrays[name.hasSuffix(".npy") ? String(name.dropLast(4)) : name] = NumPyArray(file: bytes)
        }
        self.arrays = arrays
    }

    func fault(_ name: String, _ expected: String) -> GaitError { .input("\(path): array '\(name)': \(expected)") }

    private func array(_ name: String) throws -> NumPyArray {
        guard let array = arrays[name] else { throw fault(name, "it is missing, or of a type that `gait record` does not write") }
        return array
    }

    func text(_ name: String) throws -> String {
        guard case .text(let text) = try array(name).elements else { throw fault(name, "a text expected") }
        return text
    }

    func integer(_ name: String) throws -> Int {
        guard case .integers(let values) = try array(name).elements, values.count == 1 else { throw fault(name, "one integer expected") }
        return Int(values[0])
    }

    func width(_ name: String) throws -> Int {
        let shape = try array(name).shape
        guard shape.count == 2 else { throw fault(name, "two dimensions expected") }
        return shape[1]
    }

    /// Finite numbers; `width` columns where there are any.
    func doubles(_ name: String, width: Int?) throws -> [Double] {
        let array = try array(name)
        if let width, array.shape.count != 2 || array.shape[1] != width { throw fault(name, "[rows, \(width)] expected, \(array.shape) found") }
        let values: [Double] = switch array.elements {
        case .doubles(let values): values
        case .floats(let values): values.map(Double.init)
        case .integers, .text: throw fault(name, "floating-point numbers expected")
        }
        guard values.allSatisfy(\.isFinite) else { throw fault(name, "it holds numbers that are not finite") }
        return values
    }

    /// The episode of each row.
    func episodes(_ name: String) throws -> [Int] {
        guard case .integers(let values) = try array(name).elements else { throw fault(name, "integers expected") }
        return values.map { Int($0) }
    }

    /// Rows by episode.
    func rows(_ name: String, width: Int?, _ episodes: [Int]) throws -> [Int: [Double]] {
        let values = try doubles(name, width: width), width = width ?? 1
        guard values.count == episodes.count * width else { throw fault(name, "\(episodes.count) rows expected") }
        var rows: [Int: [Double]] = [:]
        for (row, episode) in episodes.enumerated() { rows[episode, default: []] += values[row * width..<(row + 1) * width] }
        return rows
    }
}
