import TabularPMetaRL
import Testing

@Suite struct TabularUpdateTests {
    private func tables(_ personalized: [Double], _ auxiliary: [Double], bound: Double = 100) -> TaskTables {
        var tables = TaskTables(hasState: [true, true, false], actions: 2, bound: bound)
        tables.personalized.values = personalized
        tables.auxiliary.values = auxiliary
        return tables
    }

    /// Equation (7) by hand.
    @Test func aTransitionPullsToItsTargetAndToTheAuxiliaryTable() {
        var t = tables([1, 2, 3, 5, 0, 0], [4, 4, 4, 4, 4, 4])
        t.learn(.init(state: 0, action: 1, reward: -1, next: 1, isTerminal: false), discount: 0.5, learningRate: 0.1, proximalWeight: 3)
        // 2 + 0.1 (-1 + 0.5 * 5 - 2) - 0.1 * 3 (2 - 4)
        #expect(abs(t.personalized.values[1] - 2.55) < 1e-12)
        #expect(t.personalized.values[0] == 1 && t.auxiliary.values == Array(repeating: 4, count: 6))
        t.learn(.init(state: 1, action: 0, reward: -1, next: 1, isTerminal: true), discount: 0.5, learningRate: 0.1, proximalWeight: 0)
        #expect(abs(t.personalized.values[2] - 2.6) < 1e-12)
    }

    /// Equation (8), on the task's states alone.
    @Test func theAuxiliaryTableMovesToThePersonalizedOne() {
        var t = tables([1, 2, 3, 5, 7, 7], [4, 4, 4, 4, 4, 4])
        t.moveAuxiliary(learningRate: 0.1, proximalWeight: 5)
        #expect(t.auxiliary.values == [2.5, 3, 3.5, 4.5, 4, 4])
    }

    /// Equation (9).
    @Test func theMetaTableIsTheMeanOverTheTasksThatHaveAState() {
        var meta = QTable([10, 20, 30], actions: 1)
        let tables = [(QTable([1, 2, 3], actions: 1), [true, true, false]), (QTable([3, 100, 100], actions: 1), [true, false, false])]
        meta.aggregate(tables.map { (table: $0.0, hasState: $0.1) }, rate: 0.5, bound: 1000)
        #expect(meta.values == [6, 11, 30])
        meta.aggregate(tables.map { (table: $0.0, hasState: $0.1) }, rate: 2, bound: 1000)
        #expect(meta.values == [-2, -7, 30])
    }

    @Test func aRoundStartsWhereTheSettingSays() {
        let meta = QTable([1, 1, 1, 1, 1, 1], actions: 2)
        var kept = tables([2, 2, 2, 2, 2, 2], [3, 3, 3, 3, 3, 3]), fresh = kept
        kept.beginRound(from: meta, keepsPersonalized: true)
        fresh.beginRound(from: meta, keepsPersonalized: false)
        #expect(kept.auxiliary == meta && fresh.auxiliary == meta && fresh.personalized == meta)
        #expect(kept.personalized.values == [2, 2, 2, 2, 2, 2])
    }

    @Test func valuesStayWithinTheirBoundAndSaySo() {
        var t = tables([1, 1, 1, 1, 1, 1], [-50, 0, 0, 0, 0, 0])
        #expect(!t.hasDiverged)
        t.learn(.init(state: 0, action: 0, reward: 0, next: 1, isTerminal: true), discount: 0.5, learningRate: 1, proximalWeight: 50)
        #expect(t.personalized.values[0] == -100 && t.hasDiverged)
    }
}
