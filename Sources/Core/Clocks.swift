import Foundation

/// Processor time that the calling thread has used, in seconds. Other processes do not make it longer, as they do to the clock's time.
public func threadProcessorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
