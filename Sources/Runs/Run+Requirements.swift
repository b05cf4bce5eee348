import Agents
import Core
import Environments
import Formats
import Foundation

/// What must be so before a run is gone on with or played.
extension Run {
    /// Throws `GaitError.usage` with the first key in which the run of a directory differs from `wanted`.
    static func requireSame(_ wanted: RunConfiguration, _ directory: RunDirectory, _ context: RunContext) throws {
        let found = try directory.configuration().completed(by: context.registry, origin: .file(directory.configurationFile))
        guard let difference = found.firstDifference(to: wanted) else {
            for (name, here, there) in [("variant", found.variant, wanted.variant), ("familyVariant", found.familyVariant, wanted.familyVariant)]
            where here != there {
                context.observe(.warning("\(directory.path) was begun with the \(name) '\(here ?? "none")' and keeps it; '\(there ?? "none")' is ignored"))
            }
            return
        }
        throw GaitError.usage(
            "\(directory.path) has another run: its '\(difference.key)' is \(difference.here), here it is \(difference.there). Continue that one with "
                + "`\(resumeCommand(directory.path))`, or choose another folder with --out")
    }

    /// Throws `GaitError.input` where the run was evaluated in another way: numbers of two kinds would stand in one table.
    static func requireThisProtocol(_ configuration: RunConfiguration, _ directory: RunDirectory) throws {
        let found = configuration.evaluationProtocol, own = Evaluation.protocolVersion
        if found < own {
            throw GaitError.input(
                "\(directory.path): this run was begun by an earlier version of Gait, which evaluated in another way; it can be reported and "
                    + "evaluated, but not resumed. Begin it anew in another folder")
        }
        if found > own {
            throw GaitError.input(
                "\(directory.path): this run was begun by a later version of Gait, which evaluates in another way; resume it with that one")
        }
    }

    /// Throws `GaitError.input` where a run without checkpoints must have had one: it would begin anew, and its measurements with it.
    static func requireNothingLost(_ configuration: RunConfiguration, _ directory: RunDirectory) throws {
        guard let status = try? RunStatus(contentsOf: directory.statusFile) else { return }
        guard status.state == .interrupted || status.lastCheckpoint != nil else { return }
        throw GaitError.input(
            "\(directory.path): this run has \(grouped(status.amount)) \(configuration.budget.unit.rawValue) behind it, but "
                + "\(directory.checkpoints.folder) has no checkpoint; restore one, or start the run again in another folder. Its measurements are kept, and "
                + "`gait report` shows them")
    }

    /// Throws `GaitError.input` with the first key in which a run's configuration is not the one that its checkpoint was made with: its results would be
    /// shown as those of others. Its length and what belongs to it, such as the distance between checkpoints, may change, and programs may be moved.
    static func requireOwn(_ checkpoint: Checkpoint, _ configuration: RunConfiguration, _ directory: RunDirectory, _ context: RunContext) throws {
        guard let text = checkpoint.configuration else { return }
        let origin = ConfigurationOrigin.file(checkpoint.file)
        var made = try RunConfiguration(yaml: text, origin: origin), now = configuration
        made.budget = now.budget
        made.evaluationProtocol = now.evaluationProtocol  // `resume` has an error of its own for it
        if Registry.isPath(made.agent), Registry.isPath(now.agent) { made.agent = now.agent }
        if Registry.isPath(made.family), Registry.isPath(now.family) { made.family = now.family }
        (made, now) = (try made.completed(by: context.registry, origin: origin), try now.completed(by: context.registry))
        // A program may have gained or lost a setting since.
        (made.settings, now.settings) = made.settings.common(with: now.settings)
        if let own = made.familySettings, let other = now.familySettings { (made.familySettings, now.familySettings) = own.common(with: other) }
        guard let difference = now.firstDifference(to: made) else { return }
        throw ConfigurationError(
            origin: .file(directory.configurationFile), key: difference.key,
            reason: "the run's checkpoint of step \(checkpoint.progress.steps) was made with \(difference.there), found \(difference.here); put it back, or "
                + "train another run in another folder")
    }

    /// Throws `GaitError.usage` where a task of the user's own is none of the family's, or has the name of another one: what is wrong with a task shows
    /// before the first one is played.
    static func requirePlayable(_ own: [TaskDescription], _ run: OpenedRun) throws {
        let known = TaskSet.allCases.flatMap(run.configuration.tasks)
        for task in own {
            // `angle=133` of Ant-Dir is 133 degrees by its name, and its parameter is in radians.
            if let other = known.first(where: { $0.name == task.name && $0.parameters != task.parameters }) {
                throw GaitError.usage(
                    "task '\(task.name)': the run's own task of this name has other parameters, \(OwnTasks.text(other.parameters)); for that one write these, "
                        + "for another task another name")
            }
            do { _ = try run.family.makeEnvironment(task, copies: 1) } catch let error as EnvironmentError {
                throw GaitError.usage("task '\(task.name)': \(error)")
            }
        }
    }

    /// Throws `GaitError.usage` where there is nothing to play, or nobody to play it.
    static func requirePolicies(_ run: OpenedRun, _ sets: [TaskSet], areOwn: Bool) throws {
        let tasks = sets.filter { !run.configuration.tasks($0).isEmpty }, names = sets.map(\.rawValue).joined(separator: " or ")
        if tasks.isEmpty { throw GaitError.usage("\(run.family.name) has no \(names) tasks") }
        if !tasks.contains(where: { set in !run.agent.policies(for: set).isEmpty }) {
            throw GaitError.usage("\(run.configuration.agent) has no policy for \(names) tasks" + (areOwn ? ", and tasks of your own count as such" : ""))
        }
    }
}
