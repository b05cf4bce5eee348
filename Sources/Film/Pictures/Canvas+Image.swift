import Environments

extension Canvas {
    /// Draws an image as large as it fits, in the middle of `frame`. A pixel is the mean of those that fall on it, or a copy
    /// of the one under it where the image becomes larger.
    package func draw(_ image: RenderedImage, in frame: Frame) {
        let scale = min(frame.width / Double(image.width), frame.height / Double(image.height))
        let columns = max(1, Int(Double(image.width) * scale)), rows = max(1, Int(Double(image.height) * scale))
        let left = Int(frame.x + (frame.width - Double(columns)) / 2), top = Int(frame.y + (frame.height - Double(rows)) / 2)
        func sources(_ count: Int, of size: Int) -> [Range<Int>] {
            (0..<count).map { index in
                let first = index * size / count
                return first..<max(first + 1, (index + 1) * size / count)
            }
        }
        let across = sources(columns, of: image.width), down = sources(rows, of: image.height)
        for (y, sourceRows) in down.enumerated() {
            for (x, sourceColumns) in across.enumerated() {
                var sums = (0, 0, 0)
                for row in sourceRows {
                    for column in sourceColumns {
                        let place = 3 * (row * image.width + column)
                        sums.0 += Int(image.pixels[place])
                        sums.1 += Int(image.pixels[place + 1])
                        sums.2 += Int(image.pixels[place + 2])
                    }
                }
                let count = sourceRows.count * sourceColumns.count
                set(left + x, top + y, UInt8(sums.0 / count), UInt8(sums.1 / count), UInt8(sums.2 / count))
            }
        }
    }
}
