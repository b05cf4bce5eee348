import Foundation

/// How the user called this program, for advice to be typed: what the wrapper script `gait` was called by, else `gait`.
public let commandName = ProcessInfo.processInfo.environment["GAIT_COMMAND"] ?? "gait"

/// The command that goes on with the run in a folder, as a shell reads it.
package func resumeCommand(_ directory: String) -> String { shellText([commandName, "resume", directory]) }
