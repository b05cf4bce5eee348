import Core
import Environments

/// Pixels that shapes are drawn into with smooth edges: a pixel's colour is mixed with a shape's by the area of the pixel that the shape
/// covers. Coordinates are pixels, x to the right and y down, from the upper left corner.
package struct Canvas {
    package let width, height: Int
    /// RGB, one byte each, the top row first.
    private let pixels: UnsafeMutableRawBufferPointer
    /// Bytes from one row to the next.
    private let stride: Int
    private var coverage: [Float] = []

    /// Draws into `pixels`, which has room for `height` rows of 3 * width bytes, `stride` bytes apart, and outlives the canvas.
    package init(_ pixels: UnsafeMutableRawBufferPointer, width: Int, height: Int, stride: Int) {
        precondition(stride >= 3 * width && pixels.count >= stride * (height - 1) + 3 * width, "the canvas has no room")
        self.pixels = pixels
        self.width = width
        self.height = height
        self.stride = stride
    }

    /// Fewest and most pixels of a side.
    private static let sides = 16...4096

    /// Throws `GaitError.usage` where pictures of this size can't be drawn.
    static func check(_ size: PictureSize) throws {
        guard sides.contains(size.width), sides.contains(size.height) else {
            throw GaitError.usage(
                "a picture of \(size.width)x\(size.height) can't be drawn: \(sides.lowerBound)x\(sides.lowerBound) to "
                    + "\(sides.upperBound)x\(sides.upperBound) expected")
        }
    }

    package func clear(_ color: Picture.Color) {
        guard let base = pixels.baseAddress else { return }
        let bytes = color.bytes
        for x in 0..<width {
            for i in 0..<3 { pixels[3 * x + i] = bytes[i] }
        }
        for y in 1..<max(1, height) { (base + y * stride).copyMemory(from: base, byteCount: 3 * width) }
    }

    /// One pixel. Nothing where it is not on the canvas.
    func set(_ x: Int, _ y: Int, _ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        guard (0..<width).contains(x), (0..<height).contains(y) else { return }
        let place = y * stride + 3 * x
        (pixels[place], pixels[place + 1], pixels[place + 2]) = (red, green, blue)
    }

    /// Fills the area that closed contours enclose. Where contours of one orientation overlap, the area counts once.
    ///
    /// Cost: proportional to the lengths of the contours and to the area of the box around them. Contours with coordinates that are not finite
    /// are left out.
    package mutating func fill(_ contours: [[Picture.Point]], _ color: Picture.Color) {
        let contours = contours.filter { $0.count > 2 && $0.allSatisfy { $0.x.isFinite && $0.y.isFinite } }
        let xs = contours.joined().lazy.map(\.x), ys = contours.joined().lazy.map(\.y)
        guard let left = xs.min(), let right = xs.max(), let top = ys.min(), let bottom = ys.max(), color.alpha > 0 else { return }
        guard left < Double(width), right > 0, top < Double(height), bottom > 0 else { return }
        let box = (x: Int(max(0, left)), y: Int(max(0, top)))
        let columns = Int(min(Double(width), right.rounded(.up))) - box.x
        let rows = Int(min(Double(height), bottom.rounded(.up))) - box.y
        guard columns > 0, rows > 0 else { return }
        let row = columns + 2  // an edge at the right border writes up to two columns beyond
        if coverage.count < row * rows { coverage = Array(repeating: 0, count: row * rows) }
        let target = Target(pixels: pixels, stride: stride, x: box.x, y: box.y)
        coverage.withUnsafeMutableBufferPointer { coverage in
            for i in 0..<row * rows { coverage[i] = 0 }
            var edges = EdgeAccumulator(cells: coverage, row: row, columns: columns, rows: rows)
            for contour in contours {
                var last = contour[contour.count - 1]
                for point in contour {
                    edges.add(last.x - Double(box.x), last.y - Double(box.y), point.x - Double(box.x), point.y - Double(box.y))
                    last = point
                }
            }
            target.mix(coverage, row: row, columns: columns, rows: rows, color)
        }
    }
}

/// Where in the pixels a shape's box begins.
private struct Target {
    package let pixels: UnsafeMutableRawBufferPointer
    package let stride, x, y: Int

    /// Mixes the colour in, by the running sum of each row of `coverage`.
    package func mix(_ coverage: UnsafeMutableBufferPointer<Float>, row: Int, columns: Int, rows: Int, _ color: Picture.Color) {
        let alpha = Float(min(1, color.alpha)), source = color.bytes.map(Float.init)
        let (red, green, blue) = (source[0], source[1], source[2])
        for i in 0..<rows {
            var sum: Float = 0
            var place = (y + i) * stride + 3 * x
            for j in 0..<columns {
                sum += coverage[i * row + j]
                let share = alpha * min(1, abs(sum))
                if share > 0.002 {
                    pixels[place] = Self.mix(pixels[place], red, share)
                    pixels[place + 1] = Self.mix(pixels[place + 1], green, share)
                    pixels[place + 2] = Self.mix(pixels[place + 2], blue, share)
                }
                place += 3
            }
        }
    }

    private static func mix(_ below: UInt8, _ above: Float, _ share: Float) -> UInt8 {
        UInt8(Float(below) + (above - Float(below)) * share + 0.5)
    }
}

extension Picture.Color {
    /// Red, green and blue in 0...255.
    package var bytes: [UInt8] { [red, green, blue].map { $0.isFinite ? UInt8(max(0, min(1, $0)) * 255 + 0.5) : 0 } }
}

/// Turns edges of contours into the area of each cell that lies to the right of them; the running sum along a row is then the covered area
/// of each cell, with the sign of the contour's orientation.
private struct EdgeAccumulator {
    package let cells: UnsafeMutableBufferPointer<Float>
    /// Cells from one row to the next: `columns` and two more.
    package let row: Int
    package let columns, rows: Int

    /// One edge. Its parts outside of the cells count at the left or right border.
    package mutating func add(_ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double) {
        guard y0 != y1 else { return }
        let right = Double(columns), bottom = Double(rows)
        // Upper end first.
        let (ax, ay, bx, by, sign) = y0 < y1 ? (x0, y0, x1, y1, 1.0) : (x1, y1, x0, y0, -1.0)
        guard ay < bottom, by > 0 else { return }
        let slope = (bx - ax) / (by - ay)
        if ay >= 0, by <= bottom, min(ax, bx) >= 0, max(ax, bx) <= right { return addInside(ax, ay, bx, by, Float(sign)) }
        // Where it crosses the borders.
        var ys = [max(0, ay), min(bottom, by)]
        if slope != 0 {
            for border in [0, right] {
                let y = ay + (border - ax) / slope
                if y > ys[0], y < ys[ys.count - 1] { ys.append(y) }
            }
            ys.sort()
        }
        for (start, end) in zip(ys, ys.dropFirst()) {
            let from = max(0, min(right, ax + (start - ay) * slope)), to = max(0, min(right, ax + (end - ay) * slope))
            addInside(from, start, to, end, Float(sign))
        }
    }

    /// An edge inside of the cells, from its upper end to its lower one.
    private mutating func addInside(_ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double, _ sign: Float) {
        guard y1 > y0 else { return }
        let slope = (x1 - x0) / (y1 - y0)
        var x = x0
        for y in Int(y0)..<min(rows, Int(y1.rounded(.up))) {
            let height = min(Double(y + 1), y1) - max(Double(y), y0)
            let next = max(0, min(Double(columns), x + slope * height))
            addInRow(y * row, min(x, next), max(x, next), Float(height) * sign)
            x = next
        }
    }

    /// The part of an edge inside one row: from `x0` to `x1`, with its signed height.
    private mutating func addInRow(_ start: Int, _ x0: Double, _ x1: Double, _ height: Float) {
        let first = Int(x0), last = Int(x1.rounded(.up))
        if last <= first + 1 {
            let middle = Float((x0 + x1) / 2 - Double(first))
            cells[start + first] += height * (1 - middle)
            cells[start + first + 1] += height * middle
            return
        }
        // Each cell gets the part of the edge inside it, split by where its middle lies; the rest goes to the next cell.
        let perColumn = height / Float(x1 - x0)
        for column in first..<last {
            let from = max(x0, Double(column)), to = min(x1, Double(column + 1))
            let part = perColumn * Float(to - from), middle = Float((from + to) / 2 - Double(column))
            cells[start + column] += part * (1 - middle)
            cells[start + column + 1] += part * middle
        }
    }
}
