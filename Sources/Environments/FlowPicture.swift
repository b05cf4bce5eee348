import Foundation

/// A picture of what a policy does on a graph that lies on a board: its flow as arrows and, in two maps of one scale, where it ends beside
/// where it should end.
public struct FlowPicture {
    /// Most cells along a side of a board on which arrows can be told apart.
    public static let mostCells = 32

    private let graph: EnumeratedGraph
    private let flows: GraphFlows
    private let board: GraphBoard
    private let title: String

    /// Throws `GraphError.tooLargeToDraw`.
    public init(_ flows: GraphFlows, of graph: EnumeratedGraph, on board: GraphBoard, title: String) throws {
        guard max(board.columns, board.rows) <= Self.mostCells else {
            throw GraphError.tooLargeToDraw(columns: board.columns, rows: board.rows, limit: Self.mostCells)
        }
        self.graph = graph
        self.flows = flows
        self.board = board
        self.title = title
    }

    public var picture: Picture {
        let layout = Layout(board)
        var picture = Picture(world: layout.world)
        let letter = layout.letter
        func text(_ text: String, _ x: Double, _ y: Double, _ color: Picture.Color = Self.ink, size: Double = 1) {
            picture.add(.text(text, at: .init(x, y), height: letter * size, anchor: .left), fill: color)
        }
        text(title, 0, layout.titleY, size: 1.25)
        text("Flow: the probability of each move", layout.main.x, layout.main.top + 1.7 * letter)
        drawFlow(layout.main, &picture)

        let own = byCell(flows.ends), target = byCell(graph.target)
        let top = max(own.values.max() ?? 0, target.values.max() ?? 0)
        for (name, shares, area) in [("Ends of the policy, %", own, layout.policy), ("Target: R / Z, %", target, layout.target)] {
            text(name, area.x, area.top + 1.7 * letter)
            drawMap(shares, top, area, letter, &picture)
        }
        drawScale(top, layout, &picture)
        drawKey(layout, &picture)
        let error = graph.l1Error(flows.ends)
        // Two figures.
        let decimals = error > 0 ? max(0, min(9, 1 - Int(log10(error).rounded(.down)))) : 0, digits = String(format: "%.\(decimals)f", error)
        let ends = "\(graph.terminals.count) end states"
        text("L1 error \(digits): the mean over \(ends) of |policy - target|", 0, layout.errorY)
        if let note = board.note { text(note, 0, layout.errorY - Layout.line * letter, Self.faint) }
        return picture
    }

    private static let ink = Picture.Color(0.1, 0.12, 0.16), faint = Picture.Color(0.42, 0.45, 0.5)
    private static let arrow = Picture.Color(0.08, 0.22, 0.48), end = Picture.Color(0.79, 0.2, 0.17)
    private static let grid = Picture.Color(0.84, 0.85, 0.87), noEnd = Picture.Color(0.945, 0.948, 0.955)
    /// Flows below this are not drawn.
    private static let leastFlow = 1e-3

    /// Sums over the states of each cell that a trajectory can end in.
    private func byCell(_ distribution: [Double]) -> [GraphBoard.Cell: Double] {
        var shares: [GraphBoard.Cell: Double] = [:]
        for (state, probability) in zip(graph.terminals, distribution) { shares[board.cell(state), default: 0] += probability }
        return shares
    }

    // MARK: The flow

    /// Width of an arrow in cells: its square is in proportion to the flow, so that small flows are seen as well.
    private static func width(_ flow: Double) -> Double { 0.19 * flow.squareRoot() }
    private static func head(_ flow: Double) -> Double { 0.17 + 1.35 * width(flow) }
    private static func color(_ flow: Double) -> Picture.Color {
        var color = arrow
        color.alpha = 0.3 + 0.7 * min(1, flow.squareRoot() * 1.6)
        return color
    }

    private func drawFlow(_ area: Area, _ picture: inout Picture) {
        for row in 0..<board.rows {
            for column in 0..<board.columns {
                let cell = GraphBoard.Cell(column: column, row: row)
                picture.add(.rectangle(area.square(cell, half: 0.48)), fill: board.color(cell))
            }
        }
        struct Move: Hashable {
            var from, to: GraphBoard.Cell
        }
        var moves: [Move: Double] = [:], ended: [GraphBoard.Cell: Double] = [:]
        for edge in flows.edges {
            let from = board.cell(edge.edge.state), to = board.cell(edge.child)
            if from != to { moves[Move(from: from, to: to), default: 0] += edge.probability }
        }
        for (state, probability) in zip(graph.terminals, flows.ends) { ended[board.cell(state), default: 0] += probability }
        let start = area.center(board.cell(graph.graph.start))
        picture.add(.circle(center: start, radius: 0.2), fill: .white)
        let most = ended.values.max() ?? 1
        for (cell, probability) in ended.sorted(by: { ($0.key.row, $0.key.column) < ($1.key.row, $1.key.column) })
        where probability >= Self.leastFlow {
            picture.add(.rectangle(area.square(cell, half: 0.2 * (probability / most).squareRoot())), fill: Self.end)
        }
        picture.add(.circle(center: start, radius: 0.2), stroke: Self.arrow, lineWidth: 0.05)
        let ordered = moves.sorted { ($0.value, $0.key.from.row, $0.key.from.column) < ($1.value, $1.key.from.row, $1.key.from.column) }
        for (move, flow) in ordered where flow >= Self.leastFlow {
            let a = area.center(move.from), b = area.center(move.to)
            func between(_ share: Double) -> Picture.Point { .init(a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share) }
            picture.add(
                .arrow(from: between(0.25), to: between(0.79), head: Self.head(flow)), stroke: Self.color(flow),
                lineWidth: Self.width(flow))
        }
    }

    // MARK: Ends

    private func drawMap(_ shares: [GraphBoard.Cell: Double], _ top: Double, _ area: Area, _ letter: Double, _ picture: inout Picture) {
        // Three figures and a point fit into a cell.
        let height = 0.27 * area.scale
        for row in 0..<board.rows {
            for column in 0..<board.columns {
                let cell = GraphBoard.Cell(column: column, row: row)
                guard let share = shares[cell] else {
                    picture.add(.rectangle(area.square(cell, half: 0.5)), fill: Self.noEnd)
                    continue
                }
                picture.add(
                    .rectangle(area.square(cell, half: 0.5)), fill: Self.shade(share / top), stroke: Self.grid, lineWidth: 0.02 * area.scale)
                guard height > 0.5 * letter else { continue }
                picture.add(
                    .text(Self.percent(share), at: area.center(cell), height: height, anchor: .center),
                    fill: share > 0.55 * top ? .white : Self.ink)
            }
        }
        picture.add(
            .rectangle(.init(minX: area.x, minY: area.y, maxX: area.right(board), maxY: area.top)), stroke: Self.grid, lineWidth: 0.03 * area.scale)
    }

    private static func percent(_ share: Double) -> String {
        let percent = 100 * share
        return percent >= 9.95 ? String(format: "%.0f", percent) : percent < 0.05 ? "0" : String(format: "%.1f", percent)
    }

    /// From white over blue to dark blue, with lightness falling evenly.
    private static func shade(_ share: Double) -> Picture.Color {
        let stops: [Picture.Color] = [
            .init(0.969, 0.984, 1), .init(0.62, 0.792, 0.882), .init(0.192, 0.51, 0.741), .init(0.031, 0.188, 0.42),
        ]
        let position = min(max(share, 0), 1) * Double(stops.count - 1), below = min(Int(position), stops.count - 2)
        return stops[below].mixed(with: stops[below + 1], position - Double(below))
    }

    private func drawScale(_ top: Double, _ layout: Layout, _ picture: inout Picture) {
        let bar = layout.scale, steps = 40
        for step in 0..<steps {
            let low = bar.minY + bar.height * Double(step) / Double(steps), high = low + bar.height / Double(steps)
            picture.add(
                .rectangle(.init(minX: bar.minX, minY: low, maxX: bar.maxX, maxY: high)), fill: Self.shade((Double(step) + 0.5) / Double(steps)))
        }
        picture.add(.rectangle(bar), stroke: Self.grid, lineWidth: 0.1 * layout.letter)
        for share in [0, 0.5, 1] {
            picture.add(
                .text(
                    Self.percent(top * share) + "%", at: .init(bar.maxX + 0.7 * layout.letter, bar.minY + bar.height * share),
                    height: 0.85 * layout.letter, anchor: .left), fill: Self.ink)
        }
    }

    // MARK: The key

    private func drawKey(_ layout: Layout, _ picture: inout Picture) {
        let letter = layout.letter, y = layout.keyY, size = 0.9 * letter
        var x = 0.55 * letter
        func word(_ word: String) {
            picture.add(.text(word, at: .init(x, y), height: size, anchor: .left), fill: Self.ink)
            x += Double(word.count) * 0.8 * size + 1.3 * letter
        }
        for flow in [1, 0.1, 0.01] {
            picture.add(
                .arrow(from: .init(x, y), to: .init(x + 0.6, y), head: Self.head(flow)), stroke: Self.color(flow),
                lineWidth: Self.width(flow))
            x += 0.6 + 0.5 * letter
            word(String(format: "%.0f%%", 100 * flow))
        }
        func box(_ color: Picture.Color, _ name: String) {
            let half = 0.75 * letter
            picture.add(.rectangle(.init(minX: x, minY: y - half, maxX: x + 2 * half, maxY: y + half)), fill: color)
            x += 2 * half + 0.6 * letter
            word(name)
        }
        picture.add(.circle(center: .init(x + 0.7 * letter, y), radius: 0.65 * letter), fill: .white, stroke: Self.arrow, lineWidth: 0.2 * letter)
        x += 2 * letter
        word("start")
        box(Self.end, "ends")
        for entry in board.key { box(entry.color, entry.name) }
    }
}

/// Where the parts of the picture are: one cell of the board with the flow is 1.
private struct Layout {
    /// Distance of two lines of text in letters.
    static let line = 2.4

    /// Height of a capital letter.
    var letter: Double
    var main, policy, target: Area
    /// Of the colours.
    var scale: Picture.Rectangle
    var titleY, keyY, errorY: Double
    var world: Picture.Rectangle

    /// Of a wide board the maps stand below the flow, else at its right.
    init(_ board: GraphBoard) {
        let columns = Double(board.columns), rows = Double(board.rows), isWide = columns > 1.6 * rows
        let letter = (isWide ? columns : 1.72 * columns) / 74
        let gap = 3 * letter, title = 4.4 * letter, bar = 6.2 * letter
        if isWide {
            let scale = (columns - gap - bar) / (2 * columns)
            main = Area(x: 0, y: rows * scale + title, scale: 1, rows: board.rows)
            policy = Area(x: 0, y: 0, scale: scale, rows: board.rows)
            target = Area(x: columns * scale + gap, y: 0, scale: scale, rows: board.rows)
        } else {
            let scale = (rows - title) / (2 * rows)
            main = Area(x: 0, y: 0, scale: 1, rows: board.rows)
            policy = Area(x: columns + gap, y: rows - rows * scale, scale: scale, rows: board.rows)
            target = Area(x: columns + gap, y: 0, scale: scale, rows: board.rows)
        }
        self.letter = letter
        let right = target.right(board) + 1.2 * letter
        scale = Picture.Rectangle(minX: right, minY: 0, maxX: right + letter, maxY: isWide ? target.top : main.top)
        titleY = main.top + 5.6 * letter
        keyY = -2.6 * letter
        errorY = keyY - Self.line * letter
        let lines = board.note == nil ? 0 : Self.line * letter
        world = Picture.Rectangle(
            minX: -letter, minY: errorY - lines - 1.6 * letter, maxX: scale.maxX + 4.4 * letter, maxY: titleY + 2 * letter)
    }
}

/// A board's place in the picture.
private struct Area {
    /// Lower left corner.
    var x, y: Double
    /// Of a cell.
    var scale: Double
    var rows: Int

    var top: Double { y + Double(rows) * scale }
    func right(_ board: GraphBoard) -> Double { x + Double(board.columns) * scale }

    func center(_ cell: GraphBoard.Cell) -> Picture.Point {
        .init(x + (Double(cell.column) + 0.5) * scale, y + (Double(cell.row) + 0.5) * scale)
    }

    func square(_ cell: GraphBoard.Cell, half: Double) -> Picture.Rectangle {
        let center = center(cell), half = half * scale
        return .init(minX: center.x - half, minY: center.y - half, maxX: center.x + half, maxY: center.y + half)
    }
}
