import Foundation

/// Writes `text` into a file that can be executed, and makes the folders on its way.
///
/// A program of its own writes it: a file can't be executed as long as any process has it open for writing ("Text file busy"), and
/// a process that another test starts meanwhile has a copy of every file that this one has open, until it executes its own program.
public func writeExecutable(_ text: String, to path: String) throws {
    let writer = Process(), input = Pipe()
    writer.executableURL = URL(fileURLWithPath: "/bin/sh")
    writer.arguments = ["-c", "mkdir -p \"${0%/*}\" && cat >\"$0\" && chmod +x \"$0\"", path]
    writer.standardInput = input
    try writer.run()
    try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    try input.fileHandleForWriting.close()
    writer.waitUntilExit()
    guard writer.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path]) }
}
