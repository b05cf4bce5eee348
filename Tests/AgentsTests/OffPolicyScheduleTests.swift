import Agents
import Core
import Testing

@Suite struct OffPolicyScheduleTests {
    private func schedule() -> OffPolicySchedule {
        OffPolicySchedule(tasks: 3, tasksPerIteration: 2, updatesPerIteration: 7, updatesPerSlice: 5, random: RandomStream(seed: 1))
    }

    @Test func everyTaskComesFirstThenSomeTasksAndTheUpdatesOfEachIteration() {
        var schedule = schedule()
        #expect((0..<3).map { _ in schedule.next(remainingSteps: 9) } == [.collect(task: 0), .collect(task: 1), .collect(task: 2)])
        #expect(schedule.isBetweenIterations && schedule.iteration == 0)
        for iteration in 1...3 {
            let collected = (0..<2).map { _ in schedule.next(remainingSteps: 9) }
            #expect(collected[0] != collected[1] && !schedule.isBetweenIterations)
            #expect(schedule.next(remainingSteps: 9) == .update(count: 5))
            #expect(!schedule.isBetweenIterations)
            #expect(schedule.next(remainingSteps: 9) == .update(count: 2))
            #expect(schedule.isBetweenIterations && schedule.iteration == iteration)
        }
        #expect(schedule.next(remainingSteps: 0) == nil)
    }

    @Test func whenTheStepsRunOutTheIterationsUpdatesAreStillDone() {
        var schedule = schedule()
        for _ in 0..<4 { _ = schedule.next(remainingSteps: 9) }
        #expect(schedule.next(remainingSteps: 0) == .update(count: 5))
        #expect(schedule.next(remainingSteps: 0) == .update(count: 2))
        #expect(schedule.next(remainingSteps: 0) == nil)
        var early = self.schedule()
        _ = early.next(remainingSteps: 9)
        #expect(early.next(remainingSteps: 0) == nil && early.isBetweenIterations)
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
