import Agents
import Core
import Environments

/// The best action of a table that does not change: of equal values the first.
final class TablePolicy: MeasuredPolicy {
    private let table: QTable
    private let observation: Space
    private let hasDiverged: Bool

    init(_ table: QTable, observation: Space, hasDiverged: Bool) {
        self.table = table
        self.observation = observation
        self.hasDiverged = hasDiverged
    }

    func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
        action[0] = Float(table.greedyAction(at: self.observation.index(of: observation)))
    }

    var measures: [String: Double] { hasDiverged ? ["diverged": 1] : [:] }
}
