import Agents
import Core
import Testing

@Suite struct OffPolicyIterationsTests {
    private func iterations() -> OffPolicyIterations {
        OffPolicyIterations(tasks: 3, tasksPerIteration: 2, updatesPerIteration: 7, random: RandomStream(seed: 1))
    }

    @Test func everyTaskComesFirstThenSomeTasksAndTheUpdatesOfEachIteration() {
        var iterations = iterations()
        #expect(iterations.waiting == [0, 1, 2] && iterations.isInitial && !iterations.isOver)
        for _ in 0..<3 { iterations.didCollect() }
        #expect(iterations.isOver && iterations.iteration == 0)
        for iteration in 1...3 {
            iterations.begin()
            #expect(iterations.waiting.count == 2 && iterations.waiting[0] != iterations.waiting[1])
            iterations.didCollect()
            #expect(iterations.updatesLeft == 0)
            iterations.didCollect()
            #expect(iterations.updatesLeft == 7 && !iterations.isOver)
            iterations.didUpdate(7)
            #expect(iterations.isOver && iterations.iteration == iteration)
        }
    }

    @Test func whenTheStepsRunOutTheIterationsUpdatesAreStillToDo() {
        var iterations = iterations()
        iterations.didCollect()
        var early = iterations
        early.stopCollecting()
        #expect(early.isOver && early.iteration == 0)
        for _ in 0..<2 { iterations.didCollect() }
        iterations.begin()
        iterations.didCollect()
        iterations.stopCollecting()
        #expect(iterations.waiting.isEmpty && iterations.updatesLeft == 7)
        iterations.stopCollecting()
        #expect(iterations.updatesLeft == 7)
    }

    @Test func tasksAreDrawnAsOftenAsEachOther() {
        var random = RandomStream(seed: 2), counts = [0, 0, 0, 0, 0]
        for _ in 0..<200 {
            let drawn = drawEvenly(7, of: 5, using: &random)
            let each = (0..<5).map { task in drawn.filter { $0 == task }.count }
            #expect(each.min() == 1 && each.max() == 2)
            for task in drawn { counts[task] += 1 }
        }
        #expect(counts.allSatisfy { (250...310).contains($0) }, "\(counts)")
    }
}
