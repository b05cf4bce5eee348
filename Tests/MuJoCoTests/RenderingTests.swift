import Foundation
import MuJoCo
import TestEnvironments
import Testing

/// Why nothing can be drawn on this machine; nil where it can.
private let noOpenGL: String? = {
    do {
        _ = try Renderer.findOpenGL()
        return nil
    } catch { return "\(error)" }
}()

private func ant() throws -> Model {
    try Model(contentsOf: assetsFolder.appendingPathComponent("models/ant.xml"))
}

extension RenderedImage {
    /// Red, green and blue at a column and a row counted from the top.
    fileprivate func color(_ x: Int, _ y: Int) -> (red: Int, green: Int, blue: Int) {
        let start = (y * width + x) * 3
        return (Int(pixels[start]), Int(pixels[start + 1]), Int(pixels[start + 2]))
    }

    /// Mean of a row's bytes.
    fileprivate func brightness(row: Int) -> Double {
        Double(pixels[row * width * 3..<(row + 1) * width * 3].reduce(0) { $0 + Int($1) }) / Double(width * 3)
    }
}

@Suite(.serialized, .enabled(if: noOpenGL == nil, "\(noOpenGL ?? "")")) struct RenderingTests {
    private let width = 96, height = 64

    @Test func aPictureShowsTheRobotUnderTheSky() throws {
        let ant = try ant()
        let renderer = try Renderer(model: ant, width: width, height: height)
        let picture = try renderer.picture(of: ant.defaultPositions)
        #expect(Set(picture.pixels).count > 20)
        // The torso is red and in the middle, where the tracking camera looks.
        let middle = picture.color(width / 2, height * 45 / 100)
        #expect(middle.red > 2 * middle.green && middle.red > 2 * middle.blue, "\(middle)")
        #expect(picture.brightness(row: 0) > picture.brightness(row: height - 1) + 40)
        #expect(renderer.openGL.hasPrefix("EGL, ") || renderer.openGL.hasPrefix("OSMesa, "), "\(renderer.openGL)")
    }

    @Test func theSameStateGivesTheSamePixelsAndAnotherStateOthers() throws {
        let ant = try ant()
        let renderer = try Renderer(model: ant, width: width, height: height)
        let first = try renderer.picture(of: ant.defaultPositions)
        var turned = ant.defaultPositions
        turned[8] += 0.8  // an ankle
        let other = try renderer.picture(of: turned)
        #expect(first != other)
        #expect(try renderer.picture(of: ant.defaultPositions) == first)
        #expect(try Renderer(model: ant, width: width, height: height).picture(of: ant.defaultPositions) == first)
    }

    @Test func theFloorHasNoEndAndTheCameraFollows() throws {
        let ant = try ant()
        let renderer = try Renderer(model: ant, width: width, height: height)
        let home = try renderer.picture(of: ant.defaultPositions)
        var far = ant.defaultPositions
        far[0] += 300  // the floor's model is 40 m
        let away = try renderer.picture(of: far)
        for row in [0, height / 2, height - 1] {
            #expect(abs(home.brightness(row: row) - away.brightness(row: row)) < 12)
        }
        // And it goes by: the robot stays in the middle, tiles move.
        var onward = ant.defaultPositions
        onward[0] += 0.2
        let moved = try renderer.picture(of: onward)
        #expect(moved.color(width / 2, height * 45 / 100) == home.color(width / 2, height * 45 / 100))
        let bottom = (height - 1) * width * 3
        #expect(moved.pixels[bottom...] != home.pixels[bottom...])
    }

    @Test func drawingASimulationLeavesItAsItWas() throws {
        let ant = try ant()
        let simulations = try SimulationBatch(model: ant, count: 1)
        var readout = Readout(model: ant, count: 1)
        for _ in 0..<5 { try simulations.step(control: 0.5, into: &readout) }
        let state = simulations.saveState(0)
        let renderer = try Renderer(model: ant, width: width, height: height)
        let picture = try renderer.picture(of: simulations, 0)
        #expect(simulations.saveState(0) == state)
        #expect(try renderer.picture(of: readout.positions) == picture)
    }

    @Test func aCaptionChangesItsCornerOnly() throws {
        let ant = try ant()
        let renderer = try Renderer(model: ant, width: 320, height: 240)
        let plain = try renderer.picture(of: ant.defaultPositions)
        let written = try renderer.picture(of: ant.defaultPositions, caption: Renderer.Caption([("return", "12.5"), ("é", "")]))
        let changed = (0..<240).flatMap { y in (0..<320).filter { x in plain.color(x, y) != written.color(x, y) }.map { (x: $0, y: y) } }
        #expect(changed.count > 500)
        #expect(changed.allSatisfy { $0.x < 160 && $0.y < 80 })
    }

    @Test func rowsMayLieApartForPicturesBesideEachOther() throws {
        let ant = try ant()
        let renderer = try Renderer(model: ant, width: width, height: height)
        let alone = try renderer.picture(of: ant.defaultPositions)
        var pair = RenderedImage(width: 2 * width, height: height)
        try ant.defaultPositions.withUnsafeBufferPointer { positions in
            try pair.pixels.withUnsafeMutableBytes { bytes in
                let right = UnsafeMutableRawBufferPointer(rebasing: bytes[(3 * width)...])
                try renderer.draw(positions, into: right, stride: 6 * width)
            }
        }
        for (x, y) in [(0, 0), (width / 2, height / 2), (width - 1, height - 1)] {
            #expect(pair.color(width + x, y) == alone.color(x, y))
            #expect(pair.color(x, y) == (0, 0, 0))
        }
    }

    @Test func renderersOfSeveralThreadsDrawTheSame() throws {
        let ant = try ant()
        let made = try Renderer(model: ant, width: width, height: height)
        let expected = try made.picture(of: ant.defaultPositions)
        nonisolated(unsafe) let movedOn = made
        nonisolated(unsafe) var pictures: [RenderedImage?] = [nil, nil]
        let lock = NSLock()
        DispatchQueue.concurrentPerform(iterations: 2) { index in
            let renderer = index == 0 ? movedOn : try? Renderer(model: ant, width: width, height: height)
            let picture = try? renderer?.picture(of: ant.defaultPositions)
            lock.withLock { pictures[index] = picture }
        }
        #expect(pictures == [expected, expected])
    }

    @Test func impossibleSizesAndUnknownCamerasAreErrors() throws {
        let ant = try ant()
        for (width, height) in [(0, 480), (640, -1), (8, 8), (1921, 480), (640, 1081)] {
            let expected = EngineError.pictureSize(width: width, height: height, mostWidth: 1920, mostHeight: 1080)
            #expect(throws: expected) { try Renderer(model: ant, width: width, height: height) }
        }
        #expect(throws: EngineError.self) { try Renderer(model: ant, width: 64, height: 64, camera: "trak") }
    }

    @Test func aModelWithoutACameraIsSeenByTheFreeOne() throws {
        let model = try Model.pendulum()
        let picture = try Renderer(model: model, width: 64, height: 48).picture(of: model.defaultPositions)
        #expect(Set(picture.pixels).count > 5)
    }
}

@Suite struct SubstepTests {
    @Test func aStepsSubstepsAreThoseOfSingleSteps() throws {
        let model = try Model.pendulum()
        let whole = try SimulationBatch(model: model, count: 2), single = try SimulationBatch(model: model, count: 2)
        var readout = Readout(model: model, count: 2), expected: [[Double]] = [[], []]
        #expect(whole.substepPositions.isEmpty)
        whole.recordsSubsteps = true
        for index in 0..<2 {
            try whole.set(index, [0.3 * Double(index + 1)], [0.1], into: &readout)
            try single.set(index, [0.3 * Double(index + 1)], [0.1], into: &readout)
        }
        for _ in 0..<4 {
            try single.step(control: 0.7, into: &readout)
            for index in 0..<2 { expected[index].append(readout.positions[index]) }
        }
        try whole.step(control: 0.7, frameSkip: 4, into: &readout)
        #expect(whole.substepPositions == expected[0] + expected[1])
        #expect(whole.substepPositions[3] == readout.positions[0] && whole.positions(1) == [readout.positions[1]])
    }

    /// Half of a quarter turn about z is an eighth: cos and sin of pi / 8.
    @Test func positionsBetweenTwoTurnAsQuaternionsDo() throws {
        let model = try Model.boxes(count: 1, stack: 10000)
        let start = [1.0, 2, 3, 1, 0, 0, 0], end = [3.0, 2, 5, 0.5.squareRoot(), 0, 0, 0.5.squareRoot()]
        let between = start.withUnsafeBufferPointer { start in
            end.withUnsafeBufferPointer { model.positions(from: start, to: $0, fraction: 0.5) }
        }
        let expected = [2.0, 2, 4, 0.9238795325112867, 0, 0, 0.3826834323650898]
        for (found, wanted) in zip(between, expected) { #expect(abs(found - wanted) < 1e-12) }
    }
}
