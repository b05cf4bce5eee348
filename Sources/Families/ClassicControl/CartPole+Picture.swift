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
        var picture = Picture(world: .init(minX: -2.6, minY: -0.5, maxX: 2.6, maxY: 1.3))
        picture.add(.line(from: .init(-2.6, -0.16), to: .init(2.6, -0.16)), stroke: .gray, lineWidth: 0.03)
        for end in [-Self.farthest, Self.farthest] {
            picture.add(.line(from: .init(end, -0.26), to: .init(end, -0.06)), stroke: .red, lineWidth: 0.04)
        }
        let cart = Picture.Rectangle(minX: state.x - 0.24, minY: -0.1, maxX: state.x + 0.24, maxY: 0.1)
        for wheel in [-0.14, 0.14] { picture.add(.circle(center: .init(state.x + wheel, -0.1), radius: 0.05), fill: .black) }
        picture.add(.rectangle(cart), fill: .blue)
        let tip = Picture.Point(state.x + length * sin(state.angle), length * cos(state.angle))
        picture.add(.line(from: .init(state.x, 0), to: tip), stroke: .orange, lineWidth: 0.07)
        picture.add(.circle(center: .init(state.x, 0), radius: 0.035), fill: .white)
        return picture
    }
}
