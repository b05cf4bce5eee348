import Core
import Film
import Foundation
import MuJoCo
import Runs

/// What a window shows: policies beside each other in real time, with keys to stop, step, and go to other tasks,
/// policies and episodes.
public final class Viewer {
    private let source: any ViewerSource
    private let window: Window
    private var panels: [Film.Panel]
    private var episode = 0
    private var playback: Playback
    private var showsKeys = false
    private var hasReloaded = false

    /// Opens the window. `size` is each panel's; narrower where the panels would not fit on a screen.
    public init(_ source: any ViewerSource, size: PictureSize) throws {
        self.source = source
        panels = try source.panels()
        guard !panels.isEmpty else { throw GaitError.usage("there is no episode to show") }
        let models = panels.compactMap { ($0.scene as? RobotScene)?.model }
        guard let model = models.first, models.count == panels.count else {
            throw GaitError.usage("a window can only show robots simulated by MuJoCo; film this family with `\(commandName) render`")
        }
        guard models.allSatisfy({ $0.path == model.path }) else {
            throw GaitError.usage("a window shows only one kind of robot; these trajectories are of several")
        }
        window = try Window(
            model: model, width: min(panels.count * size.width, Self.widest), height: size.height, title: "Gait")
        playback = Self.playback(panels, 0)
    }

    static let widest = 1600

    /// Runs until the window is closed, or `shouldStop`.
    public func run(shouldStop: () -> Bool) throws {
        var last = ContinuousClock.now
        while !window.isClosed && !shouldStop() {
            let now = ContinuousClock.now
            if playback.advance(last.duration(to: now).seconds) { begin(episode + 1) }
            last = now
            while let key = window.nextKey() {
                if try !obey(key) { return }
                // Playing other episodes took time, which none of theirs is.
                if hasReloaded { (last, hasReloaded) = (.now, false) }
            }
            try window.show(views, keys: showsKeys ? Self.keys : Self.hint)
        }
    }

    private var views: [Window.View] {
        zip(panels, Film.names(panels)).map { panel, name in
            let trajectory = panel.episodes[min(episode, panel.episodes.count - 1)]
            let moment = trajectory.moment(playback.time), caption = trajectory.caption(moment, agent: name)
            return Window.View(
                model: (panel.scene as? RobotScene)?.model ?? window.model, positions: trajectory.positions(moment, model: window.model),
                caption: Renderer.Caption(caption))
        }
    }

    private static func playback(_ panels: [Film.Panel], _ episode: Int) -> Playback {
        let shown = panels.map { $0.episodes[min(episode, $0.episodes.count - 1)] }
        return Playback(duration: shown.map(\.duration).max() ?? 0, timeStep: shown.first?.layout.timeStep ?? 1)
    }

    /// From the beginning of an episode, at the same speed.
    private func begin(_ number: Int) {
        let count = max(1, panels.map(\.episodes.count).max() ?? 1)
        episode = (number % count + count) % count
        let fresh = Self.playback(panels, episode)
        playback = Playback(
            duration: fresh.duration, timeStep: fresh.timeStep, speed: playback.speed, isPaused: playback.isPaused)
    }

    private func reload(_ changed: Bool) throws {
        guard changed else { return }
        panels = try source.panels()
        begin(0)
        hasReloaded = true
    }

    /// False when the window is to be closed.
    private func obey(_ key: Window.Key) throws -> Bool {
        switch key {
        case .escape, .character("Q"): return false
        case .character(" "): playback.isPaused.toggle()
        case .right, .character("."): playback.step(1)
        case .left, .character(","): playback.step(-1)
        case .up, .character("="): playback.change(faster: true)
        case .down, .character("-"): playback.change(faster: false)
        case .character("R"): begin(episode)
        case .enter, .character("E"): begin(episode + 1)
        case .character("N"): try reload(source.changeTask(by: 1))
        case .character("B"): try reload(source.changeTask(by: -1))
        case .character("P"): try reload(source.changePolicy())
        case .character("C"): window.useFilmCamera()
        case .character("H"): showsKeys.toggle()
        case .character, .other: break
        }
        return true
    }

    private static let hint = Renderer.Caption([("H", "keys")])
    private static let keys = Renderer.Caption([
        ("space", "stop, continue"), ("right, left", "one action forward, back"), ("up, down", "faster, slower"), ("R", "again"),
        ("E", "next episode"), ("N, B", "next task, task before"), ("P", "other policy"), ("drag, wheel", "move the camera"),
        ("C", "camera of the films"), ("H", "hide these"), ("Q", "close"),
    ])
}
