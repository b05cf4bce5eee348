import Foundation

/// Runs a program to its end, without input, and returns its exit status and what it wrote: to standard error, and where `readsOutput` to
/// standard output as well.
///
/// - Parameter words: the program's path, and its arguments.
///
/// Throws `GaitError.failure` where it can't be started.
public func programOutput(_ words: [String], readsOutput: Bool = true) throws -> (status: Int32, text: String) {
    let program = words.first ?? "", process = Process(), pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = Array(words.dropFirst())
    process.standardInput = FileHandle.nullDevice
    if readsOutput { process.standardOutput = pipe } else { process.standardOutput = FileHandle.nullDevice }
    process.standardError = pipe
    do {
        try process.run()
    } catch {
        throw GaitError.failure("\(program) could not be started: \(error.localizedDescription)")
    }
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
}
