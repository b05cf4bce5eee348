import Core
import Foundation

/// One line of `gait doctor`.
struct Finding: Encodable {
    var name: String
    var found: Bool
    /// Training is impossible without it.
    var needed: Bool
    var detail: String
    /// The command that installs it, if it is missing.
    var remedy: String?

    /// Whether a library that rendering can use is there: the first of `files` that loads.
    static func library(_ name: String, _ files: String..., for purpose: String, package: String) -> Finding {
        for file in files {
            guard let handle = dlopen(file, RTLD_LAZY | RTLD_LOCAL) else { continue }
            dlclose(handle)
            return Finding(name: name, found: true, needed: false, detail: "\(file): \(purpose)")
        }
        return Finding(name: name, found: false, needed: false, detail: purpose, remedy: install(package))
    }

    /// Whether a program is in PATH.
    static func program(_ name: String, for purpose: String, package: String) -> Finding {
        let path = findProgram(name)
        return Finding(name: name, found: path != nil, needed: false, detail: path ?? purpose, remedy: path == nil ? install(package) : nil)
    }

    static func install(_ package: String) -> String { "apt-get install -y --no-install-recommends \(package)" }
}
