/// Errors of MuJoCo and of this module.
public enum EngineError: Error, CustomStringConvertible, Equatable {
    /// A model file that can't be read or compiled: its path and MuJoCo's message.
    case model(path: String, reason: String)
    /// A model has no such element or array.
    case unknown(kind: String, name: String, model: String)
    /// Values that don't fit a model's array.
    case wrongCount(field: String, expected: Int, found: Int)
    case notFinite(field: String, index: Int)
    /// MuJoCo reported an error while stepping or setting up; the simulation was put back to the model's default state.
    case simulation(String)
    /// A saved state that is not this simulation's.
    case state(String)
    /// No OpenGL on this machine, or it could not draw.
    case rendering(String)
    /// A picture smaller than can be drawn or larger than the model allows for.
    case pictureSize(width: Int, height: Int, mostWidth: Int, mostHeight: Int)

    public var description: String {
        switch self {
        case .model(let path, let reason): "model file '\(path)' can't be loaded: \(reason)"
        case .unknown(let kind, let name, let model): "model '\(model)' has no \(kind) named '\(name)'"
        case .wrongCount(let field, let expected, let found):
            "'\(field)' takes \(expected) number\(expected == 1 ? "" : "s"), \(found) given"
        case .notFinite(let field, let index): "'\(field)' must be finite; entry \(index) is not"
        case .simulation(let message): "MuJoCo: \(message)"
        case .state(let reason): "the saved state does not fit this simulation: \(reason)"
        case .rendering(let message): message
        case .pictureSize(let width, let height, let mostWidth, let mostHeight):
            "a picture of \(width)x\(height) can't be drawn: \(Renderer.leastSize)x\(Renderer.leastSize) to \(mostWidth)x\(mostHeight) "
                + "expected (offwidth and offheight in the model's file)"
        }
    }
}

/// Size of a message buffer of the C shim, in bytes.
func withMessage<Result>(_ body: (UnsafeMutablePointer<CChar>) throws -> Result) rethrows -> Result {
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: messageCapacity) { buffer in
        buffer[0] = 0
        return try body(buffer.baseAddress!)
    }
}
