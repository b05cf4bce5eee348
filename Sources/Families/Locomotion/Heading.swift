import Core
import Environments
import Foundation
import MuJoCo

/// A direction to move in, in the plane: what the tasks of Ant-Dir and Humanoid-Dir differ in.
enum Heading {
    /// Tasks with headings drawn from U[0, `arc`] degrees, distinct in the whole degrees of their names. `angle` is in rad from +x towards +y.
    static func tasks(_ set: TaskSet, train: Int, test: Int, arc: Double, seed: UInt64, family: String) -> [TaskDescription] {
        var generator = TaskGenerator(seed: seed, name: family)
        var angles: [Double] = []
        while angles.count < train + test {
            let angle = generator.uniform(0, arc) * .pi / 180
            if !angles.contains(where: { taskName($0) == taskName(angle) }) { angles.append(angle) }
        }
        let chosen = set == .train ? angles.prefix(train) : angles.suffix(test)
        return chosen.map { TaskDescription(name: taskName($0), parameters: ["angle": [$0]]) }
    }

    static func taskName(_ angle: Double) -> String { String(format: "angle=%03.0f", angle * 180 / .pi) }

    /// The heading of a task in rad. Throws `EnvironmentError` where it is none, such as degrees.
    static func angle(of task: TaskDescription, family: String) throws -> Double {
        let angle = try task.number("angle", family: family)
        guard abs(angle) <= 2 * .pi else {
            throw EnvironmentError.wrongValue(key: "angle", family: family, value: angle, expected: "a number of radians, at most 2 pi,")
        }
        return angle
    }

    /// Throws `SettingError` where an arc, in degrees, has no room for so many tasks: drawing goes on until all are distinct.
    static func check(arc: Double, tasks: Int) throws {
        guard arc > 0, arc <= 360 else { throw SettingError("arc", "a number of degrees above 0 and at most 360 expected, found \(arc)") }
        let most = Int(arc) / 2
        guard tasks <= most else {
            throw SettingError("trainTasks", "at most \(most) tasks of both sets have distinct headings within \(arc) degrees, found \(tasks)")
        }
    }

    /// A copy of a model whose line on the floor, the site `heading`, leads from the origin along `angle`, for films. It changes no physics.
    static func model(_ base: Model, showing angle: Double) throws -> Model {
        try base.placing(site: "heading", at: { [$0 * cos(angle), $0 * sin(angle), 0] }, quaternion: [cos(angle / 2), 0, 0, sin(angle / 2)])
    }
}

extension Model {
    /// A copy with one site elsewhere. `place` gives its position, x, y and z in m, from the first number of its size.
    func placing(site: String, at place: (Double) -> [Double], quaternion: [Double] = [1, 0, 0, 0]) throws -> Model {
        let index: Int
        do { index = try self.index(of: .site, named: site) } catch EngineError.unknown {
            throw EnvironmentError.wrongModel(path: path, expected: "a site named '\(site)'", found: "none of that name")
        }
        var (positions, quaternions) = try (values("site_pos"), values("site_quat"))
        positions.replaceSubrange(3 * index..<3 * index + 3, with: try place(values("site_size")[3 * index]))
        quaternions.replaceSubrange(4 * index..<4 * index + 4, with: quaternion)
        return try copy(replacing: ["site_pos": positions, "site_quat": quaternions])
    }
}
