import Core
import Foundation

/// Shows progress on standard error: on a terminal one line that is rewritten, elsewhere a new line from time to time where something changed.
public final class ProgressDisplay: @unchecked Sendable {
    private let isTerminal: Bool
    private let width: Int
    private let interval: Duration
    private let write: (String) -> Void
    private var lastShown: ContinuousClock.Instant?
    /// Written last, where lines are not rewritten.
    private var lastLine = ""
    private var isLineOpen = false

    /// - Parameters:
    ///   - isTerminal: whether the line can be rewritten in place.
    ///   - interval: at least this long between two lines; by default a tenth of a second on a terminal, else 10 seconds.
    public init(
        isTerminal: Bool = ProgressDisplay.canRewrite(STDERR_FILENO), width: Int = ProgressDisplay.terminalWidth(), interval: Duration? = nil,
        write: @escaping (String) -> Void = StandardStreams.note
    ) {
        self.isTerminal = isTerminal
        self.width = width
        self.interval = interval ?? (isTerminal ? .milliseconds(100) : .seconds(10))
        self.write = write
    }

    /// Whether a stream is a terminal that knows how to go back on a line. An editor's `dumb` one does not.
    public static func canRewrite(
        _ stream: Int32, environment: [String: String] = ProcessInfo.processInfo.environment, isTerminal: (Int32) -> Bool = { isatty($0) == 1 }
    ) -> Bool {
        isTerminal(stream) && environment["TERM"] != "dumb"
    }

    /// Columns of the terminal on standard error; 100 if there is none.
    public static func terminalWidth() -> Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 100
    }

    /// Shows a run's event.
    public func show(_ event: RunEvent) {
        switch event {
        case .started(let directory, let spent, let budget, let unit, let resumed):
            let length = "\(grouped(budget)) \(unit == .steps ? "environment steps" : unit.rawValue)"
            if resumed, spent >= budget { return line("\(directory) has its \(length) behind it") }
            line(resumed ? "continuing \(directory) after \(grouped(spent)) of \(length)" : "training in \(directory), \(length)")
        case .sliced(let pace): progress(fraction: Double(pace.spent) / Double(max(1, pace.budget)), text: Self.text(pace))
        case .logged, .saved: break
        case .filmed(_, let path): line("video: \(path)")
        case .evaluated(let step, let records, _):
            let returns = records.meanReturns.sorted { $0.key < $1.key }.map { "\($0.key) \(Self.short($0.value))" }
            line("step \(grouped(step)): mean return \(returns.joined(separator: ", "))")
        case .warning(let message): line("warning: \(message)")
        case .ended(let outcome):
            switch outcome.end {
            case .finished:
                line("finished after \(duration(outcome.seconds)): \(outcome.directory)")
            case .interrupted:
                line("stopped at step \(grouped(outcome.steps)), everything is saved; continue with: \(resumeCommand(outcome.directory))")
            }
        }
    }

    /// Prints a line that stays.
    public func line(_ text: String) {
        clear()
        write(text + "\n")
    }

    /// Rewrites the progress line, unless it was written a moment ago.
    public func progress(fraction: Double, text: String) {
        if let lastShown, lastShown.duration(to: .now) < interval { return }
        lastShown = .now
        let percent = "\(Int((min(1, max(0, fraction)) * 100).rounded(.down))) %"
        guard isTerminal else {
            let line = "\(percent)  \(text)\n"
            if line != lastLine { write(line) }
            lastLine = line
            return
        }
        let cells = max(10, min(30, width - text.count - 12))
        let filled = Int(Double(cells) * min(1, max(0, fraction)))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: cells - filled)
        write("\r\u{1B}[K" + "\(bar) \(percent)  \(text)".prefix(max(20, width - 1)))
        isLineOpen = true
    }

    private func clear() {
        if isLineOpen { write("\r\u{1B}[K") }
        isLineOpen = false
    }

    static func text(_ pace: RunPace) -> String {
        var parts = [
            "\(grouped(pace.spent))/\(grouped(pace.budget)) \(pace.unit.rawValue)", "\(short(pace.stepsPerSecond)) steps/s",
            "\(short(pace.updatesPerSecond)) updates/s",
        ]
        if let left = pace.secondsLeft { parts.append("\(duration(left)) left") }
        if let last = returnText(pace.lastReturn, of: pace.lastReturnPolicy) { parts.append(last) }
        return parts.joined(separator: "  ")
    }

    /// `return 312 (meta-policy)`: the mean on training tasks. Nil before there is one.
    package static func returnText(_ value: Double?, of policy: String?) -> String? {
        value.map { "return \(short($0))" + (policy.map { " (\(PolicyName.title($0)))" } ?? "") }
    }

    package static func short(_ value: Double) -> String {
        abs(value) >= 100 || value == 0 ? String(format: "%.0f", value) : String(format: "%.1f", value)
    }
}

/// 1234567 as 1,234,567.
func grouped(_ value: Int) -> String {
    var digits = Array(String(value.magnitude))
    for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
    return (value < 0 ? "-" : "") + String(digits)
}

/// Seconds as 42 s, 3:07 or 1:02:45.
package func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "long" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    let text = String(format: "%02d", whole % 60)
    return whole < 3600 ? "\(whole / 60):\(text)" : "\(whole / 3600):" + String(format: "%02d", whole / 60 % 60) + ":\(text)"
}
