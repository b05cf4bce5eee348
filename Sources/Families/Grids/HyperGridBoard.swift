import Environments
import Foundation

/// The graph of a hyper-grid: cells of `size` coordinates along each of `dimension` axes. An action moves one step up along an axis, the
/// last one stops. A terminal state stands for the cell that it was entered from or at; it is the cell's number plus the number of cells.
///
/// Cells are numbered with the last coordinate counting fastest. O(dimension) a call, whatever the size.
public struct HyperGridBoard: AcyclicGraph, Equatable {
    public let dimension: Int
    public let size: Int
    public let ends: HyperGridSettings.Ends
    /// Reward of a cell far from every mode (R0), above 0.
    public let baseReward: Double

    /// What is added where all coordinates are far from the middle (R1), and at the modes (R2), after Bengio et al. 2021.
    static let outerReward = 0.5
    static let modeReward = 2.0

    let cells: Int
    /// What one step along each axis adds to a cell's number.
    private let strides: [Int]

    /// `dimension` in 2...6, `size` at least 3, and at most 2^52 cells.
    init(dimension: Int, size: Int, ends: HyperGridSettings.Ends, baseReward: Double) {
        self.dimension = dimension
        self.size = size
        self.ends = ends
        self.baseReward = baseReward
        var strides: [Int] = [], stride = 1
        for _ in 0..<dimension {
            strides.insert(stride, at: 0)
            stride *= size
        }
        self.strides = strides
        cells = stride
    }

    public var stateBound: Int { 2 * cells }
    public var actionCount: Int { dimension + 1 }
    public var start: Int { 0 }
    public var observation: Space { .multiDiscrete(counts: Array(repeating: size, count: dimension)) }

    /// The coordinate along an axis of a state's cell, 0..<size.
    public func coordinate(_ axis: Int, of state: Int) -> Int { state % cells / strides[axis] % size }
    /// The coordinates of a state's cell, [dimension].
    public func coordinates(of state: Int) -> [Int] { (0..<dimension).map { coordinate($0, of: state) } }
    /// The cell at coordinates, a state that is not terminal.
    func cell(at coordinates: [Int]) -> Int { zip(coordinates, strides).reduce(0) { $0 + $1.0 * $1.1 } }

    /// Axes along which a state's cell lies at the last coordinate.
    private func axesAtBorder(of state: Int) -> Int {
        (0..<dimension).reduce(0) { $0 + (coordinate($1, of: state) == size - 1 ? 1 : 0) }
    }

    public func isTerminal(_ state: Int) -> Bool { state >= cells }

    /// With forced ends, an end is entered by the step that reaches the last coordinate of one axis, so that no cell has two of them, and
    /// no cell there is walked on.
    public func isState(_ number: Int) -> Bool {
        guard (0..<stateBound).contains(number) else { return false }
        return switch ends {
        case .full: true
        case .forced: axesAtBorder(of: number) <= (isTerminal(number) ? 1 : 0)
        }
    }

    public func hasAction(_ action: Int, at state: Int) -> Bool {
        if isTerminal(state) { return false }
        return action == dimension || coordinate(action, of: state) < size - 1
    }

    public func child(of state: Int, by action: Int) -> Int {
        guard action < dimension else { return state + cells }
        let next = state + strides[action]
        return ends == .forced && coordinate(action, of: next) == size - 1 ? next + cells : next
    }

    public func parents(of state: Int) -> [GraphEdge] {
        let cell = state % cells
        if isTerminal(state) {
            guard ends == .forced, let axis = (0..<dimension).first(where: { coordinate($0, of: cell) == size - 1 }) else {
                return [GraphEdge(state: cell, action: dimension)]
            }
            return [GraphEdge(state: cell - strides[axis], action: axis)]
        }
        return (0..<dimension).filter { coordinate($0, of: cell) > 0 }.map { GraphEdge(state: cell - strides[$0], action: $0) }
    }

    /// R0 + 0.5 [every |c / (size - 1) - 0.5| > 0.25] + 2 [every one in (0.3, 0.4)]
    public func reward(of state: Int) -> Double {
        var isOuter = true, isMode = true
        for axis in 0..<dimension {
            let distance = abs(Double(coordinate(axis, of: state)) / Double(size - 1) - 0.5)
            isOuter = isOuter && distance > 0.25
            isMode = isMode && distance > 0.3 && distance < 0.4
        }
        return baseReward + (isOuter ? Self.outerReward : 0) + (isMode ? Self.modeReward : 0)
    }

    public func logReward(of terminal: Int) -> Double { log(reward(of: terminal)) }

    public func observe(_ state: Int, into row: UnsafeMutableBufferPointer<Float>) {
        for axis in 0..<dimension { row[axis] = Float(coordinate(axis, of: state)) }
    }
}
