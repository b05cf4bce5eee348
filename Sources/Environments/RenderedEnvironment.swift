import Core

/// An environment that draws its copies itself, pixel by pixel, as those of another program do.
///
/// Such a picture can't be drawn from recorded numbers. Its episodes can be played again instead: all of an episode follows from its seed and
/// its actions.
public protocol RenderedEnvironment: Environment {
    /// False where this environment draws nothing after all.
    var isRendered: Bool { get }

    /// What the episode of a copy began with.
    func episodeSeed(_ copy: Int) -> UInt64

    /// The actions since then, [steps * action columns].
    func episodeActions(_ copy: Int) -> [Float]

    /// What the episode of a seed shows after `actions`, [steps * action columns]. The environment has one copy, which is there afterwards.
    ///
    /// Cost: the steps that are missing where the copy is at an earlier step of that episode, else all of them; and one picture.
    func image(seed: UInt64, actions: [Float]) throws -> RenderedImage
}

/// Pixels that an environment has drawn.
public struct RenderedImage: Sendable, Equatable {
    public let width, height: Int
    /// RGB, [height, width, 3], the top row first.
    public let pixels: [UInt8]

    /// `pixels` are 3 * width * height bytes of at least one pixel.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0 && pixels.count == 3 * width * height, "an image is [height, width, 3]")
        self.width = width
        self.height = height
        self.pixels = pixels
    }
}
