import Environments

extension HyperGrid {
    /// Cells along an axis beyond which no single cell would be seen.
    private static let mostDrawn = 64

    /// The board, darker where the reward is higher, and the walker: a disk while it walks, a square once it has stopped. Of a grid of more
    /// than two axes, the plane of the first two in which the walker stands; its other coordinates are written beside it. Of a large
    /// grid, the part around the walker.
    public func picture(_ state: [Double], task: TaskDescription) throws -> Picture {
        let board = try board(task)
        guard state.count == 1, let number = Int(exactly: state[0]), board.isState(number) else {
            throw EnvironmentError.state("the number of a state of the grid expected, \(state) found")
        }
        let place = board.coordinates(of: number), shown = min(board.size, Self.mostDrawn)
        let first = place.map { max(0, min(board.size - shown, $0 - shown / 2)) }
        let bottom = place.count > 2 ? -0.6 - 0.08 * Double(shown) : -0.6
        var picture = Picture(world: .init(minX: -0.6, minY: bottom, maxX: Double(shown) - 0.4, maxY: Double(shown) - 0.4))
        let top = HyperGridBoard.outerReward + HyperGridBoard.modeReward + board.baseReward
        for row in 0..<shown {
            for column in 0..<shown {
                var cell = place
                (cell[0], cell[1]) = (first[0] + row, first[1] + column)
                let shade = (board.reward(of: board.cell(at: cell)) / top).squareRoot()
                picture.add(
                    .rectangle(Self.square(row, column, half: 0.48)), fill: Picture.Color.lightGray.mixed(with: .blue, shade))
            }
        }
        let (row, column) = (place[0] - first[0], place[1] - first[1])
        if board.isTerminal(number) {
            picture.add(.rectangle(Self.square(row, column, half: 0.3)), fill: .red, stroke: .white, lineWidth: 0.06)
        } else {
            picture.add(.circle(center: .init(Double(column), Double(row)), radius: 0.3), fill: .orange, stroke: .white, lineWidth: 0.06)
        }
        if place.count > 2 {
            let others = "other coordinates: " + place.dropFirst(2).map(String.init).joined(separator: ", ")
            picture.add(.text(others, at: .init(-0.5, -0.6 - 0.04 * Double(shown)), height: 0.03 * Double(shown), anchor: .left), fill: .black)
        }
        return picture
    }

    /// The first axis goes up, the second to the right.
    private static func square(_ row: Int, _ column: Int, half: Double) -> Picture.Rectangle {
        let (x, y) = (Double(column), Double(row))
        return Picture.Rectangle(minX: x - half, minY: y - half, maxX: x + half, maxY: y + half)
    }
}

extension HyperGrid: BoardFamily {
    /// Cells in the plane of the first two axes, darker where the reward is higher. Of a grid of more axes this is a projection: flows are
    /// summed over the other coordinates, and a cell has the highest reward over them.
    public func graphBoard(_ task: TaskDescription) throws -> GraphBoard {
        let board = try board(task), rest = board.dimension - 2
        let top = HyperGridBoard.outerReward + HyperGridBoard.modeReward + board.baseReward
        return GraphBoard(
            columns: board.size, rows: board.size,
            key: [.init("low reward", Self.flowColor(board.baseReward / top)), .init("high reward", Self.flowColor(1))],
            note: rest > 0 ? "The plane of the first two axes: summed over the other \(rest == 1 ? "axis" : "\(rest) axes")." : nil,
            cell: { .init(column: board.coordinate(1, of: $0), row: board.coordinate(0, of: $0)) },
            color: { Self.flowColor(board.highestReward(along: [$0.row, $0.column]) / top) })
    }

    private static func flowColor(_ share: Double) -> Picture.Color {
        Picture.Color(0.965, 0.968, 0.974).mixed(with: Picture.Color(0.98, 0.8, 0.42), share.squareRoot())
    }
}

extension HyperGridBoard {
    /// The highest reward of the cells whose first coordinates are these. Every axis counts for itself, so that the others may be equal.
    func highestReward(along first: [Int]) -> Double {
        (0..<size).map { other in
            reward(of: cell(at: first + Array(repeating: other, count: dimension - first.count)))
        }.max() ?? 0
    }
}
