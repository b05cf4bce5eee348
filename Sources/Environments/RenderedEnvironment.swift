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

    /// Another one of the same task, with one copy, to draw films in: whatever happens to it does no harm to this one.
    func replica() throws -> any RenderedEnvironment

    /// Brings the only copy to where the episode of a seed stands after `actions`, [steps * action columns], and returns its observation there,
    /// [observation columns].
    ///
    /// Cost: the steps that are missing where the copy is at an earlier step of that episode, else all of them.
    func play(seed: UInt64, actions: [Float]) throws -> [Float]

    /// What the only copy shows now.
    func image() throws -> RenderedImage
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
