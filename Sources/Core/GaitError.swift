/// An error that knows the exit status the command line ends with.
public protocol ExitCodeProviding: Error {
    var exitCode: Int32 { get }
}

/// What can go wrong, by who has to act: the user's words, the user's files, or the machine.
public enum GaitError: Error, CustomStringConvertible, ExitCodeProviding, Equatable {
    /// The command can't mean anything: exit 64, with the reason and the nearest valid choice.
    case usage(String)
    /// A file, checkpoint, configuration key or model is not right: exit 65, naming it and what was expected.
    case input(String)
    /// Something failed while running: exit 1.
    case failure(String)

    public var description: String {
        switch self {
        case .usage(let message), .input(let message), .failure(let message): message
        }
    }

    public var exitCode: Int32 {
        switch self {
        case .usage: 64
        case .input: 65
        case .failure: 1
        }
    }
}

/// The exit status for any error: 64 bad usage, 65 bad input, 1 a failure while running.
public func exitCode(of error: any Error) -> Int32 {
    switch error {
    case let error as any ExitCodeProviding: error.exitCode
    case is StateError: 65
    default: 1
    }
}
