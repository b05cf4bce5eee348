import Environments
import Foundation

extension CartPole {
    /// The cart on its track, between the two places where an episode ends, and the pole to scale.
    public func picture(_ state: [Double], task: TaskDescription) throws -> Picture {
        guard let state = State(numbers: state) else {
            throw EnvironmentError.state("\(State.numberCount) numbers expected, \(state.count) found")
        }
        guard state.isFinite else { throw EnvironmentError.state("it holds numbers that are not finite") }
        let length = try 2 * Balance(task).halfLength
        var picture = Picture(world: .init(minX: -2.7, minY: -0.45, maxX: 2.7, maxY: 1.35))
        picture.add(.line(from: .init(-2.7, 0), to: .init(2.7, 0)), stroke: .gray, lineWidth: 0.015)
        for end in [-Self.farthest, Self.farthest] {
            picture.add(.line(from: .init(end, -0.12), to: .init(end, 0.12)), stroke: .red, lineWidth: 0.02)
        }
        picture.add(.rectangle(.init(minX: state.x - 0.2, minY: -0.1, maxX: state.x + 0.2, maxY: 0.1)), fill: .blue)
        let tip = Picture.Point(state.x + length * sin(state.angle), length * cos(state.angle))
        picture.add(.line(from: .init(state.x, 0), to: tip), stroke: .orange, lineWidth: 0.06)
        picture.add(.circle(center: .init(state.x, 0), radius: 0.04), fill: .black)
        picture.add(.text(task.name, at: .init(-2.6, -0.32), height: 0.1, anchor: .left), fill: .black)
        return picture
    }
}
