import Core
import TestEnvironments
import Testing

/// Cores and memory as containers and clusters limit them, from files as the kernel writes them.
@Suite struct AvailableResourcesTests {
    private func resources(_ files: [String: String]) throws -> AvailableResources {
        let folder = try TemporaryFolder()
        for (name, text) in files { try folder.write(text, name) }
        return AvailableResources(root: folder.path, machineCores: 16, machineMemory: 64 << 30)
    }

    @Test func withoutLimitsTheyAreTheMachines() throws {
        let free = try resources(["proc/self/cgroup": "0::/user.slice\n", "sys/fs/cgroup/user.slice/cpu.max": "max 100000\n",
                                  "sys/fs/cgroup/user.slice/memory.max": "max\n", "proc/self/status": "Name:\tgait\nCpus_allowed_list:\t0-15\n"])
        #expect(free.cores == 16 && free.memory == 64 << 30 && free.coresLimit == nil && free.memoryLimit == nil)
        #expect(try resources([:]).cores == 16)
    }

    @Test(arguments: [("0-3", 4), ("2", 1), ("0-1,8-9,15", 5)]) func theAffinityMaskCounts(mask: String, cores: Int) throws {
        let found = try resources(["proc/self/status": "Cpus_allowed_list:\t\(mask)\n"])
        #expect(found.cores == cores && found.coresLimit == "affinity mask")
    }

    /// The strictest group on the way up counts; half a core more is another thread.
    @Test func theSecondVersionOfControlGroupsCounts() throws {
        let found = try resources([
            "proc/self/cgroup": "0::/slurm/job_7/step_0\n", "sys/fs/cgroup/slurm/job_7/cpu.max": "250000 100000\n",
            "sys/fs/cgroup/slurm/job_7/step_0/cpu.max": "max 100000\n", "sys/fs/cgroup/slurm/job_7/step_0/memory.max": "4294967296\n",
            "sys/fs/cgroup/slurm/memory.max": "8589934592\n",
        ])
        #expect(found.cores == 3 && found.coresLimit == "control group" && found.memory == 4 << 30 && found.memoryLimit == "control group")
    }

    /// In a container the process's path is the host's, and the limits are at the top.
    @Test func theFirstVersionOfControlGroupsCounts() throws {
        let found = try resources([
            "proc/self/cgroup": "5:cpu,cpuacct:/docker/abc\n3:memory:/docker/abc\n", "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "200000\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
        ])
        #expect(found.cores == 2 && found.memory == 1 << 30)
        let unlimited = try resources([
            "proc/self/cgroup": "5:cpu,cpuacct:/\n3:memory:/\n", "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        ])
        #expect(unlimited.cores == 16 && unlimited.memory == 64 << 30)
    }

    @Test(arguments: [
        ("runs/fig4", "runs/fig4"), ("my runs/fig4", "'my runs/fig4'"), ("it's", "'it'\\''s'"), ("", "''"), ("läufe/größe", "läufe/größe"), ("a*b", "'a*b'"),
    ])
    func wordsAreQuotedWhereAShellWouldSplitThem(word: String, text: String) { #expect(shellText(["gait", word]) == "gait \(text)") }
}
