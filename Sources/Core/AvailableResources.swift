import Foundation

/// Processor cores and memory that this process may use: those of the machine, less what its affinity mask and its control groups (versions 1 and 2)
/// withhold, as on a cluster's node or in a container.
public struct AvailableResources: Sendable, Equatable {
    /// Cores to use, at least 1.
    public var cores: Int
    /// Bytes of memory.
    public var memory: UInt64
    /// What the machine has.
    public var machineCores: Int
    public var machineMemory: UInt64
    /// What sets the number of cores: `affinity mask`, `control group`; nil where all are there.
    public var coresLimit: String?
    /// The same of the memory.
    public var memoryLimit: String?

    /// Of this process, read once.
    public static let own = AvailableResources()

    /// - Parameter root: where /proc and /sys are; another folder for tests.
    package init(
        root: String = "", machineCores: Int = sysconf(Int32(_SC_NPROCESSORS_ONLN)), machineMemory: UInt64 = ProcessInfo.processInfo.physicalMemory
    ) {
        self.machineCores = max(1, machineCores)
        self.machineMemory = machineMemory
        let groups = ControlGroups(root: root)
        cores = min(self.machineCores, Self.affinityMask(root) ?? self.machineCores)
        if cores < self.machineCores { coresLimit = "affinity mask" }
        // A fraction of a core is a thread's worth: 1.5 cores are used by two threads best.
        if let quota = groups.processors, Int(quota.rounded(.up)) < cores {
            cores = max(1, Int(quota.rounded(.up)))
            coresLimit = "control group"
        }
        memory = machineMemory
        if let limit = groups.memory, limit < machineMemory {
            memory = limit
            memoryLimit = "control group"
        }
    }

    /// Cores in this process's affinity mask, which the kernel lists as `0-3,8`; nil where it does not.
    private static func affinityMask(_ root: String) -> Int? {
        let status = (try? String(contentsOfFile: "\(root)/proc/self/status", encoding: .utf8)) ?? "", key = "Cpus_allowed_list:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(key) }) else { return nil }
        let ranges = line.dropFirst(key.count).split(separator: ",").map { range in
            range.split(separator: "-").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
        }
        let count = ranges.reduce(0) { sum, ends in sum + (ends.count == 2 ? max(0, ends[1] - ends[0] + 1) : ends.count) }
        return count > 0 ? count : nil
    }
}

/// Limits that the control groups of a process set, itself and all above it.
private struct ControlGroups {
    /// Cores, with fractions; nil where there is no limit.
    var processors: Double?
    /// Bytes; nil where there is no limit.
    var memory: UInt64?

    init(root: String) {
        let lines = Self.text("\(root)/proc/self/cgroup").split(separator: "\n")
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3 else { continue }
            let controllers = parts[1].split(separator: ","), path = parts[2]
            if controllers.isEmpty {  // version 2
                for folder in Self.folders("\(root)/sys/fs/cgroup", path) {
                    let words = Self.text("\(folder)/cpu.max").split(whereSeparator: \.isWhitespace)
                    if words.count == 2, let quota = Double(words[0]), let period = Double(words[1]), period > 0 { limit(processors: quota / period) }
                    limit(memory: Self.number("\(folder)/memory.max"))
                }
            }
            if controllers.contains("cpu") {
                for mount in ["cpu", "cpu,cpuacct"] {
                    for folder in Self.folders("\(root)/sys/fs/cgroup/\(mount)", path) {
                        if let quota = Self.number("\(folder)/cpu.cfs_quota_us"), let period = Self.number("\(folder)/cpu.cfs_period_us"), period > 0 {
                            limit(processors: Double(quota) / Double(period))
                        }
                    }
                }
            }
            if controllers.contains("memory") {
                for folder in Self.folders("\(root)/sys/fs/cgroup/memory", path) { limit(memory: Self.number("\(folder)/memory.limit_in_bytes")) }
            }
        }
    }

    private mutating func limit(processors: Double) { self.processors = min(self.processors ?? .infinity, processors) }
    private mutating func limit(memory: UInt64?) {
        if let memory { self.memory = min(self.memory ?? .max, memory) }
    }

    /// The group's folder and those above it. In a container the path may be that of the host, and only `mount` itself is there.
    private static func folders(_ mount: String, _ path: String) -> [String] {
        var names = path.split(separator: "/").map(String.init), folders: [String] = []
        while true {
            folders.append(([mount] + names).joined(separator: "/"))
            if names.popLast() == nil { return folders }
        }
    }

    private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
    private static func number(_ path: String) -> UInt64? { UInt64(text(path).trimmingCharacters(in: .whitespacesAndNewlines)) }
}
