import Core
import Formats
import Foundation

/// Passes frames to a child process `ffmpeg` from a thread of its own, so that it encodes while the next frames are drawn. The file
/// gets its name when it is complete.
public final class VideoEncoder: @unchecked Sendable {
    /// Largest number of frames that wait to be encoded; drawing waits when there are more.
    private static let buffers = 4

    private let condition = NSCondition()
    // Guarded by `condition`.
    private var free: [UnsafeMutableRawBufferPointer]
    private var queue: [UnsafeMutableRawBufferPointer] = []
    private var takesMore = true
    private var isBroken = false
    private var isWritten = false

    private let all: [UnsafeMutableRawBufferPointer]
    private let ffmpeg: FFmpeg

    private init(_ ffmpeg: FFmpeg, frameBytes: Int) {
        self.ffmpeg = ffmpeg
        all = (0..<Self.buffers).map { _ in .allocate(byteCount: frameBytes, alignment: 64) }
        free = all
    }

    deinit { all.forEach { $0.deallocate() } }

    /// Writes the frames that `body` appends to `path`. `sheet`: how many frames a `.png` has, beside and below each other.
    ///
    /// `check` is asked again and again while ffmpeg is waited for, and may throw to stop.
    ///
    /// Throws what `body` and `check` throw, and `GaitError` with ffmpeg's messages if it is missing or fails. There is then no new file, and an old
    /// one of this name is unchanged.
    public static func write(
        to path: String, as format: VideoFormat, width: Int, height: Int, framesPerSecond: Int, sheet: Int = 1, check: () throws -> Void = {},
        _ body: (VideoEncoder) throws -> Void
    ) throws {
        try format.check(width: width, height: height, framesPerSecond: framesPerSecond)
        let temporary = path + partialFileSuffix()
        let ffmpeg = try FFmpeg(
            [
                "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "\(width)x\(height)", "-r", "\(framesPerSecond)", "-i", "pipe:0",
            ] + format.encoding(sheet: sheet) + ["-y", "file:" + temporary], purpose: "write \(path)")
        let encoder = VideoEncoder(ffmpeg, frameBytes: 3 * width * height)
        let thread = Thread { encoder.feed() }
        thread.name = "video"
        thread.start()
        do {
            try body(encoder)
            try encoder.endInput(check: check)
            try ffmpeg.wait(path, check: check)
            var status = stat()
            guard stat(temporary, &status) == 0, status.st_size > 0 else { throw GaitError.failure("ffmpeg ended without an error and wrote nothing to \(path)") }
            let file = try OutputFile(temporary, .appending)
            try file.synchronize()
            try file.close()
            if rename(temporary, path) != 0 { throw FileError(.renaming, path) }
        } catch {
            // A broken pipe means that ffmpeg ended; its own messages say why.
            let isFFmpegs = (error as? BrokenPipe) != nil
            defer { unlink(temporary) }
            if !isFFmpegs { ffmpeg.kill() }
            try? encoder.endInput {}
            if isFFmpegs { try ffmpeg.wait(path) {} }
            ffmpeg.discard()
            throw isFFmpegs ? GaitError.failure("ffmpeg stopped before \(path) was complete") : error
        }
    }

    private struct BrokenPipe: Error {}

    /// Lets `draw` fill the next frame's bytes, [height, width, 3] RGB, top row first. `check` may throw to stop, also while ffmpeg takes no more.
    public func append(check: () throws -> Void = {}, _ draw: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
        try check()
        try wait(check) { !free.isEmpty || isBroken }
        let buffer = condition.withLock { isBroken ? nil : free.removeLast() }
        guard let buffer else { throw BrokenPipe() }
        try draw(buffer)
        condition.withLock {
            queue.append(buffer)
            condition.broadcast()
        }
    }

    /// Ends the input. Returns when all frames have been passed on, or can't be.
    private func endInput(check: () throws -> Void) throws {
        condition.withLock {
            takesMore = false
            condition.broadcast()
        }
        try wait(check) { isWritten }
    }

    /// Waits until `isSo`, which is asked under the lock.
    private func wait(_ check: () throws -> Void, until isSo: () -> Bool) throws {
        while !condition.withLock({ isSo() || condition.wait(until: Date(timeIntervalSinceNow: 0.1)) && isSo() }) { try check() }
    }

    /// The body of the thread.
    private func feed() {
        // A reader that has gone is then an error of the write.
        var pipe = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipe, nil)
        while let buffer = next() {
            let written = ffmpeg.write(UnsafeRawBufferPointer(buffer))
            condition.withLock {
                free.append(buffer)
                if !written { isBroken = true }
                condition.broadcast()
            }
            if !written { break }
        }
        ffmpeg.closeInput()
        condition.withLock {
            isWritten = true
            condition.broadcast()
        }
    }

    private func next() -> UnsafeMutableRawBufferPointer? {
        condition.lock()
        defer { condition.unlock() }
        while queue.isEmpty && takesMore { condition.wait() }
        return queue.isEmpty ? nil : queue.removeFirst()
    }
}
