import Environments
import Foundation

/// What happens at the last row and the last column of a board, beyond which there are no cells.
public enum BoardBoundary: String, Codable, Sendable, CaseIterable {
    /// A move off the board ends where it stands.
    case leave
    /// There is no such move; entering a cell without any move ends.
    case mask
    /// Entering the last row or the last column ends.
    case reach
}

/// The graph of a walk on a board from its upper left corner: each move goes down (action 0) or to the right (action 1), so that no cell is met
/// twice. Some cells end the walk when they are entered, and the boundary does.
///
/// A cell's number is its row times the columns plus its column; the terminal state at a cell is that number plus the number of cells.
/// O(1) a call.
public struct WalkBoard: AcyclicGraph, Equatable {
    public let rows: Int
    public let columns: Int
    public let boundary: BoardBoundary
    /// [rows, columns]: the reward of ending there, above 0.
    private let rewards: [Double]
    /// [rows, columns]: entering the cell ends the walk.
    private let ends: [Bool]
    /// [2 x cells]: states that can be reached from the start.
    private let isReached: [Bool]

    static let down = 0
    static let right = 1

    /// - Parameters:
    ///   - endings: reward of the cells that end the walk when they are entered, by [row, column]; not the start.
    ///   - otherReward: reward of ending anywhere else.
    init(rows: Int, columns: Int, boundary: BoardBoundary, endings: [[Int]: Double], otherReward: Double) {
        self.rows = rows
        self.columns = columns
        self.boundary = boundary
        let cells = rows * columns
        var rewards = Array(repeating: otherReward, count: cells), ends = Array(repeating: false, count: cells)
        for (cell, reward) in endings { (rewards[cell[0] * columns + cell[1]], ends[cell[0] * columns + cell[1]]) = (reward, true) }
        for cell in 0..<cells {
            let isLastRow = cell / columns == rows - 1, isLastColumn = cell % columns == columns - 1
            switch boundary {
            case .leave: break
            case .mask: if isLastRow && isLastColumn { ends[cell] = true }
            case .reach: if isLastRow || isLastColumn { ends[cell] = true }
            }
        }
        self.rewards = rewards
        self.ends = ends
        isReached = Self.reached(rows, columns, boundary, ends)
    }

    /// Cells are visited row by row, so that those before a cell are known when it is.
    private static func reached(_ rows: Int, _ columns: Int, _ boundary: BoardBoundary, _ ends: [Bool]) -> [Bool] {
        let cells = rows * columns
        var reached = Array(repeating: false, count: 2 * cells)
        reached[0] = true
        for cell in 0..<cells where reached[cell] {
            for action in [down, right] {
                guard let next = next(cell, action, rows, columns) else {
                    if boundary == .leave { reached[cells + cell] = true }
                    continue
                }
                reached[ends[next] ? cells + next : next] = true
            }
        }
        return reached
    }

    /// The cell that a move leads to; nil off the board.
    private static func next(_ cell: Int, _ action: Int, _ rows: Int, _ columns: Int) -> Int? {
        action == down ? (cell / columns < rows - 1 ? cell + columns : nil) : (cell % columns < columns - 1 ? cell + 1 : nil)
    }

    var cells: Int { rows * columns }
    public var stateBound: Int { 2 * cells }
    public var actionCount: Int { 2 }
    public var start: Int { 0 }
    /// Row and column.
    public var observation: Space { .multiDiscrete(counts: [rows, columns]) }

    public func row(of state: Int) -> Int { state % cells / columns }
    public func column(of state: Int) -> Int { state % columns }
    /// Whether entering a cell ends the walk.
    public func ends(row: Int, column: Int) -> Bool { ends[row * columns + column] }
    /// Whether a walk can end at a cell.
    public func canEnd(row: Int, column: Int) -> Bool { isReached[cells + row * columns + column] }
    public func reward(row: Int, column: Int) -> Double { rewards[row * columns + column] }

    public func isTerminal(_ state: Int) -> Bool { state >= cells }
    public func isState(_ number: Int) -> Bool { (0..<stateBound).contains(number) && isReached[number] }

    public func hasAction(_ action: Int, at state: Int) -> Bool {
        !isTerminal(state) && (boundary == .leave || Self.next(state, action, rows, columns) != nil)
    }

    public func child(of state: Int, by action: Int) -> Int {
        guard let next = Self.next(state, action, rows, columns) else { return cells + state }
        return ends[next] ? cells + next : next
    }

    public func parents(of state: Int) -> [GraphEdge] {
        let cell = state % cells
        var edges: [GraphEdge] = []
        func add(_ parent: Int, _ action: Int) {
            guard isReached[parent], hasAction(action, at: parent), child(of: parent, by: action) == state else { return }
            edges.append(GraphEdge(state: parent, action: action))
        }
        if cell >= columns { add(cell - columns, Self.down) }
        if cell % columns > 0 { add(cell - 1, Self.right) }
        if isTerminal(state) {
            add(cell, Self.down)
            add(cell, Self.right)
        }
        return edges
    }

    public func logReward(of terminal: Int) -> Double { log(rewards[terminal % cells]) }

    public func observe(_ state: Int, into row: UnsafeMutableBufferPointer<Float>) {
        row[0] = Float(self.row(of: state))
        row[1] = Float(column(of: state))
    }
}
