import Environments

extension WalkBoard {
    /// The board with its first row on top, cells in the colours that `color` gives, and the walker: a disk while it walks, a square once
    /// it has ended. Throws where `state` is not the number of a state.
    func picture(_ state: [Double], color: (_ row: Int, _ column: Int) -> Picture.Color) throws -> Picture {
        guard state.count == 1, let number = Int(exactly: state[0]), isState(number) else {
            throw EnvironmentError.state("the number of a state of the board expected, \(state) found")
        }
        var picture = Picture(world: .init(minX: -0.6, minY: -0.6, maxX: Double(columns) - 0.4, maxY: Double(rows) - 0.4))
        for row in 0..<rows {
            for column in 0..<columns { picture.add(.rectangle(square(row, column, half: 0.48)), fill: color(row, column)) }
        }
        let row = row(of: number), column = column(of: number)
        if isTerminal(number) {
            picture.add(.rectangle(square(row, column, half: 0.25)), fill: .red, stroke: .white, lineWidth: 0.06)
        } else {
            let center = Picture.Point(Double(column), Double(rows - 1 - row))
            picture.add(.circle(center: center, radius: 0.3), fill: .orange, stroke: .white, lineWidth: 0.06)
        }
        return picture
    }

    private func square(_ row: Int, _ column: Int, half: Double) -> Picture.Rectangle {
        let (x, y) = (Double(column), Double(rows - 1 - row))
        return Picture.Rectangle(minX: x - half, minY: y - half, maxX: x + half, maxY: y + half)
    }
}

extension WalkBoard {
    /// The board of pictures of flows, its first row on top.
    func graphBoard(key: [GraphBoard.KeyEntry], color: @escaping @Sendable (_ row: Int, _ column: Int) -> Picture.Color) -> GraphBoard {
        let last = rows - 1
        return GraphBoard(
            columns: columns, rows: rows, key: key, cell: { .init(column: column(of: $0), row: last - row(of: $0)) },
            color: { color(last - $0.row, $0.column) })
    }

    /// Cells without a meaning of their own, on which arrows are well seen.
    static let plainCell = Picture.Color(0.94, 0.945, 0.953)
    static let goalCell = Picture.Color(0.62, 0.85, 0.66)
}
