import CMuJoCo
import Foundation

/// A window that shows positions of a model, several beside each other; dragging and the mouse wheel move the camera.
///
/// For the process's first thread only, one window at a time.
public final class Window {
    public let model: Model
    private let pointer: OpaquePointer

    /// One of the pictures beside each other.
    public struct View {
        /// The window's model, or another of the same file: its task may have another goal.
        public var model: Model
        /// [nq]
        public var positions: [Double]
        public var caption: Renderer.Caption
        public init(model: Model, positions: [Double], caption: Renderer.Caption) {
            self.model = model
            self.positions = positions
            self.caption = caption
        }
    }

    /// Opens GLFW and a window of this size on the screen. Throws `EngineError.rendering` where there is none.
    public init(model: Model, width: Int, height: Int, title: String) throws {
        let camera = Renderer.camera(of: model)
        pointer = try withMessage { message in
            guard let window = gait_window_open(model.pointer, Int32(width), Int32(height), title, Int32(camera), message) else {
                throw EngineError.rendering(String(cString: message))
            }
            return window
        }
        self.model = model
    }

    deinit { gait_window_close(pointer) }

    /// Draws, waits for the screen, and takes what keys and mouse did meanwhile. `keys` stand in the lower left corner.
    public func show(_ views: [View], keys: Renderer.Caption) throws {
        precondition(views.allSatisfy { $0.positions.count == model.positionCount }, "positions must be [nq]")
        precondition(views.allSatisfy { $0.model.path == model.path }, "views must be of the window's model")
        let positions = views.flatMap(\.positions)
        let texts = views.map { (strdup($0.caption.left), strdup($0.caption.right)) }
        defer {
            for (left, right) in texts {
                free(left)
                free(right)
            }
        }
        try positions.withUnsafeBufferPointer { positions in
            let shown = texts.enumerated().map { index, text in
                GaitView(
                    positions: positions.baseAddress.map { $0 + index * model.positionCount }, model: views[index].model.pointer,
                    left: text.0, right: text.1)
            }
            try withMessage { message in
                if gait_window_show(pointer, shown, Int32(shown.count), keys.left, keys.right, message) != 0 {
                    throw EngineError.rendering(String(cString: message))
                }
            }
        }
    }

    /// The next key that was pressed; nil if there is none left, `.other` for a key without a function.
    public func nextKey() -> Key? {
        let code = gait_window_next_key(pointer)
        return code == 0 ? nil : Key(code)
    }

    /// The user closed the window.
    public var isClosed: Bool { gait_window_is_closed(pointer) != 0 }

    /// Back from the mouse's camera to the model's own.
    public func useFilmCamera() { gait_window_film_camera(pointer) }

    public enum Key: Equatable, Sendable {
        case character(Character)
        case escape, enter, left, right, up, down
        case other

        init(_ code: Int32) {
            self = switch code {
            case 32...96: .character(Character(UnicodeScalar(UInt8(code))))
            case 256: .escape
            case 257: .enter
            case 262: .right
            case 263: .left
            case 264: .down
            case 265: .up
            default: .other
            }
        }
    }
}
