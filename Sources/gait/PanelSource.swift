import ArgumentParser
import Core
import Film
import Foundation
import Runs

/// Makes the panels of a film or window from run directories and recorded episodes.
final class PanelSource {
    let workplace: Workplace
    let interruption: Interruption
    private let threads: Int?

    init(_ workplace: Workplace, threads: Int?) throws {
        self.workplace = workplace
        self.threads = threads
        interruption = Interruption(watchingSignals: ProcessInfo.processInfo.environment)
    }

    /// The end of the program after a signal.
    var interrupted: ExitCode { ExitCode(128 + (interruption.requested ?? SIGINT)) }

    /// The policies of `sources` in their order. Nil if the user interrupted it.
    func panels(_ sources: [String], _ choice: PolicyOptions) throws -> [Film.Panel]? {
        let paths = Set(sources.filter(Self.isRecording))
        if sources.allSatisfy(paths.contains), choice.isGiven {
            throw GaitError.usage("a recorded episode has its own task and policy; --task, --policy, --set, --episodes and --seed apply to runs only")
        }
        let runs = try open(sources.filter { !paths.contains($0) })
        try choice.requirePolicies(Array(runs.values))
        if runs.count > 1 || choice.policy.count > 1 { try choice.checkPolicies(Array(runs.values)) }
        var panels: [Film.Panel] = []
        for source in sources {
            if let run = runs[source] {
                guard let more = try choice.record(run, methods: workplace.filmMethods, context: context()) else { return nil }
                panels += more
            } else {
                panels.append(try Film.Panel.read(source, methods: workplace.filmMethods))
            }
        }
        return panels
    }

    static func isRecording(_ path: String) -> Bool { path.lowercased().hasSuffix(".npz") }

    /// Throws `GaitError.usage` if they are of several families, because their tasks differ.
    func open(_ directories: [String]) throws -> [String: OpenedRun] {
        for directory in directories where runs[directory] == nil {
            runs[directory] = try Run.open(RunDirectory(directory), threads: threads, context: context())
        }
        let families = Set(runs.values.map(\.configuration.family)).sorted()
        if families.count > 1 {
            throw GaitError.usage(
                "the runs are of different families (\(families.joined(separator: " and "))); policies shown together must be of one family")
        }
        return runs
    }

    /// Those opened so far, by directory.
    private var runs: [String: OpenedRun] = [:]
    private var made: RunContext?

    /// Needs BLAS, unlike trajectories.
    func context() throws -> RunContext {
        if let made { return made }
        let context = try workplace.context(interruption: interruption) { event in
            if case .warning(let message) = event { Console.note("gait: warning: \(message)") }
        }
        made = context
        return context
    }
}
