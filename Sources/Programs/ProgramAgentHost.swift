import Agents
import Core
import Environments
import Formats
import Foundation

/// Gait's side of an agent's program: its environments in training and in adaptation, which the program steps, and what it costs.
final class ProgramAgentHost {
    let process: ProgramProcess
    let problem: Problem
    private let random: RandomStreams

    /// Environments of training by the number that the program gave them, each with its task.
    private var training: [UInt32: (task: Int, slot: EnvironmentSlot)] = [:]
    /// Restored environments that the program has not asked for again.
    private var waiting: [UInt32: (task: Int, slot: EnvironmentSlot)] = [:]
    /// The environment of the adaptation that is going on, and what it allows.
    private var adapting: AdaptationRecord?
    /// Policies that nobody has any more.
    private var released: [UInt32] = []
    private var nextPolicy: UInt32 = 0
    var progress = AgentProgress()
    private var pauses = Pauses(began: 0)

    /// What an adaptation played so far.
    struct AdaptationRecord {
        var slot: EnvironmentSlot
        let handle: UInt32
        /// Episodes that may begin, the first one included.
        let episodes: Int
        var begun = 1
        /// Of the episodes that were stepped: one that begins and is never stepped was not played.
        var returns: [Double] = []
        var isStepped = false
        var steps = 0
    }

    /// Handle of the environment of an adaptation.
    static let adaptationHandle: UInt32 = 0xFFFF_FFFF

    init(process: ProgramProcess, problem: Problem, random: RandomStreams) {
        self.process = process
        self.problem = problem
        self.random = random
    }

    private var totalSteps: Int { problem.totalSteps }
    var isSpent: Bool { progress.environmentSteps >= totalSteps }

    func release(_ handle: UInt32) { released.append(handle) }
}

// MARK: Training

extension ProgramAgentHost {
    /// Lets the program train. Throws what the session throws, and `ProgramError`.
    func train(_ session: any TrainingSession) throws {
        // The program asks for its environments again, wherever it goes on from.
        (training, waiting) = ([:], training.merging(waiting) { own, _ in own })
        pauses = Pauses(began: progress.environmentSteps)
        let stepsLeft = UInt32(clamping: totalSteps - progress.environmentSteps), spent = "{\"updates\": \(progress.gradientUpdates)}"
        try process.call(.train, argument: stepsLeft, write: { $0.append(spent) }, serve: { [self] header in
            switch MessageKind(rawValue: header.kind) {
            case .make: try make(header, session)
            case .reset: try reset(header)
            case .step:
                try step(header, session)
                pauses.warnIfDue(after: progress.environmentSteps, of: totalSteps, session)
            case .close: try close(header)
            case .pause: try pause(header, session)
            case .warn:
                session.warn(process.text)
                try process.answer(header)
            default: try ProgramProcess.noRequests(header)
            }
        })
        // Where it returns without a pause its state is complete, too.
        if pauses.hasStepsSince(progress.environmentSteps) {
            progress.rounds += 1
            try session.pause([:], endsRound: true)
        }
    }

    /// Where the program paused in this call of `train`.
    private struct Pauses {
        /// Environment steps at the last pause, or at the begin.
        private var last: Int
        private let began: Int
        private var lastTime = ContinuousClock.now
        private var hasWarned = false

        init(began: Int) { (last, self.began) = (began, began) }

        mutating func pause(at steps: Int) { (last, lastTime) = (steps, .now) }

        func hasStepsSince(_ steps: Int) -> Bool { steps > last }

        /// Warns once: of a tenth of the budget and ten seconds without a pause, or of all of the budget.
        mutating func warnIfDue(after steps: Int, of total: Int, _ session: any TrainingSession) {
            guard !hasWarned, steps - last >= max(1000, total / 10) else { return }
            guard lastTime.duration(to: .now) >= .seconds(10) || last == began && steps >= total else { return }
            hasWarned = true
            session.warn("""
                the agent took \(steps - last) steps without a pause: until it pauses, nothing is logged, evaluated or saved, and Ctrl-C has to wait
                """)
        }
    }

    private struct MakeRequest: Decodable {
        var task: Int
        var copies: Int
    }

    private struct PauseRequest: Decodable {
        var metrics: [String: Double]?
        var updates: Int?
        var endsRound: Bool?
    }

    private func decode<T: Decodable>(_ type: T.Type, _ what: String) throws -> T {
        do { return try decodeJSON(type, from: Data(process.payload)) } catch {
            throw ChannelError.wrongMessage("\(what): \(process.text.prefix(200)) is not what is expected there")
        }
    }

    private func make(_ header: MessageHeader, _ session: any TrainingSession) throws {
        let request = try decode(MakeRequest.self, "make"), key = header.handle
        guard problem.trainTasks.indices.contains(request.task), (1...100_000).contains(request.copies) else {
            throw ChannelError.wrongMessage(
                "make: a task in 0...\(problem.trainTasks.count - 1) and 1 to 100,000 copies expected, found task \(request.task), "
                    + "\(request.copies) copies")
        }
        guard training[key] == nil else { throw ChannelError.wrongMessage("make: there is an environment \(key) already") }
        if let (task, slot) = waiting.removeValue(forKey: key) {
            if task == request.task, slot.copies == request.copies {
                training[key] = (task, slot)
                return try answer(header, slot)
            }
            session.warn(
                "environment \(key) was of task \(task) and had \(slot.copies) copies when the run was saved, and is now asked for with task \(request.task) "
                    + "and \(request.copies) copies: it begins anew, and the run is another than one that was never interrupted")
        }
        let environment = try problem.makeEnvironment(problem.trainTasks[request.task], request.copies)
        // A number may be used again after its environment was closed, and in a resumed run.
        let steps = progress.environmentSteps
        environment.random = random["program/environment-\(key)" + (steps > 0 ? "/\(steps)" : "")]
        let slot = try EnvironmentSlot(environment)
        training[key] = (request.task, slot)
        try answer(header, slot)
    }

    /// The reply with a batch; its argument is the number of environment steps left.
    private func answer(_ header: MessageHeader, _ slot: EnvironmentSlot) throws {
        let left = header.handle == Self.adaptationHandle ? 0 : max(0, totalSteps - progress.environmentSteps)
        try process.answer(header, argument: UInt32(clamping: left), write: slot.write)
    }

    private func slot(_ header: MessageHeader) throws -> EnvironmentSlot {
        guard let slot = training[header.handle]?.slot else {
            throw ChannelError.wrongMessage("there is no environment \(header.handle); known: \(training.keys.sorted())")
        }
        return slot
    }

    private func reset(_ header: MessageHeader) throws {
        let slot = try slot(header)
        _ = try slot.reset(process.requestChannel)
        try answer(header, slot)
    }

    private func step(_ header: MessageHeader, _ session: any TrainingSession) throws {
        let slot = try slot(header), left = totalSteps - progress.environmentSteps
        guard slot.copies <= left else {
            if progress.environmentSteps == 0 {
                throw ChannelError.wrongMessage("step: environment \(header.handle) has \(slot.copies) copies, and the whole budget is \(totalSteps) steps")
            }
            // The rest, fewer steps than there are copies, is given up: a run has exactly its budget behind it.
            if left > 0 { session.warn("the last \(left) steps of the budget are given up, because an environment of \(slot.copies) copies needs more") }
            progress.environmentSteps = totalSteps
            throw ChannelError.refused(.budgetSpent, "the budget of \(totalSteps) environment steps is spent")
        }
        let unstable = slot.environment.unstableEpisodes
        try tellingProgram { try slot.step(process.requestChannel) }
        progress.environmentSteps += slot.copies
        progress.unstableEpisodes += slot.environment.unstableEpisodes - unstable
        for copy in 0..<slot.copies where slot.end(copy).isOver { progress.trajectories += 1 }
        try answer(header, slot)
    }

    /// An action that the environment does not have is the program's error.
    private func tellingProgram(_ body: () throws -> Void) throws {
        do { try body() } catch let error as EnvironmentError { throw ChannelError.wrongMessage("step: \(error)") }
    }

    private func close(_ header: MessageHeader) throws {
        _ = try slot(header)
        training[header.handle] = nil
        try process.answer(header)
    }

    private func pause(_ header: MessageHeader, _ session: any TrainingSession) throws {
        let request = try decode(PauseRequest.self, "pause")
        if let updates = request.updates { progress.gradientUpdates = max(progress.gradientUpdates, updates) }
        let endsRound = request.endsRound ?? true
        if endsRound { progress.rounds += 1 }
        pauses.pause(at: progress.environmentSteps)
        try session.pause(request.metrics ?? [:], endsRound: endsRound)
        try process.answer(header)
    }
}

// MARK: Policies

extension ProgramAgentHost {
    private struct PolicyRequest: Encodable {
        var policy: String
        /// The training task's number.
        var task: Int?
        var seed: UInt64
        /// Of an adaptation: episodes that may be played.
        var episodes: Int?
    }

    private func forgetReleased() throws {
        for handle in released { try process.call(.release, handle: handle) }
        released = []
    }

    /// A policy that the program has without adapting.
    func policy(_ name: String, task: Int?) throws -> any Policy {
        try forgetReleased()
        var stream = random["program/policy/\(name)/\(task.map { "\($0)" } ?? "unseen")"]
        return try make(PolicyRequest(policy: name, task: task, seed: stream.next() >> 1), serve: ProgramProcess.noRequests)
    }

    /// A policy that the program makes by adapting in `environment`, of one copy, for `episodes` at the most.
    func adapt(
        _ name: String, task: Int?, to environment: any Environment, episodes: Int, using stream: inout RandomStream
    ) throws -> Adaptation {
        try forgetReleased()
        let seed = stream.next() >> 1
        guard episodes > 0 else {
            let policy = try make(
                PolicyRequest(policy: name, task: task, seed: seed, episodes: 0), serve: ProgramProcess.noRequests)
            return Adaptation(policy: policy, episodeReturns: [], steps: 0)
        }
        let (policy, record) = try environment.lending(&stream) {
            adapting = AdaptationRecord(slot: try EnvironmentSlot(environment), handle: Self.adaptationHandle, episodes: episodes)
            defer { adapting = nil }
            let policy = try make(PolicyRequest(policy: name, task: task, seed: seed, episodes: episodes), serve: serveAdaptation)
            return (policy, adapting)
        }
        return Adaptation(policy: policy, episodeReturns: record?.returns ?? [], steps: record?.steps ?? 0)
    }

    private func make(_ request: PolicyRequest, serve: (MessageHeader) throws -> Void) throws -> any Policy {
        nextPolicy += 1
        let handle = nextPolicy
        try process.call(.policy, handle: handle, write: { $0.append(jsonLine(request) ?? "{}") }, serve: serve)
        return ProgramPolicy(host: self, handle: handle, action: problem.environment.action)
    }

    private func serveAdaptation(_ header: MessageHeader) throws {
        guard var record = adapting, header.handle == Self.adaptationHandle else {
            throw ChannelError.wrongMessage("an adaptation has only the environment \(Self.adaptationHandle)")
        }
        switch MessageKind(rawValue: header.kind) {
        case .make: break
        case .reset:
            guard record.begun < record.episodes else {
                throw ChannelError.refused(.budgetSpent, "the evaluation allows \(record.episodes) adaptation episodes, and these are spent")
            }
            if try record.slot.reset(process.requestChannel) > 0 {
                record.begun += 1
                record.isStepped = false
            }
        case .step:
            try tellingProgram { try record.slot.step(process.requestChannel) }
            record.steps += 1
            if !record.isStepped { record.returns.append(0) }
            record.isStepped = true
            record.returns[record.returns.count - 1] += Double(record.slot.batch.rewards[0])
        default: try ProgramProcess.noRequests(header)
        }
        adapting = record
        try answer(header, record.slot)
    }
}

// MARK: Saving

extension ProgramAgentHost {
    /// The environments of training; which there are is saved before them.
    func codeState(_ coder: StateCoder) throws {
        try coder.count("environmentSteps", &progress.environmentSteps, most: totalSteps)
        try coder.count("gradientUpdates", &progress.gradientUpdates)
        try coder.count("unstableEpisodes", &progress.unstableEpisodes)
        try coder.count("rounds", &progress.rounds)
        try coder.count("trajectories", &progress.trajectories)
        // Those that the program has not asked for yet are part of the state, too.
        let all = training.merging(waiting) { own, _ in own }
        var list = all.keys.sorted().flatMap { [Int($0), all[$0]?.task ?? 0, all[$0]?.slot.copies ?? 1] }
        try coder.integers("environments", &list, in: 0...Int(UInt32.max))
        guard list.count.isMultiple(of: 3) else { throw coder.invalid("environments", "number, task and copies of each expected") }
        if coder.isRestoring { (training, waiting) = ([:], [:]) }
        for start in stride(from: 0, to: list.count, by: 3) {
            let key = UInt32(list[start]), task = list[start + 1], copies = list[start + 2]
            if coder.isRestoring {
                guard problem.trainTasks.indices.contains(task), (1...100_000).contains(copies) else {
                    throw coder.invalid("environments", "there is no task \(task), or not with \(copies) copies")
                }
                let slot = try EnvironmentSlot(problem.makeEnvironment(problem.trainTasks[task], copies))
                try coder.object("environment-\(key)", slot)
                waiting[key] = (task, slot)
            } else if let slot = all[key]?.slot {
                try coder.object("environment-\(key)", slot)
            }
        }
        var bytes: [UInt8] = []
        if !coder.isRestoring {
            try process.call(.save)
            bytes = process.payload
        }
        try coder.bytes("program", &bytes)
        if coder.isRestoring { try process.call(.restore) { $0.append(bytes) } }
    }
}
