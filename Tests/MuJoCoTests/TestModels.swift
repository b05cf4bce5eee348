import Foundation
import MuJoCo

func temporaryFile(_ text: String) throws -> URL {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).xml")
    try text.write(to: file, atomically: true, encoding: .utf8)
    return file
}

extension Model {
    static func from(_ text: String) throws -> Model {
        let file = try temporaryFile(text)
        defer { try? FileManager.default.removeItem(at: file) }
        return try Model(contentsOf: file)
    }

    /// A bob of 3 kg, 1 m below a hinge about y, with a motor of gear 2.
    static func pendulum(size: String = "") throws -> Model {
        try from(
            """
            <mujoco>\(size)<option timestep="0.002"/><worldbody><body name="bob">
              <joint name="hinge" axis="0 1 0"/><inertial pos="0 0 -1" mass="3" diaginertia="0.01 0.01 0.01"/>
              <geom name="ball" type="sphere" size="0.1" pos="0 0 -1" contype="0" conaffinity="0"/>
            </body></worldbody><actuator><motor joint="hinge" gear="2" ctrllimited="true" ctrlrange="-1 1"/></actuator></mujoco>
            """)
    }

    /// `count` boxes side by side, 5 m above a floor, with room for `stack` numbers on MuJoCo's stack; newer versions, which have contacts there,
    /// too, get twice as much.
    static func boxes(count: Int, stack: Int) throws -> Model {
        let boxes = (0..<count).map {
            "<body pos=\"\($0) 0 5\"><freejoint/><geom type=\"box\" size=\"0.1 0.1 0.1\"/></body>"
        }.joined()
        let size = Engine.version.hasPrefix("2.2.") ? "nstack=\"\(stack)\"" : "memory=\"\(2 * 8 * stack)\""
        return try from(
            """
            <mujoco><size \(size)/><option timestep="0.002"/>
            <worldbody><geom type="plane" size="1 1 1"/>\(boxes)</worldbody></mujoco>
            """)
    }

    /// Velocities of `boxes` that bring them down by `height` within so many seconds.
    func fall(_ height: Double, in seconds: Double) -> [Double] {
        (0..<velocityCount).map { $0 % 6 == 2 ? -height / seconds : 0 }
    }
}

extension SimulationBatch {
    /// One step of the whole batch with the same control for all.
    func step(control: Double = 0, frameSkip: Int = 1, into readout: inout Readout, contactClip: Double? = nil) throws {
        let controls = Array(repeating: control, count: count * models[0].controlCount)
        try controls.withUnsafeBufferPointer {
            try step($0, frameSkip: frameSkip, layout: Readout.Layout(contactClip: contactClip), into: &readout)
        }
    }

    func set(_ index: Int, _ positions: [Double], _ velocities: [Double], into readout: inout Readout) throws {
        try positions.withUnsafeBufferPointer { positions in
            try velocities.withUnsafeBufferPointer { velocities in
                try setState(index, positions: positions, velocities: velocities, layout: Readout.Layout(), into: &readout)
            }
        }
    }
}
