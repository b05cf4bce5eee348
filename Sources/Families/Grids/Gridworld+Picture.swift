import Environments

extension Gridworld {
    /// The task's grid, its start at the top left: lighter cells are nearer to the landmark, a green square; the walker is a disk. Below the grid
    /// is written how far it has to go.
    public func picture(_ state: [Double], task: TaskDescription) throws -> Picture {
        let walk = try walk(task)
        guard let cell = Cell(numbers: state), walk.isState(cell) else {
            throw EnvironmentError.state("x and y of a cell in 0..<\(walk.size) expected, \(state) found")
        }
        let size = Double(walk.size), text = 0.05 * size + 0.1
        var picture = Picture(world: .init(minX: -0.6, minY: -size - 2.6 * text, maxX: size - 0.4, maxY: 0.6))
        let farthest = Double(max(1, 2 * (walk.size - 1)))
        for x in 0..<walk.size {
            for y in 0..<walk.size {
                let distance = Double(walk.distance(Cell(x: x, y: y))) / farthest
                picture.add(.rectangle(Self.square(x, y, half: 0.48)), fill: Picture.Color.white.mixed(with: .blue, 0.08 + 0.6 * distance))
            }
        }
        picture.add(.rectangle(Self.square(0, 0, half: 0.42)), stroke: .gray, lineWidth: 0.06)
        picture.add(.rectangle(Self.square(walk.landmark.x, walk.landmark.y, half: 0.42)), fill: .green, stroke: .white, lineWidth: 0.06)
        picture.add(.circle(center: .init(Double(cell.x), -Double(cell.y)), radius: 0.28), fill: .orange, stroke: .white, lineWidth: 0.06)
        let left = walk.distance(cell)
        picture.add(
            .text(
                left == 0 ? "at the landmark" : "steps to the landmark: \(left)", at: .init(-0.5, 0.2 - size - 1.2 * text), height: text,
                anchor: .left),
            fill: .black)
        return picture
    }

    /// y grows downward.
    private static func square(_ x: Int, _ y: Int, half: Double) -> Picture.Rectangle {
        let (x, y) = (Double(x), -Double(y))
        return Picture.Rectangle(minX: x - half, minY: y - half, maxX: x + half, maxY: y + half)
    }
}
