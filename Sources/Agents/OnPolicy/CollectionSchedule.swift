/// Divides a run's environment steps among the collections of an on-policy agent: iterations of equally many collections, all of
/// about the wanted size and of whole episodes, together exactly the budget.
public struct CollectionSchedule: Sendable, Equatable {
    /// Environment steps of the whole run.
    public let totalSteps: Int
    /// Collections of an iteration, for example tasks times phases.
    public let collectionsPerIteration: Int
    /// Iterations of the whole run, at least one.
    public let iterations: Int
    private let episodeLimit: Int

    /// `stepsPerCollection` is the wanted size.
    public init(totalSteps: Int, collectionsPerIteration: Int, stepsPerCollection: Int, episodeLimit: Int) {
        precondition(totalSteps > 0 && collectionsPerIteration > 0 && stepsPerCollection > 0 && episodeLimit > 0)
        self.totalSteps = totalSteps
        self.collectionsPerIteration = collectionsPerIteration
        self.episodeLimit = episodeLimit
        let (steps, overflows) = collectionsPerIteration.multipliedReportingOverflow(by: stepsPerCollection)
        iterations = overflows ? 1 : max(1, (totalSteps + steps / 2) / steps)
    }

    /// Environment steps of the `index`-th collection of the run. It may be some episodes more or less than wanted, so that all collections
    /// together have the right number of steps. With a budget of less than one episode for each collection, some collections may be empty.
    public func steps(collection index: Int) -> Int { boundary(index + 1) - boundary(index) }

    /// Environment steps of all collections before the `index`-th.
    public func steps(before index: Int) -> Int { boundary(index) }

    private func boundary(_ index: Int) -> Int {
        let count = iterations * collectionsPerIteration
        if index >= count { return totalSteps }
        let exact = Int(Double(totalSteps) / Double(count) * Double(index))
        return totalSteps / count >= episodeLimit ? exact / episodeLimit * episodeLimit : exact
    }
}
