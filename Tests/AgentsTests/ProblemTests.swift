import Agents
import Environments
import TestEnvironments
import Testing

@Suite struct ProblemTests {
    /// A run that is made longer has spent what its tasks had: no share may shrink.
    @Test(arguments: 1...7) func sharesOfTasksAddUpAndNeverShrink(tasks: Int) {
        var before = Array(repeating: 0, count: tasks)
        for amount in 0...40 {
            let problem = Problem(
                environment: PointEnvironment.spaces, trainTasks: (0..<tasks).map { TaskDescription(name: "\($0)", parameters: [:]) },
                budget: TrainingBudget(amount, .steps), threads: 1, makeEnvironment: { _, copies in PointEnvironment(direction: 1, copies: copies) })
            let shares = (0..<tasks).map(problem.steps(ofTask:))
            #expect(shares.reduce(0, +) == amount && (shares.max() ?? 0) - (shares.min() ?? 0) <= 1)
            #expect(zip(before, shares).allSatisfy { $0 <= $1 }, "\(before) \(shares)")
            before = shares
        }
    }
}
