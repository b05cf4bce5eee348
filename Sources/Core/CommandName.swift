import Foundation

/// How the user called this program, for advice to be typed in a shell: what the wrapper script `gait` was called by, after the variable that
/// chose its engine; else `gait`.
public let commandName: String = {
    let variables = ProcessInfo.processInfo.environment, command = shellWord(variables["GAIT_COMMAND"] ?? "gait")
    guard let prefix = variables["GAIT_COMMAND_PREFIX"], !prefix.isEmpty else { return command }
    return "\(prefix) \(command)"
}()

/// The command that goes on with the run in a folder, as a shell reads it.
package func resumeCommand(_ directory: String) -> String { "\(commandName) \(shellText(["resume", directory]))" }
