import Core
import Environments

/// A walker on five cells: it slips to a random side with probability 1/2, can't go left at the left end, and is done at the right end. Above
/// `blowsUpAt`, its cell becomes infinite.
struct SlipperyLine: SimulatedTask {
    var blowsUpAt = 100.0

    struct State: SimulatedState {
        var cell: Double
        static let numberCount = 1
        var numbers: [Double] { [cell] }
        init(cell: Double) { self.cell = cell }
        init?(numbers: [Double]) { self.init(cell: numbers[0]) }
    }

    static let description = EnvironmentDescription(
        observation: .discrete(count: 5), action: .discrete(count: 2), episodeLimit: 12, dynamicsVary: true, timeStep: 0, masksActions: true)

    static func environment(copies: Int = 1, blowsUpAt: Double = 100, task: UInt64 = 1) -> SimulatedEnvironment<SlipperyLine> {
        SimulatedEnvironment(SlipperyLine(blowsUpAt: blowsUpAt), description: description, copies: copies, fingerprint: task)
    }

    func begin(using random: inout RandomStream) -> State { State(cell: Double(random.index(below: 3))) }

    func advance(
        _ state: inout State, action: UnsafeBufferPointer<Float>, using random: inout RandomStream
    ) -> (reward: Double, isTerminal: Bool) {
        let slips = random.uniform() < 0.5
        let step = slips ? (random.index(below: 2) == 0 ? -1.0 : 1) : (action[0] == 1 ? 1 : -1)
        state.cell = max(0, state.cell + step)
        if state.cell >= blowsUpAt { state.cell = .infinity }
        return (-1, state.cell >= 4)
    }

    func observe(_ state: State, into row: UnsafeMutableBufferPointer<Float>) { row[0] = Float(state.cell) }
    func hasAction(_ action: Int, in state: State) -> Bool { action == 1 || state.cell > 0 }
    func isState(_ state: State) -> Bool { (0...4).contains(state.cell) }
}
