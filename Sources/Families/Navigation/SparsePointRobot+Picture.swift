import Environments
import Foundation

extension SparsePointRobot {
    /// The half circle, all goals with the radius in which they pay, the task's goal dark, and the robot with a line from where it began.
    public func picture(_ state: [Double], task: TaskDescription) throws -> Picture {
        guard let state = State(numbers: state), state.isFinite else {
            throw EnvironmentError.state("\(State.numberCount) finite numbers expected, \(state) found")
        }
        let own = try navigation(task), radius = settings.radius
        let margin = max(0.3, radius + 0.1)
        var picture = Picture(world: .init(minX: -1 - margin, minY: -margin, maxX: 1 + margin, maxY: 1 + margin))
        for goal in goals {
            picture.add(.circle(center: .init(goal.x, goal.y), radius: radius), fill: .white.mixed(with: .blue, 0.25))
        }
        picture.add(
            .polyline((0...90).map { .init(cos(.pi * Double($0) / 90), sin(.pi * Double($0) / 90)) }), stroke: .gray, lineWidth: 0.01)
        for goal in goals { picture.add(.circle(center: .init(goal.x, goal.y), radius: 0.02), fill: .gray) }
        picture.add(.circle(center: .init(own.goalX, own.goalY), radius: radius), fill: .blue)
        picture.add(.line(from: .init(0, 0), to: .init(state.x, state.y)), stroke: .gray, lineWidth: 0.015)
        picture.add(.circle(center: .init(0, 0), radius: 0.025), fill: .gray)
        picture.add(.circle(center: .init(state.x, state.y), radius: 0.05), fill: .orange, stroke: .white, lineWidth: 0.015)
        return picture
    }
}
