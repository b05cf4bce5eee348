import Environments
import MuJoCo

/// How a task finds its way in a model: it asks by name, when it is made, and gets indices that cost nothing in a step.
///
///     init(_ readings: inout ModelReadings) throws {
///         fingertip = try readings.body("fingertip")
///         target = try readings.site("target")
///         elbow = try readings.joint("elbow")
///         timeStep = readings.timeStep
///     }
///
/// Every question throws `EnvironmentError.wrongModel`, naming the file, where the model has nothing of that name.
package struct ModelReadings: Sendable {
    package let model: Model
    /// Numbers of positions (nq), velocities (nv) and controls (nu).
    package var positionCount: Int { model.positionCount }
    package var velocityCount: Int { model.velocityCount }
    package var controlCount: Int { model.controlCount }
    /// Seconds between two actions: the task's frame skip times the model's time step.
    package let timeStep: Double
    var layout = Readout.Layout()

    init(model: Model, frameSkip: Int) {
        self.model = model
        timeStep = Double(frameSkip) * model.timeStep
    }

    /// Where a body is in the world, x, y and z in m.
    package mutating func body(_ name: String) throws -> Reading { try add(.bodyPosition, .body, name) }

    /// Where a site is in the world, x, y and z in m.
    package mutating func site(_ name: String) throws -> Reading { try add(.sitePosition, .site, name) }

    /// A sensor's numbers, in its own units.
    package mutating func sensor(_ name: String) throws -> Reading { try add(.sensor, .sensor, name) }

    /// All numbers of a table, such as the contact forces on every body.
    package mutating func table(_ table: Readout.Table) -> Reading { Reading(layout.add(table, of: model)) }

    /// A joint's place among positions and velocities.
    package func joint(_ name: String) throws -> JointIndex {
        let joint = try found(.joint, name) { try model.joint(named: name) }
        return JointIndex(position: joint.positions.lowerBound, velocity: joint.velocities.lowerBound)
    }

    /// Has contact forces computed after each step, clipped to plus or minus `limit` N or N m: `PhysicsState.contactSquares`.
    package mutating func readContactForces(clippedTo limit: Double) { layout.contactClip = limit }

    private mutating func add(_ quantity: Readout.Quantity, _ element: Model.Element, _ name: String) throws -> Reading {
        var layout = layout
        let range = try found(element, name) { try layout.add(quantity, named: name, of: model) }
        self.layout = layout
        return Reading(range)
    }

    private func found<Result>(_ element: Model.Element, _ name: String, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch EngineError.unknown {
            throw EnvironmentError.wrongModel(
                path: model.path, expected: "a \(element.rawValue) named '\(name)'", found: "none of that name")
        }
    }
}
