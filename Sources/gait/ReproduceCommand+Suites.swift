import Agents
import Core
import Foundation
import Launching
import Reports
import Runs
import Studies

extension ReproduceCommand {
    /// Every part, one after the other, and the report on all of them. Returns the exit status.
    func run(_ suite: Suite, _ workplace: Workplace, _ context: RunContext) throws -> Int32 {
        if !length.amounts.isEmpty {
            throw GaitError.usage("the parts of \(suite.name) count their budgets in different units; give a length to one of its experiments")
        }
        if !settings.isEmpty {
            throw GaitError.usage("--set: the parts of \(suite.name) have different agents and families; give a setting to one of its experiments")
        }
        let folder = out ?? suite.standardFolder(preset: preset)
        let chosen = try chosenParts(suite), budgets = try workplace.budgets(), display = ProgressDisplay()
        var sweeps: [String: Sweep] = [:]
        for part in suite.parts {
            guard case .experiment(let experiment, let trains) = part.content else { continue }
            sweeps[part.name] = try sweep(experiment, preset: part.preset(of: preset), trains: trains, folder: folder)
        }
        try checkNames(suite)
        // All plans first: a mistake in the last part shows before the first one trains.
        var asked: Set<String> = [], planned: [PlannedRun] = []
        for part in suite.parts where chosen.contains(part.name) {
            guard case .experiment(let experiment, let trains) = part.content, let only = names(for: experiment), var sweep = sweeps[part.name]
            else { continue }
            sweep.only = only
            sweep.suiteFolder = folder
            let plan = try sweep.plan(budgets: budgets, context: context)
            if launching.launcher == .local, trains, !reportOnly { try Sweep.requireNoObstacle(plan) }
            sweeps[part.name] = sweep
            asked.insert(part.name)
            if trains { planned += plan }
        }
        if let note = Sweep.note(of: planned, context) { display.line("note: \(note)") }

        if launching.launcher == .slurm {
            let work = try suite.parts.compactMap { part -> Work? in
                guard case .experiment(_, let trains) = part.content, asked.contains(part.name), let sweep = sweeps[part.name] else { return nil }
                let plan = try sweep.plan(budgets: budgets, context: context)
                return (sweep, trains ? plan : plan.copies)
            }
            return try submit(work, name: suite.name, folder: folder, reportFolder: "\(folder)/report", context, display)
        }

        var status: Int32 = 0
        for (index, part) in suite.parts.enumerated() {
            guard case .experiment(_, let trains) = part.content, asked.contains(part.name), let sweep = sweeps[part.name] else { continue }
            // Made again, because parts before this one may have made runs of it.
            var plan = try sweep.plan(budgets: budgets, context: context)
            if !trains || reportOnly { plan = plan.copies }
            if plan.isEmpty { continue }
            display.line("part \(index + 1) of \(suite.parts.count), \(part.title): \(sweep.outline(plan))")
            let outcome = carryOut(sweep, plan, context, display)
            if outcome.interruptedBy != nil { return outcome.exitCode }
            status = max(status, outcome.exitCode)
        }
        if reportOnly, !asked.isEmpty, !sweeps.values.contains(where: { $0.directories.contains(where: \.hasRun) }) {
            throw GaitError.usage("--report-only: there are no runs in \(folder)")
        }
        let parts: [SuiteReport.Part]
        do {
            parts = try suite.parts.map { try reportPart($0, sweeps, workplace, context, display, &status) }
        } catch let stop as StudyInterrupted {
            display.line("stopped before the report was written; the same command continues")
            return 128 + stop.signal
        }
        let report = try SuiteReport(
            name: suite.name, title: suite.title, introduction: suite.introduction + [
                "Preset \(preset.rawValue). The same again: `gait reproduce \(suite.name) --preset \(preset.rawValue)"
                    + (seeds.map { " --seeds \($0.text)" } ?? "") + "`.",
            ],
            parts: parts, page: PageFiles(assets: workplace.assets))
        ReportCommand.announce(try report.write(to: URL(fileURLWithPath: "\(folder)/report")), json: output.json)
        return status
    }

    private func sweep(_ experiment: Experiment, preset: Preset, trains: Bool, folder: String) throws -> Sweep {
        let own = "\(folder)/\(experiment.owner)", standard = experiment.standardFolder(preset: preset)
        // Runs that are taken as they are need not be copied to be read.
        let isElsewhere = !trains && from == nil && RunDirectory.all(below: own).isEmpty
        var sweep = try Sweep(experiment: experiment, preset: preset, seeds: seeds, jobs: jobs, folder: isElsewhere ? standard : own)
        sweep.source = from
        (sweep.acceptsOtherEngine, sweep.trains) = (engine.otherEngine, trains && !reportOnly)
        return sweep
    }

    /// Names of the parts that were asked for. Throws `GaitError.usage` with the nearest name.
    private func chosenParts(_ suite: Suite) throws -> [String] {
        let known = suite.parts.map(\.name)
        let names = [].names(in: parts)
        for name in names where !known.contains(name) {
            throw GaitError.usage("--parts: " + unknownNameMessage(kind: "part", plural: "parts of \(suite.name)", name: name, known: known))
        }
        return names.isEmpty ? known : names
    }

    /// Those of --agents and --families that an experiment has; nil where it has none of them.
    private func names(for experiment: Experiment) -> (agents: [String], families: [String])? {
        let own = (
            experiment.agents.names(in: agents).filter(experiment.agents.has), experiment.families.names(in: families).filter(experiment.families.has)
        )
        return own.0.isEmpty && !agents.isEmpty || own.1.isEmpty && !families.isEmpty ? nil : own
    }

    /// Throws `GaitError.usage` for an agent or a family that no part has.
    private func checkNames(_ suite: Suite) throws {
        let experiments = suite.parts.compactMap { if case .experiment(let experiment, _) = $0.content { experiment } else { nil } }
        for (option, kind, plural, names, lists) in [
            ("--agents", "agent", "agents", agents, experiments.map(\.agents)),
            ("--families", "family", "families", families, experiments.map(\.families)),
        ] {
            let variants = Array(lists.joined())
            for name in variants.names(in: names) where !variants.has(name) {
                let known = Set(variants.map(\.base)).sorted()
                throw GaitError.usage("\(option): " + unknownNameMessage(kind: kind, plural: "\(plural) of \(suite.name)", name: name, known: known))
            }
        }
    }

    /// A study that fails is left out, and its part says why: the others are reported nevertheless. `status` is then 1.
    private func reportPart(
        _ part: Suite.Part, _ sweeps: [String: Sweep], _ workplace: Workplace, _ context: RunContext, _ display: ProgressDisplay,
        _ status: inout Int32
    ) throws -> SuiteReport.Part {
        let content: SuiteReport.Content
        switch part.content {
        case .experiment:
            content = try sweeps[part.name].flatMap { try report($0, workplace) }.map { .report($0) } ?? .missing("No run of this part was started.")
        case .study(let name):
            display.line("\(part.title)")
            let runs = StudyContext(
                preset: preset, runContext: context, runs: sweeps.mapValues { $0.directories.filter(\.hasRun) },
                threads: jobs ?? AvailableResources.own.cores)
            do {
                try runs.checkInterruption()
                guard let study = Studies.all.named(name) else { throw StudyUnavailable("there is no study '\(name)'") }
                content = .study(try study.result(runs))
            } catch let error where !(error is StudyInterrupted) {
                content = .missing("\(error)".prefix(1).uppercased() + "\(error)".dropFirst() + ".")
                if !(error is StudyUnavailable) {
                    display.line("error: \(part.title): \(error)")
                    status = 1
                }
            }
        }
        return SuiteReport.Part(name: part.name, title: part.title, text: part.text, content: content)
    }
}
