import Foundation

/// When a file was last written, by the clock of the machine that has the disk; nil where there is none or it can't be asked.
public func modificationDate(_ path: String) -> Date? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9)
}
