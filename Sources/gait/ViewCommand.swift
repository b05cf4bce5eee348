import Agents
import ArgumentParser
import Core
import Film
import Foundation
import Runs

struct ViewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "view", abstract: "Shows policies in a window.",
        discussion: "Shows the episodes that `gait render` films. In the window the key H explains keys and mouse.")

    @Argument(help: ArgumentHelp("Run directories, or episodes saved by `gait record` (.npz).", valueName: "dir"), transform: nonEmptyPath)
    var sources: [String]

    @OptionGroup var choice: PolicyOptions

    @Option(help: ArgumentHelp("Size of each policy's picture in pixels (default: 640x480).", valueName: "WxH"), transform: PictureSize.init(option:))
    var size: PictureSize?

    @OptionGroup var threading: ThreadsOption

    /// Default number of episodes.
    static let episodes = 5

    func run() throws {
        let source = try PanelSource(Workplace(), threads: threading.threads)
        var choice = choice
        if sources.contains(where: { !PanelSource.isRecording($0) }) { choice.episodes = choice.episodes ?? Self.episodes }
        try EngineParts.view(RunsInWindow(sources, choice, source), size: size ?? RenderCommand.standardSize) {
            source.interruption.requested != nil
        }
        if source.interruption.requested != nil { throw source.interrupted }
    }
}

/// The tasks and policies of the runs in a window.
final class RunsInWindow: ViewerSource {
    private let sources: [String]
    private let source: PanelSource
    private var choice: PolicyOptions
    private let runs: [OpenedRun]
    private var task = 0

    init(_ sources: [String], _ choice: PolicyOptions, _ source: PanelSource) throws {
        self.sources = sources
        self.choice = choice
        self.source = source
        runs = try source.open(sources.filter { !PanelSource.isRecording($0) }).values.map { $0 }
        if let run = runs.first { task = try choice.taskIndex(run) }
    }

    func panels() throws -> [Film.Panel] {
        guard let panels = try source.panels(sources, choice) else { throw source.interrupted }
        return panels
    }

    func changeTask(by step: Int) -> Bool {
        // Runs of one family may have been given different numbers of tasks.
        let count = runs.map { $0.configuration.tasks(choice.set ?? .train).count }.min() ?? 0
        guard count > 1 else { return false }
        task = ((task + step) % count + count) % count
        choice.task = "\(task)"
        return true
    }

    /// Each of the policies that all runs have, then all of them.
    func changePolicy() -> Bool {
        let known = runs.map { $0.agent.policies(for: choice.set ?? .train).map(\.name) }
        let names = (known.first ?? []).filter { name in known.allSatisfy { $0.contains(name) } }
        guard names.count > 1 else { return false }
        let possible = names.map { [$0] } + [names]
        let current = possible.firstIndex(of: choice.policy) ?? 0
        choice.policy = possible[(current + 1) % possible.count]
        return true
    }
}
