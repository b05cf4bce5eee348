import Foundation
import Runs
import Testing

@Suite struct ProgressDisplayTests {
    private let pace = RunPace(
        step: 57_600, spent: 57_600, budget: 120_000, unit: .steps, updates: 50_000, stepsPerSecond: 812.3, updatesPerSecond: 640,
        secondsLeft: 3725, lastReturn: 312.4, lastReturnPolicy: "personal")

    @Test func aTerminalSeesOneLineRewrittenThatFits() {
        var text = ""
        let display = ProgressDisplay(isTerminal: true, width: 120, interval: .zero) { text += $0 }
        display.show(.sliced(pace))
        display.show(.sliced(pace))
        #expect(!text.contains("\n"))
        let last = text.components(separatedBy: "\r\u{1B}[K").last ?? ""
        #expect(last.contains("48 %  57,600/120,000 steps  812 steps/s  640 updates/s  1:02:05 left  return 312 (personalized policies)"))
        #expect(last.count < 120)
        display.show(.warning("careful"))
        #expect(text.hasSuffix("\r\u{1B}[Kwarning: careful\n"))
    }

    @Test func aFileSeesPlainLinesNotTooOften() {
        var text = ""
        let display = ProgressDisplay(isTerminal: false, width: 100, interval: .seconds(60)) { text += $0 }
        for _ in 0..<100 { display.show(.sliced(pace)) }
        #expect(text.split(separator: "\n").count == 1)
        #expect(!text.contains("\r") && !text.contains("\u{1B}"))
    }

    @Test func stoppingSaysHowToGoOn() {
        var text = ""
        let display = ProgressDisplay(isTerminal: false) { text += $0 }
        display.show(.ended(RunOutcome(
            directory: "runs/a", end: .interrupted(signal: 2), steps: 1200, updates: 0, seconds: 1, returns: [:])))
        #expect(text == "stopped at step 1,200, everything is saved; continue with: gait resume runs/a\n")
    }

    @Test func whatDidNotChangeIsWrittenOnce() {
        nonisolated(unsafe) var text = ""
        let display = ProgressDisplay(isTerminal: false, interval: .zero) { text += $0 }
        for fraction in [0.5, 0.5, 0.6, 0.6] { display.progress(fraction: fraction, text: "4 runs") }
        #expect(text == "50 %  4 runs\n60 %  4 runs\n")
    }

    /// A dumb terminal would show the codes that rewrite a line.
    @Test func aDumbTerminalGetsLines() {
        #expect(ProgressDisplay.canRewrite(2, environment: ["TERM": "xterm"]) { _ in true } && ProgressDisplay.canRewrite(2, environment: [:]) { _ in true })
        #expect(!ProgressDisplay.canRewrite(2, environment: ["TERM": "dumb"]) { _ in true })
        #expect(!ProgressDisplay.canRewrite(2, environment: ["TERM": "xterm"]) { _ in false })
    }
}
