/// An error that knows the exit status the command line ends with.
public protocol ExitCodeProviding: Error {
    var exitCode: Int32 { get }
}

/// Errors of a command, by cause: invalid usage, bad input, or a failure while running.
public enum GaitError: Error, CustomStringConvertible, ExitCodeProviding, Equatable {
    /// Invalid usage: exit 64, with the reason and the nearest valid choice.
    case usage(String)
    /// Bad input, such as a damaged file or an unknown configuration key: exit 65, with the file and what was expected.
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
