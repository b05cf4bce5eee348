import Foundation

/// How the user called this program, for advice to be typed: what the wrapper script `gait` was called by, else `gait`.
public let commandName = ProcessInfo.processInfo.environment["GAIT_COMMAND"] ?? "gait"
