import Environments

/// Pictures that a study drew, one below the other.
public struct PicturePlot: Sendable, Equatable, Codable {
    /// Stem of its file.
    public var name: String
    public var title: String
    /// What is seen, in whole sentences.
    public var caption: String
    public var pictures: [Picture]

    public init(name: String, title: String, caption: String, pictures: [Picture]) {
        self.name = name
        self.title = title
        self.caption = caption
        self.pictures = pictures
    }
}
