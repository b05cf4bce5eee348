import Film
import Testing

@Suite struct PlaybackTests {
    @Test func timeGoesByAtItsSpeedAndRestsAtTheEnd() {
        var playback = Playback(duration: 1, timeStep: 0.05)
        var overs = [playback.advance(0.25)]
        #expect(playback.time == 0.25)
        playback.change(faster: true)
        overs.append(playback.advance(0.25))
        #expect(playback.time == 0.75)
        for seconds in [1, 0.5, 0.6] { overs.append(playback.advance(seconds)) }
        #expect(playback.time == 1)
        #expect(overs == [false, false, false, false, true])
    }

    @Test func steppingStopsOnStatesBetweenTwoActions() {
        var playback = Playback(duration: 1, timeStep: 0.05)
        _ = playback.advance(0.12)
        playback.step(1)
        #expect(abs(playback.time - 0.15) < 1e-12 && playback.isPaused)
        playback.step(-1)
        #expect(abs(playback.time - 0.1) < 1e-12)
        playback.step(-5)
        #expect(playback.time == 0)
        let isOver = playback.advance(10)
        #expect(!isOver && playback.time == 0)
        playback.step(100)
        #expect(playback.time == 1)
    }

    @Test func speedStaysWithinBounds() {
        var playback = Playback(duration: 1, timeStep: 0.05)
        for _ in 0..<10 { playback.change(faster: true) }
        #expect(playback.speed == 8)
        for _ in 0..<10 { playback.change(faster: false) }
        #expect(playback.speed == 0.125)
    }
}
