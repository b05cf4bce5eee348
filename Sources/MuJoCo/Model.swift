import CMuJoCo
import Foundation

let messageCapacity = Int(GAIT_MJ_MESSAGE)

/// A compiled MuJoCo model: bodies, joints, geoms, actuators and their constants.
///
///     let ant = try Model(contentsOf: folder.appending(path: "ant.xml"))
///     let slippery = try ant.copy(replacing: ["geom_friction": friction])
///
/// Immutable once made, so that any number of simulations on any threads may share one; each keeps it alive.
public final class Model: @unchecked Sendable {
    /// For simulations and renderers of this module; valid while the model lives, never written to.
    let pointer: UnsafeMutablePointer<mjModel>
    /// The path that it was loaded from.
    public let path: String

    /// Compiles an MJCF file. Throws `EngineError.model` with MuJoCo's own message, which has the line where there is one.
    public init(contentsOf url: URL) throws {
        path = url.path
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw EngineError.model(path: path, reason: "no such file, or no right to read it")
        }
        let path = path
        pointer = try withMessage { message in
            guard let model = gait_mj_load(path, message) else {
                let reason = String(cString: message).split(whereSeparator: \.isNewline).joined(separator: "; ")
                throw EngineError.model(path: path, reason: reason.isEmpty ? "MuJoCo gave no reason" : reason)
            }
            return model
        }
    }

    private init(adopting pointer: UnsafeMutablePointer<mjModel>, path: String) {
        self.pointer = pointer
        self.path = path
    }

    deinit { gait_mj_free_model(pointer) }

    /// A copy whose named arrays (MuJoCo's names, e.g. `body_mass`) hold other numbers. They replace the compiled ones as
    /// they are: nothing that MuJoCo derived from the old ones is computed again (no mj_setConst).
    ///
    /// Throws when the model has no such array of float64 numbers, or the count differs, or a number is not finite.
    public func copy(replacing arrays: [String: [Double]]) throws -> Model {
        let copied = try withMessage { message in
            guard let copied = gait_mj_copy_model(pointer, message) else {
                throw EngineError.simulation(String(cString: message))
            }
            return Model(adopting: copied, path: path)
        }
        for (name, values) in arrays {
            let field = try copied.field(name)
            guard let target = field.numbers else {
                throw EngineError.unknown(kind: "array of float64 numbers", name: name, model: path)
            }
            guard values.count == field.count else {
                throw EngineError.wrongCount(field: name, expected: Int(field.count), found: values.count)
            }
            if let index = values.firstIndex(where: { !$0.isFinite }) {
                throw EngineError.notFinite(field: name, index: index)
            }
            // `copied` is not shared with anyone yet: the only moment at which a model is written to.
            UnsafeMutablePointer(mutating: target).update(from: values, count: values.count)
        }
        return copied
    }
}

extension Model {
    /// Numbers in a position, nq.
    public var positionCount: Int { Int(pointer.pointee.nq) }
    /// Degrees of freedom, nv.
    public var velocityCount: Int { Int(pointer.pointee.nv) }
    /// Controls, nu.
    public var controlCount: Int { Int(pointer.pointee.nu) }
    /// Bodies, the world included.
    public var bodyCount: Int { Int(pointer.pointee.nbody) }
    /// Seconds that one mj_step advances.
    public var timeStep: Double { pointer.pointee.opt.timestep }
    /// The default position, [nq].
    public var defaultPositions: [Double] { Array(UnsafeBufferPointer(start: pointer.pointee.qpos0, count: positionCount)) }

    /// The numbers of any numeric array, size or physics option of the model by MuJoCo's name for it (`body_mass`,
    /// `jnt_type`, `nbody`, `timestep`, `integrator`, `gravity`), integers converted. Throws where there is none.
    public func values(_ name: String) throws -> [Double] {
        let field = try field(name)
        let count = Int(field.count)
        if let p = field.numbers { return Array(UnsafeBufferPointer(start: p, count: count)) }
        if let p = field.floats { return UnsafeBufferPointer(start: p, count: count).map(Double.init) }
        if let p = field.integers { return UnsafeBufferPointer(start: p, count: count).map(Double.init) }
        if let p = field.sizes { return UnsafeBufferPointer(start: p, count: count).map(Double.init) }
        return UnsafeBufferPointer(start: field.bytes, count: count).map(Double.init)
    }

    private func field(_ name: String) throws -> GaitModelField {
        var field = GaitModelField()
        guard gait_mj_field(pointer, name, &field) != 0 else {
            throw EngineError.unknown(kind: "numeric array", name: name, model: path)
        }
        return field
    }
}

extension Model {
    /// Named things of a model.
    public enum Element: String, Sendable, CaseIterable {
        case body, joint, geom, site, sensor, actuator, camera, light

        var type: mjtObj {
            switch self {
            case .body: mjOBJ_BODY
            case .joint: mjOBJ_JOINT
            case .geom: mjOBJ_GEOM
            case .site: mjOBJ_SITE
            case .sensor: mjOBJ_SENSOR
            case .actuator: mjOBJ_ACTUATOR
            case .camera: mjOBJ_CAMERA
            case .light: mjOBJ_LIGHT
            }
        }
    }

    /// The index of a named element. Throws `EngineError.unknown` where there is none.
    public func index(of element: Element, named name: String) throws -> Int {
        let index = mj_name2id(pointer, Int32(element.type.rawValue), name)
        guard index >= 0 else { throw EngineError.unknown(kind: element.rawValue, name: name, model: path) }
        return Int(index)
    }

    /// The numbers of a named joint: which of the positions (nq) and which of the velocities (nv) are its own. Throws
    /// `EngineError.unknown` where there is no such joint.
    public func joint(named name: String) throws -> (positions: Range<Int>, velocities: Range<Int>) {
        let index = try index(of: .joint, named: name)
        let position = Int(pointer.pointee.jnt_qposadr[index]), velocity = Int(pointer.pointee.jnt_dofadr[index])
        let (positions, velocities) = switch pointer.pointee.jnt_type[index] {
        case Int32(mjJNT_FREE.rawValue): (7, 6)
        case Int32(mjJNT_BALL.rawValue): (4, 3)
        default: (1, 1)
        }
        return (position..<position + positions, velocity..<velocity + velocities)
    }
}
