import CMuJoCo

/// Draws a model off screen, by EGL or OSMesa, whichever this machine has.
///
///     let renderer = try Renderer(model: ant, width: 640, height: 480)
///     let picture = try renderer.picture(of: simulations, 0)
///
/// It copies the positions into a simulation of its own and draws that one, so the filmed simulation is not changed. The same
/// positions give the same pixels. Not thread-safe: one thread at a time, which may be another one each time.
public final class Renderer {
    public let model: Model
    public let width: Int
    public let height: Int
    private let pointer: OpaquePointer

    /// Least width and height of a picture, in pixels.
    public static let leastSize = 16
    /// The camera that a model is seen by: the first of these that it has. `overview` stands still, `track` follows the robot.
    public static let cameras = ["overview", "track"]

    /// The index of the first of `cameras` in a model, negative where it has none.
    static func camera(of model: Model) -> Int { cameras.lazy.compactMap { try? model.index(of: .camera, named: $0) }.first ?? -1 }

    /// Opens OpenGL and uploads the model.
    ///
    /// - Parameter camera: one of the model's cameras; default: the first of `cameras`, or MuJoCo's free camera if the model has none.
    /// - Throws: `EngineError.pictureSize`, `.unknown` for the camera, and `.rendering` where there is no OpenGL, naming the
    ///   packages that bring it.
    public init(model: Model, width: Int, height: Int, camera: String? = nil) throws {
        let most = model.largestPicture
        guard (Self.leastSize...max(Self.leastSize, most.width)).contains(width),
            (Self.leastSize...max(Self.leastSize, most.height)).contains(height)
        else { throw EngineError.pictureSize(width: width, height: height, mostWidth: most.width, mostHeight: most.height) }
        let index: Int
        if let camera {
            index = try model.index(of: .camera, named: camera)
        } else {
            index = Self.camera(of: model)
        }
        pointer = try withMessage { message in
            guard let made = gait_render_make(model.pointer, Int32(width), Int32(height), Int32(index), message) else {
                throw EngineError.rendering(String(cString: message))
            }
            return made
        }
        self.model = model
        self.width = width
        self.height = height
    }

    deinit { gait_render_free(pointer) }

    /// Which OpenGL draws: `EGL, llvmpipe (LLVM 15.0.6, 256 bits)`.
    public var openGL: String { String(cString: gait_render_backend(pointer)) }

    /// The OpenGL that renderers of this process use, found by opening it. Throws `EngineError.rendering` naming packages.
    public static func findOpenGL() throws -> String {
        try withMessage { description in
            try withMessage { message in
                if gait_render_probe(description, message) != 0 { throw EngineError.rendering(String(cString: message)) }
                return String(cString: description)
            }
        }
    }

    /// Draws positions [nq] into `pixels`: RGB, one byte each, the top row first, rows `stride` bytes apart (default:
    /// 3 * width). Throws `EngineError.rendering`.
    public func draw(
        _ positions: UnsafeBufferPointer<Double>, caption: Caption? = nil, into pixels: UnsafeMutableRawBufferPointer,
        stride: Int? = nil
    ) throws {
        let stride = stride ?? 3 * width
        precondition(positions.count == model.positionCount, "positions must be [nq]")
        precondition(stride >= 3 * width && pixels.count >= stride * (height - 1) + 3 * width, "the picture has no room")
        let bytes = pixels.bindMemory(to: UInt8.self).baseAddress
        try withMessage { message in
            let failed = if let caption {
                gait_render_frame(
                    pointer, positions.baseAddress, caption.left, caption.right, bytes, Int32(stride), message)
            } else {
                gait_render_frame(pointer, positions.baseAddress, nil, nil, bytes, Int32(stride), message)
            }
            if failed != 0 { throw EngineError.rendering(String(cString: message)) }
        }
    }

    /// A picture of positions [nq].
    public func picture(of positions: [Double], caption: Caption? = nil) throws -> RenderedImage {
        var picture = RenderedImage(width: width, height: height)
        try positions.withUnsafeBufferPointer { positions in
            try picture.pixels.withUnsafeMutableBytes { try draw(positions, caption: caption, into: $0) }
        }
        return picture
    }

    /// A picture of one simulation as it is now; it may be of any model of the same geometry.
    public func picture(of simulations: SimulationBatch, _ index: Int, caption: Caption? = nil) throws -> RenderedImage {
        try picture(of: simulations.positions(index), caption: caption)
    }

    /// Wall-clock seconds that a loop of MuJoCo's drawing and reading alone takes for `frames` pictures: `draw` can't be
    /// faster.
    public func timeBareLoop(_ positions: [Double], pictures: Int) throws -> Double {
        precondition(positions.count == model.positionCount, "positions must be [nq]")
        return try withMessage { message in
            let seconds = gait_render_bare_loop(pointer, positions, Int32(pictures), message)
            guard seconds >= 0 else { throw EngineError.rendering(String(cString: message)) }
            return seconds
        }
    }
}

extension Renderer {
    /// Two columns of text for a picture's upper left corner, one pair in each line.
    public struct Caption: Sendable, Equatable {
        let left: String
        let right: String

        /// Characters of a line that are shown.
        static let width = 40

        public init(_ lines: [(label: String, value: String)]) {
            func column(_ texts: [String]) -> String {
                // MuJoCo's font has the printable characters of ASCII.
                texts.map { text in
                    String(text.prefix(Self.width).map { $0.isASCII && !$0.isNewline && ($0.asciiValue ?? 0) >= 32 ? $0 : "?" })
                }.joined(separator: "\n")
            }
            left = column(lines.map(\.label))
            right = column(lines.map(\.value))
        }
    }
}

/// RGB pixels, a byte a colour, the top row first.
public struct RenderedImage: Sendable, Equatable {
    public let width: Int
    public let height: Int
    /// [height, width, 3]
    public var pixels: [UInt8]

    /// All black.
    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
        pixels = Array(repeating: 0, count: width * height * 3)
    }
}

extension Model {
    /// Pixels of the largest picture: offwidth and offheight in the model's file.
    public var largestPicture: (width: Int, height: Int) {
        (Int(pointer.pointee.vis.global.offwidth), Int(pointer.pointee.vis.global.offheight))
    }

    /// Positions `fraction` of the way from `start` to `end`, [nq] each, along the model's degrees of freedom, so that
    /// quaternions turn.
    public func positions(
        from start: UnsafeBufferPointer<Double>, to end: UnsafeBufferPointer<Double>, fraction: Double
    ) -> [Double] {
        precondition(start.count == positionCount && end.count == positionCount, "positions must be [nq]")
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, velocityCount)) { step in
            Array(unsafeUninitializedCapacity: positionCount) { buffer, initialized in
                gait_mj_between(pointer, start.baseAddress, end.baseAddress, fraction, buffer.baseAddress, step.baseAddress)
                initialized = positionCount
            }
        }
    }
}
