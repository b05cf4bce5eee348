import Environments
import Foundation
import Grids
import Testing

/// A family's first task drawn with the flows of the uniform policy.
private func drawn(_ family: any BoardFamily) throws -> (picture: Picture, flows: GraphFlows, graph: EnumeratedGraph, board: GraphBoard) {
    let task = try family.tasks(.train, seed: 3)[0]
    let walk = try #require(try family.makeEnvironment(task, copies: 1) as? any GraphEnvironment)
    let graph = try EnumeratedGraph(walk.graph), board = try family.graphBoard(task)
    let flows = try graph.flows { _, weights in for i in weights.indices { weights[i] = 1 } }
    return (try FlowPicture(flows, of: graph, on: board, title: "uniform").picture, flows, graph, board)
}

private func hyperGrid(_ dimension: Int, _ size: Int) throws -> HyperGrid {
    var settings = HyperGridSettings()
    (settings.dimension, settings.size) = (dimension, size)
    return try HyperGrid(settings: settings, assets: FamilyAssets())
}

extension Picture {
    /// Width and length of every arrow but those of the key, which has three.
    fileprivate var arrows: [(from: Point, to: Point, width: Double)] {
        elements.compactMap { element in
            if case .arrow(let from, let to, _) = element.shape { (from, to, element.lineWidth) } else { nil }
        }.dropLast(3)
    }

    fileprivate var texts: [String] { elements.compactMap { if case .text(let text, _, _, _) = $0.shape { text } else { nil } } }
}

@Suite struct FlowPictureTests {
    /// One arrow for every move between cells that is likely enough to be seen, wider where the flow is larger.
    @Test func arrowsAreTheMoves() throws {
        let (picture, flows, _, board) = try drawn(hyperGrid(2, 5))
        let moves = flows.edges.filter { board.cell($0.edge.state) != board.cell($0.child) }
        #expect(picture.arrows.count == moves.count { $0.probability >= 1e-3 } && picture.arrows.count > 20)
        let widest = try #require(picture.arrows.last).width, most = moves.map(\.probability).max()!
        for move in moves {
            let from = board.cell(move.edge.state), to = board.cell(move.child)
            func isNear(_ a: Double, _ cell: Int) -> Bool { abs(a - Double(cell) - 0.5) < 0.3 }
            let arrow = try #require(picture.arrows.first {
                isNear($0.from.x, from.column) && isNear($0.from.y, from.row) && isNear($0.to.x, to.column) && isNear($0.to.y, to.row)
            })
            #expect(abs(arrow.width / widest - (move.probability / most).squareRoot()) < 1e-9)
        }
    }

    /// Two maps with the numbers of the exact distribution and the target, and the error between them.
    @Test func mapsShowTheExactDistributionBesideTheTarget() throws {
        let (picture, flows, graph, _) = try drawn(hyperGrid(2, 5))
        func percent(_ share: Double) -> String { 100 * share >= 9.95 ? String(format: "%.0f", 100 * share) : String(format: "%.1f", 100 * share) }
        var texts = picture.texts
        for share in flows.ends + graph.target {
            let index = try #require(texts.firstIndex(of: percent(share)), "\(percent(share))")
            texts.remove(at: index)
        }
        let error = graph.l1Error(flows.ends)
        let words = "L1 error \(String(format: error < 0.1 ? "%.3f" : "%.2f", error)): the mean over \(flows.ends.count) end states"
        #expect(picture.texts.contains { $0.hasPrefix(words) }, "\(words)")
        #expect(picture.texts[0] == "uniform")
    }

    @Test func everyStateOfEveryFamilyLiesOnItsBoard() throws {
        for family: any BoardFamily in [try hyperGrid(2, 8), try hyperGrid(4, 5), try FrozenLake(), try CliffWalking()] {
            let (picture, _, graph, board) = try drawn(family)
            for state in graph.inner + graph.terminals {
                let cell = board.cell(state)
                #expect((0..<board.columns).contains(cell.column) && (0..<board.rows).contains(cell.row))
            }
            let world = picture.world
            for case .text(_, let point, _, _) in picture.elements.map(\.shape) {
                #expect(point.x >= world.minX && point.x < world.maxX && point.y > world.minY && point.y < world.maxY)
            }
            // The first row of a walk is the upper one; a hyper-grid begins below.
            #expect(board.cell(graph.graph.start).row == (family is HyperGrid ? 0 : board.rows - 1))
        }
    }

    /// In more than two dimensions a cell has all that lies behind it, and the picture says so.
    @Test func moreThanTwoAxesAreSummedOver() throws {
        let (picture, flows, graph, board) = try drawn(hyperGrid(3, 4))
        #expect(picture.texts.contains { $0.contains("summed over the other axis") })
        let move = try #require(picture.arrows.first { abs($0.from.x - 0.5) < 0.3 && abs($0.from.y - 0.5) < 0.3 && $0.to.x > 1 })
        let one = GraphBoard.Cell(column: 0, row: 0), other = GraphBoard.Cell(column: 1, row: 0)
        let flow = flows.edges.filter { board.cell($0.edge.state) == one && board.cell($0.child) == other }.reduce(0) { $0 + $1.probability }
        let widest = try #require(picture.arrows.last), all = Dictionary(grouping: flows.edges) { [board.cell($0.edge.state), board.cell($0.child)] }
        let most = all.filter { $0.key[0] != $0.key[1] }.values.map { $0.reduce(0) { $0 + $1.probability } }.max()!
        #expect(abs(move.width / widest.width - (flow / most).squareRoot()) < 1e-9 && graph.inner.count == 27)
    }

    @Test func aBoardTooLargeToSeeIsAnErrorThatSaysTheLimit() throws {
        #expect(performing: { try drawn(hyperGrid(2, 33)) }, throws: { "\($0)".contains("33 x 33") && "\($0)".contains("at most 32 x 32") })
    }
}
