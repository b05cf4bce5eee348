import Environments
import Foundation

extension MountainCar {
    /// The track with the wall at its left end and the flag at the goal, and the car on it.
    public func picture(_ state: [Double], task: TaskDescription) throws -> Picture {
        guard let state = State(numbers: state) else {
            throw EnvironmentError.state("\(State.numberCount) numbers expected, \(state.count) found")
        }
        guard state.isFinite else { throw EnvironmentError.state("it holds numbers that are not finite") }
        let hills = try Hills(task)
        var picture = Picture(world: .init(minX: -1.3, minY: -0.5, maxX: 0.7, maxY: 0.65))
        let ground = stride(from: -1.3, through: 0.701, by: 0.01).map { Picture.Point($0, hills.height($0)) }
        picture.add(.polygon(ground + [.init(0.7, -0.5), .init(-1.3, -0.5)]), fill: .lightGray)
        picture.add(.polyline(ground), stroke: .gray, lineWidth: 0.012)
        let wall = hills.height(Self.leftEnd)
        picture.add(.line(from: .init(Self.leftEnd, wall), to: .init(Self.leftEnd, wall + 0.15)), stroke: .red, lineWidth: 0.02)
        let foot = hills.height(Self.goal)
        picture.add(.line(from: .init(Self.goal, foot), to: .init(Self.goal, foot + 0.2)), stroke: .black, lineWidth: 0.01)
        picture.add(
            .polygon([.init(Self.goal, foot + 0.2), .init(Self.goal + 0.1, foot + 0.165), .init(Self.goal, foot + 0.13)]), fill: .green)
        addCar(to: &picture, at: state.position, on: hills)
        return picture
    }

    /// A body that leans with the slope, on two wheels.
    private func addCar(to picture: inout Picture, at position: Double, on hills: Hills) {
        let lean = atan(cos(hills.inclination * position)), foot = hills.height(position)
        func place(_ along: Double, _ up: Double) -> Picture.Point {
            .init(position + along * cos(lean) - up * sin(lean), foot + along * sin(lean) + up * cos(lean))
        }
        picture.add(.polygon([place(-0.07, 0.025), place(0.07, 0.025), place(0.055, 0.075), place(-0.055, 0.075)]), fill: .blue)
        for wheel in [-0.04, 0.04] { picture.add(.circle(center: place(wheel, 0.02), radius: 0.02), fill: .black) }
    }
}
