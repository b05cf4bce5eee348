import Environments

extension TemplateFamily {
    /// The table from above: the goal, and the puck with its velocity as an arrow.
    public func picture(_ state: [Double], task: TaskDescription) throws -> Picture {
        guard let state = State(numbers: state), state.isFinite else {
            throw EnvironmentError.state("\(State.numberCount) finite numbers expected, \(state) found")
        }
        let goal = try slide(task), half = 1.35 * settings.distance, unit = settings.distance
        var picture = Picture(world: .init(minX: -half, minY: -half, maxX: half, maxY: half))
        picture.add(.circle(center: .init(0, 0), radius: unit), stroke: .lightGray, lineWidth: 0.015 * unit)
        picture.add(.circle(center: .init(goal.goalX, goal.goalY), radius: 0.12 * unit), fill: .green)
        picture.add(.line(from: .init(0, 0), to: .init(state.x, state.y)), stroke: .gray, lineWidth: 0.02 * unit)
        picture.add(.circle(center: .init(state.x, state.y), radius: 0.09 * unit), fill: .blue)
        let tip = Picture.Point(state.x + 0.6 * state.vx, state.y + 0.6 * state.vy)
        picture.add(.arrow(from: .init(state.x, state.y), to: tip, head: 0.1 * unit), stroke: .orange, lineWidth: 0.03 * unit)
        return picture
    }
}
