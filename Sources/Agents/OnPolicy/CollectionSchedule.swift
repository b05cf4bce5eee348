import Core

/// Divides a run's environment steps among the collections of an on-policy agent: iterations of equally many collections, all of
/// about the wanted size and of whole episodes, together exactly the budget.
///
/// Where the run got another length on its way, the iteration under way then is not changed, and what is left after it is divided anew.
public struct CollectionSchedule: Sendable, Equatable {
    /// Iterations of about equal size.
    private struct Part: Equatable {
        /// Iterations and environment steps before it.
        let iteration: Int, step: Int
        /// Environment steps at its end.
        let end: Int
        let iterations: Int
    }

    /// Collections of an iteration, for example tasks times phases.
    public let collectionsPerIteration: Int
    private let episodeLimit: Int
    private var parts: [Part] = []

    /// `stepsPerCollection` is the wanted size. Throws `SettingError` where the budget ends before the iteration does that is under way.
    public init(budget: TrainingBudget, collectionsPerIteration: Int, stepsPerCollection: Int, episodeLimit: Int) throws {
        precondition(budget.unit == .steps && collectionsPerIteration > 0 && stepsPerCollection > 0 && episodeLimit > 0)
        self.collectionsPerIteration = collectionsPerIteration
        self.episodeLimit = episodeLimit
        let (wanted, overflows) = collectionsPerIteration.multipliedReportingOverflow(by: stepsPerCollection)
        let ends = budget.earlier.map(\.amount) + [budget.amount], spent = [0] + budget.earlier.map(\.spent)
        for (end, spent) in zip(ends, spent) {
            let iteration = firstIteration(from: spent), step = steps(beforeIteration: iteration), rest = end - step
            guard rest >= 0 else {
                throw SettingError("steps", "at least \(step) expected, where the iteration ends that is under way, found \(end)")
            }
            let iterations = rest == 0 ? 0 : overflows ? 1 : max(1, (rest + wanted / 2) / wanted)
            parts.append(Part(iteration: iteration, step: step, end: end, iterations: iterations))
        }
    }

    /// Iterations of the whole run, at least one.
    public var iterations: Int { parts.last.map { $0.iteration + $0.iterations } ?? 0 }

    /// Environment steps of the `index`-th collection of the run. It may be some episodes more or less than wanted, so that all collections
    /// together have the right number of steps. With a budget of less than one episode for each collection, some collections may be empty.
    public func steps(collection index: Int) -> Int { steps(before: index + 1) - steps(before: index) }

    /// Environment steps of all collections before the `index`-th.
    public func steps(before index: Int) -> Int {
        guard let part = parts.last(where: { $0.iteration * collectionsPerIteration <= index }) else { return 0 }
        let count = part.iterations * collectionsPerIteration, index = index - part.iteration * collectionsPerIteration
        if index >= count { return part.end }
        let steps = part.end - part.step, exact = Int(Double(steps) / Double(count) * Double(index))
        return part.step + (steps / count >= episodeLimit ? exact / episodeLimit * episodeLimit : exact)
    }

    private func steps(beforeIteration iteration: Int) -> Int { steps(before: iteration * collectionsPerIteration) }

    /// The first iteration that begins after `spent` steps or later; the number of iterations where none does.
    private func firstIteration(from spent: Int) -> Int {
        var low = 0, high = iterations
        while low < high {
            let middle = (low + high) / 2
            if steps(beforeIteration: middle) >= spent { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
