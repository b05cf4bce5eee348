import Core
import Environments
import Foundation

/// Settings of hyper-grid. The defaults are Grid World of pGFlowMeta: 8 x 8 with forced ends.
public struct HyperGridSettings: FamilySettings {
    /// Where an episode ends.
    public enum Ends: String, Codable, Sendable, CaseIterable {
        /// By stopping, or by reaching the last coordinate of an axis.
        case forced
        /// By stopping only; moves beyond the last coordinate do not exist.
        case full
    }

    /// Training tasks.
    public var trainTasks = 5
    /// Test tasks, drawn after the training tasks: with another number of those, the test tasks differ.
    public var testTasks = 5
    /// Axes of the grid.
    public var dimension = 2
    /// Cells along each axis.
    public var size = 8
    public var ends = Ends.forced
    /// Range from which a task's R0, the reward far from the modes, is drawn; draws below 0.001 become 0.001.
    public var baseReward = [0.0, 0.1]
    /// All tasks of both sets are copies of one drawn task.
    public var similar = false

    /// Most cells of a grid: state numbers are exact in float64.
    static let mostCells = 1 << 52

    public init() {}

    public func validate() throws {
        try SettingError.checkTasks(train: trainTasks, test: testTasks)
        try SettingError.checkCounts([("dimension", dimension)], in: 2...6)
        try SettingError.checkCounts([("size", size)], in: 3...4096)
        guard pow(Double(size), Double(dimension)) <= Double(Self.mostCells) else {
            throw SettingError("size", "a grid of at most \(Self.mostCells) cells expected, found \(size)^\(dimension)")
        }
        try SettingError.checkRanges([("baseReward", baseReward)], in: 0...1000)
    }
}

/// The hyper-grid of Bengio et al. 2021 (GFlowNets): walk up a grid from its corner and stop at a cell; rewards are high near the other
/// corners. Tasks differ in the reward far from there. A directed acyclic graph: environments are `GraphEnvironment`s.
public struct HyperGrid: PicturedFamily {
    public static let name = "hyper-grid"
    public static let summary = "A walker moves up a grid and stops where the reward is high; a graph for GFlowNets."

    /// Smallest R0: the logarithm of a reward must be finite.
    static let leastReward = 1e-3

    let settings: HyperGridSettings

    public init(settings: HyperGridSettings, assets: FamilyAssets) throws {
        try settings.validate()
        self.settings = settings
    }

    /// Observed are the coordinates, one choice of `size` for each axis; the actions are a step along each axis, and stop. Episodes can't be
    /// longer than the limit.
    public var description: EnvironmentDescription {
        EnvironmentDescription(
            observation: .multiDiscrete(counts: Array(repeating: settings.size, count: settings.dimension)),
            action: .discrete(count: settings.dimension + 1), episodeLimit: settings.dimension * (settings.size - 1) + 1,
            dynamicsVary: false, timeStep: 0, masksActions: true)
    }

    /// `R0`: the reward far from the modes.
    public func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        var generator = TaskGenerator(seed: seed, name: name)
        func draw() -> Double { max(Self.leastReward, generator.uniform(settings.baseReward[0], settings.baseReward[1])) }
        let only = settings.similar ? draw() : nil
        // Numbered through both sets.
        let drawn = (0..<settings.trainTasks + settings.testTasks).map { index in
            TaskDescription(name: String(format: "grid-%02d", index), parameters: ["R0": [only ?? draw()]])
        }
        return Array(set == .train ? drawn.prefix(settings.trainTasks) : drawn.suffix(settings.testTasks))
    }

    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        SimulatedEnvironment(
            GraphWalk(try board(task)), description: description, copies: copies, fingerprint: task.fingerprint(family: name))
    }

    /// The graph of a task. Throws `EnvironmentError` where its parameters are not this family's.
    public func board(_ task: TaskDescription) throws -> HyperGridBoard {
        let reward = try task.number("R0", family: name)
        guard reward > 0 else {
            throw EnvironmentError.wrongValue(key: "R0", family: name, value: reward, expected: "a number above 0")
        }
        return HyperGridBoard(dimension: settings.dimension, size: settings.size, ends: settings.ends, baseReward: reward)
    }
}
