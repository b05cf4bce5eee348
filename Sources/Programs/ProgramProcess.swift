import Core
import Foundation

/// A program of the user's that Gait started, an agent or a family, and the conversation with it. One thread at a time.
package final class ProgramProcess {
    package let path: String
    private let child: ChildProcess
    private let channel: Channel
    private let output: OutputTail
    /// The first thing that went wrong; the conversation is over.
    private var failure: ProgramError?

    /// Number of the file in which the program finds its end of the channel.
    package static let channelFile: Int32 = 3
    /// Environment variable with that number.
    package static let channelVariable = "GAIT_CHANNEL"
    /// Environment variable with the number of seconds to wait for a message.
    package static let patienceVariable = "GAIT_PROGRAM_PATIENCE"
    package static let standardPatience = 300
    /// Environment variables with the number of threads of libraries that programs use.
    private static let threadVariables = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]

    /// Starts the program. Throws `GaitError.usage` where there is no such executable, `GaitError.failure` where it can't be started.
    package init(_ path: String) throws {
        self.path = path
        try Self.check(path)
        var environment = ProcessInfo.processInfo.environment
        let patience = environment[Self.patienceVariable].flatMap { Int($0) } ?? Self.standardPatience
        environment[Self.channelVariable] = "\(Self.channelFile)"
        // What it prints is seen at once, and is there when it crashes.
        environment["PYTHONUNBUFFERED"] = environment["PYTHONUNBUFFERED"] ?? "1"
        // Small networks are slower with more, and several runs share a machine.
        for name in Self.threadVariables { environment[name] = environment[name] ?? "1" }
        let (own, others) = try Channel.pair()
        channel = Channel(own, patience: max(1, patience))
        defer { Foundation.close(others) }
        var pipeEnds: [Int32] = [-1, -1]
        guard pipe(&pipeEnds) == 0 else { throw GaitError.failure("no pipe can be made: \(String(cString: strerror(errno)))") }
        pipeEnds.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
        output = OutputTail(pipeEnds[0], name: (path as NSString).lastPathComponent)
        defer { Foundation.close(pipeEnds[1]) }
        do {
            child = try ChildProcess(
                [path], environment: environment, output: .descriptor(pipeEnds[1]), inherited: (others, Self.channelFile))
        } catch {
            throw GaitError.failure("\(error); a script begins with a line like #!/usr/bin/env python3")
        }
        child.bind(socket: own)
    }

    /// Throws `GaitError.usage` unless there is an executable file.
    package static func check(_ path: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            throw GaitError.usage("\(path): there is no such program")
        }
        guard access(path, X_OK) == 0 else {
            throw GaitError.usage("\(path) can't be executed; `chmod +x \(shellText([path]))` allows it, and a script begins with a line like "
                + "#!/usr/bin/env python3")
        }
    }

    /// It ends: by itself, because its channel is closed, or by force some seconds later.
    deinit {
        child.setLeaving()
        channel.shutDown()
        nonisolated(unsafe) let child = child  // nobody else has it any more
        Thread.detachNewThread { Self.end(child) }
    }

    private static func end(_ child: ChildProcess) {
        for (signal, seconds) in [(nil, 5.0), (SIGTERM, 2.0), (SIGKILL, 5.0)] as [(Int32?, Double)] {
            if let signal { child.sendToGroup(signal) }
            let end = ContinuousClock.now + .seconds(seconds)
            while ContinuousClock.now < end {
                if child.poll() != nil { return child.sendToGroup(SIGTERM) }  // workers that it left behind
                usleep(20_000)
            }
        }
    }
}

// MARK: Conversation

extension ProgramProcess {
    /// Sends a request and waits for its reply; `serve` answers what the program asks for meanwhile, by `answer`. The reply's payload can be
    /// read until the next call.
    ///
    /// Throws `ProgramError` where the program refuses, is gone, is silent, or breaks the protocol; after all but a refusal every further call
    /// throws the same. Throws what `serve` throws after the program ended its own work.
    @discardableResult
    package func call(
        _ kind: MessageKind, handle: UInt32 = 0, argument: UInt32 = 0, write: (inout MessageWriter) -> Void = { _ in },
        serve: (MessageHeader) throws -> Void = ProgramProcess.noRequests
    ) throws -> MessageHeader {
        if let failure { throw failure }
        do {
            try channel.send(kind.rawValue, handle: handle, argument: argument, write)
            var thrown: (any Error)?
            while true {
                let header = try channel.receive()
                if header.isReply(to: kind) {
                    if let thrown { throw Passed(error: thrown) }
                    return header
                }
                switch header.kind {
                case MessageKind.alive.rawValue: continue
                case MessageKind.refusal.rawValue:
                    if let thrown { throw Passed(error: thrown) }
                    throw ChannelError.refused(Refusal(rawValue: header.argument) ?? .failed, channel.text)
                default:
                    do { try serve(header) } catch let error as ChannelError {
                        // The program asked for something wrong. It is told, and may go on.
                        try refuse(error)
                    } catch let error as ProgramError {
                        throw Passed(error: error)
                    } catch {
                        // What ends our own work ends the program's, too.
                        thrown = thrown ?? error
                        try channel.send(MessageKind.refusal.rawValue, argument: Refusal.stop.rawValue) { $0.append("\(error)") }
                    }
                }
            }
        } catch let passed as Passed {
            throw passed.error
        } catch let error as ChannelError {
            throw fail(error, kind)
        }
    }

    private struct Passed: Error { var error: any Error }

    /// Answers a request that `serve` got.
    package func answer(_ request: MessageHeader, argument: UInt32 = 0, write: (inout MessageWriter) -> Void = { _ in }) throws {
        try channel.send(request.kind + MessageKind.reply, handle: request.handle, argument: argument, write)
    }

    private func refuse(_ error: ChannelError) throws {
        var why = Refusal.failed
        if case .refused(let refusal, _) = error { why = refusal }
        try channel.send(MessageKind.refusal.rawValue, argument: why.rawValue) { $0.append(error.description) }
    }

    /// Refuses every request.
    package static func noRequests(_ header: MessageHeader) throws {
        throw ChannelError.wrongMessage("a request of kind \(header.kind) can't be made here")
    }

    /// Access to the present message's payload.
    package func withPayload<Result>(_ body: (inout MessageReader) throws -> Result) throws -> Result {
        do { return try channel.withPayload(body) } catch let error as ChannelError { throw fail(error, nil) }
    }
    package var text: String { channel.text }
    package var payload: [UInt8] { channel.payload }
    package var requestChannel: Channel { channel }

    /// What an answer of the program that can't be used means: the conversation is over.
    package func wrong(_ reason: String) -> ProgramError { fail(.wrongMessage(reason), nil) }

    private func fail(_ error: ChannelError, _ kind: MessageKind?) -> ProgramError {
        let isRefusal = if case .refused = error { true } else { false }
        let doing = kind.map { " while asked for '\($0)'" } ?? ""
        let what: String
        switch error {
        case .refused(_, let reason): what = "failed\(doing): \(reason)"
        case .ended:
            what = "ended\(doing)\(ending)"
                + (kind == .hello ? ". A program of Gait's answers its questions until it is told to end; in Python gait.run(MyAgent) does that" : "")
        case .silent(let seconds):
            what = "said nothing for \(seconds) second\(seconds == 1 ? "" : "s")\(doing) and was ended; "
                + "\(Self.patienceVariable)=N allows it N seconds"
        case .wrongMessage(let reason): what = "broke the protocol\(doing): \(reason)"
        case .failed(let reason): what = "can't be talked to: \(reason)"
        }
        // One that hangs does not listen to requests to end.
        if !isRefusal { child.send(error.isSilence ? SIGKILL : SIGTERM) }
        let result = ProgramError(path: path, reason: what, lastLines: output.lastLines(after: isRefusal ? 0.05 : 1))
        if !isRefusal { failure = result }
        return result
    }

    /// How the process ended, where it did.
    private var ending: String {
        let end = ContinuousClock.now + .seconds(2)
        while ContinuousClock.now < end {
            switch child.poll() {
            case .exited(let status): return " with exit status \(status)"
            case .killed(let signal): return ", killed by signal \(signal)"
            case nil: usleep(5_000)
            }
        }
        return ": it closed its channel"
    }
}

/// A program that can't be used any more, or that refused something, with the last lines that it wrote.
package struct ProgramError: Error, CustomStringConvertible, ExitCodeProviding {
    package var path: String
    package var reason: String
    package var lastLines: [String]

    package var description: String {
        let head = "\(path) \(reason)"
        return lastLines.isEmpty ? head : head + "\nIts last lines:\n" + lastLines.map { "    \($0)" }.joined(separator: "\n")
    }
    package var exitCode: Int32 { 1 }
}
