import Environments
import Film
import Foundation
import Testing

/// Pixels of a canvas for one test.
private final class Image {
    let width, height: Int
    var bytes: [UInt8]

    init(_ width: Int, _ height: Int) {
        self.width = width
        self.height = height
        bytes = Array(repeating: 255, count: 3 * width * height)
    }

    func draw(_ body: (inout Canvas) -> Void) {
        let (width, height) = (width, height)
        bytes.withUnsafeMutableBytes {
            var canvas = Canvas($0, width: width, height: height, stride: 3 * width)
            body(&canvas)
        }
    }

    /// 0 where a pixel is white, 1 where it is black.
    func ink(_ x: Int, _ y: Int) -> Double { 1 - Double(bytes[3 * (y * width + x)]) / 255 }
    var ink: Double { (0..<width * height).reduce(0) { $0 + 1 - Double(bytes[3 * $1]) / 255 } }
}

@Suite struct CanvasTests {
    private func ink(_ shape: Picture.Shape, fill: Picture.Color? = nil, stroke: Picture.Color? = nil, lineWidth: Double = 0) -> Image {
        let image = Image(60, 40)
        var picture = Picture(world: .init(minX: 0, minY: 0, maxX: 60, maxY: 40))
        picture.add(shape, fill: fill, stroke: stroke, lineWidth: lineWidth)
        image.draw { $0.draw(picture, in: Frame(x: 0, y: 0, width: 60, height: 40)) }
        return image
    }

    /// A pixel is as dark as the shape covers it: the sum is the shape's area.
    @Test func inkIsTheShapesArea() {
        let circle = ink(.circle(center: .init(20.3, 17.8), radius: 11.2), fill: .black).ink
        #expect(abs(circle - Double.pi * 11.2 * 11.2) < 0.01 * circle, "\(circle)")
        let box = ink(.rectangle(.init(minX: 3.25, minY: 4.5, maxX: 10.75, maxY: 9.25)), fill: .black).ink
        #expect(abs(box - 7.5 * 4.75) < 0.15, "\(box)")
        let triangle = ink(.polygon([.init(5, 3), .init(51, 8.4), .init(22.2, 33.3)]), fill: .black).ink
        #expect(abs(triangle - abs(46 * 30.3 - 17.2 * 5.4) / 2) < 1.5, "\(triangle)")
        let line = ink(.line(from: .init(10, 10), to: .init(40, 32)), stroke: .black, lineWidth: 4).ink
        #expect(abs(line - (30.0 * 30 + 22 * 22).squareRoot() * 4 - Double.pi * 4) < 2, "\(line)")
        let ring = ink(.circle(center: .init(30, 20), radius: 12), stroke: .black, lineWidth: 3).ink
        #expect(abs(ring - 2 * Double.pi * 12 * 3) < 2, "\(ring)")
    }

    /// A smaller image's pixels are means, a larger one's are copies; proportions stay, and what is around it stays as it was.
    @Test func imagesFillTheirFrame() {
        let board = RenderedImage(width: 4, height: 2, pixels: [0, 40, 100, 200, 40, 40, 10, 30].flatMap { [UInt8]($0...$0) + [0, $0] })
        let small = Image(10, 10), large = Image(10, 10)
        small.draw { $0.draw(board, in: Frame(x: 3, y: 2, width: 2, height: 6)) }
        func red(_ image: Image, _ x: Int, _ y: Int) -> UInt8 { image.bytes[3 * (10 * y + x)] }
        #expect([red(small, 3, 4), red(small, 4, 4)] == [30, 85])
        #expect(small.bytes.count { $0 != 255 } == 6)
        large.draw { $0.draw(board, in: Frame(x: 1, y: 3, width: 8, height: 4)) }
        #expect((3...6).map { y in (1...8).map { red(large, $0, y) } } == [
            [0, 0, 40, 40, 100, 100, 200, 200], [0, 0, 40, 40, 100, 100, 200, 200],
            [40, 40, 40, 40, 10, 10, 30, 30], [40, 40, 40, 40, 10, 10, 30, 30],
        ])
        #expect(large.bytes.count { $0 == 255 } == 3 * (100 - 32))
        Image(10, 10).draw { $0.draw(board, in: Frame(x: 5, y: 8, width: 30, height: 20)) }  // beyond the canvas
    }

    @Test func partsOutsideOfTheImageAreCutOff() {
        let left = ink(.rectangle(.init(minX: -50, minY: 10, maxX: 5.5, maxY: 20)), fill: .black)
        #expect(abs(left.ink - 55) < 0.1 && left.ink(4, 25) == 1 && left.ink(6, 25) == 0)
        let all = ink(.circle(center: .init(30, 20), radius: 500), fill: .black)
        #expect(all.ink == 60 * 40)
        for far in [1e3, 1e9, 1e300] {
            #expect(ink(.rectangle(.init(minX: far, minY: far, maxX: 2 * far, maxY: 2 * far)), fill: .black).ink == 0)
        }
        #expect(ink(.line(from: .init(.nan, 3), to: .init(4, 4)), stroke: .black, lineWidth: 2).ink < 4)
        #expect(ink(.polyline([.init(-1e12, 20), .init(1e12, 20)]), stroke: .black, lineWidth: 2).ink > 110)
        #expect(ink(.circle(center: .init(20, 20), radius: -3), fill: .black, stroke: .black).ink == 0)
    }

    /// Lines that cross themselves are no darker where they do.
    @Test func overlappingPartsCountOnce() {
        let half = Picture.Color(0, 0, 0, alpha: 0.5)
        let cross = ink(.polyline([.init(5, 20), .init(55, 20), .init(30, 5), .init(30, 35)]), stroke: half, lineWidth: 6)
        #expect(abs(cross.ink(30, 20) - 0.5) < 0.01 && abs(cross.ink(10, 20) - 0.5) < 0.01)
    }

    @Test func aHairlineIsSeen() {
        let line = ink(.line(from: .init(0, 20.5), to: .init(60, 20.5)), stroke: .black)
        #expect((5..<55).allSatisfy { x in line.ink(x, 19) + line.ink(x, 20) > 0.9 })
    }

    /// Proportions are kept: a circle in a wide world is a circle, in the middle of the frame.
    @Test func aPictureIsFittedIntoItsFrame() {
        let image = Image(80, 40)
        var picture = Picture(world: .init(minX: -1, minY: -1, maxX: 1, maxY: 1))
        picture.add(.circle(center: .init(0, 0), radius: 1), fill: .black)
        image.draw { $0.draw(picture, in: Frame(x: 0, y: 0, width: 80, height: 40)) }
        #expect(abs(image.ink - Double.pi * 400) < 5)
        #expect(image.ink(40, 20) == 1 && image.ink(21, 20) > 0.9 && image.ink(18, 20) == 0 && image.ink(61, 20) == 0)
        var empty = Picture(world: .init(minX: 0, minY: 0, maxX: 0, maxY: 1))
        empty.add(.circle(center: .init(0, 0), radius: 1), fill: .black)
        let before = image.bytes
        image.draw { $0.draw(empty, in: Frame(x: 0, y: 0, width: 80, height: 40)) }
        #expect(image.bytes == before)
    }

    /// y is up in the world and down in the image.
    @Test func upIsUp() {
        let image = ink(.rectangle(.init(minX: 0, minY: 30, maxX: 60, maxY: 40)), fill: .black)
        #expect(image.ink(30, 5) == 1 && image.ink(30, 35) == 0)
    }

    @Test func anArrowHasItsHeadAtItsEnd() {
        let image = ink(.arrow(from: .init(5, 20), to: .init(55, 20), head: 12), stroke: .black, lineWidth: 2)
        let start = (0..<40).reduce(0) { $0 + image.ink(10, $1) }, head = (0..<40).reduce(0) { $0 + image.ink(45, $1) }
        #expect(abs(start - 2) < 0.2 && head > 6, "\(start) \(head)")
    }
}

@Suite struct StrokeFontTests {
    @Test func everyPrintableCharacterHasItsOwnGlyph() {
        let characters = (33...126).map { Character(UnicodeScalar(UInt8($0))) }
        let shapes = characters.map { StrokeFont.lines(String($0)).map { $0.map { [$0.x, $0.y] } } }
        #expect(shapes.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.count > 1 } })
        #expect(Set(shapes).count == characters.count)
        #expect(StrokeFont.lines(" ").isEmpty && StrokeFont.width(" ") > 0)
        let inside = shapes.joined().joined().allSatisfy { (-0.4...1.2).contains($0[0]) && (-0.4...1.2).contains($0[1]) }
        #expect(inside)
        #expect(StrokeFont.lines("é").count == 1)  // a box
    }

    @Test func aTextLiesWithRespectToItsPoint() {
        func columns(_ anchor: Picture.Anchor) -> (first: Int, last: Int, rows: ClosedRange<Int>) {
            let image = Image(80, 40)
            image.draw { $0.draw("HIH", at: .init(40, 20), height: 12, anchor: anchor, .black) }
            let inked = (0..<80).filter { x in (0..<40).contains { image.ink(x, $0) > 0.4 } }
            let rows = (0..<40).filter { y in (0..<80).contains { image.ink($0, y) > 0.4 } }
            return (inked.first ?? -1, inked.last ?? -1, (rows.first ?? 0)...(rows.last ?? 0))
        }
        #expect(abs(columns(.left).first - 40) < 2 && abs(columns(.right).last - 39) < 2)
        let center = columns(.center)
        #expect(abs((center.first + center.last) - 79) < 3)
        #expect(abs(center.rows.lowerBound - 13) < 2 && abs(center.rows.upperBound - 26) < 2)
        #expect(StrokeFont.width("HIH") < StrokeFont.width("HHH") && StrokeFont.width("") == 0)
    }
}
