import Core
import Foundation

/// A real Slurm cluster of three nodes with one core each, all on this machine, with its own configuration in a temporary folder. Jobs
/// of the partition `urgent` preempt those of `main`. Stopped when this object is released.
final class SlurmCluster {
    private let place: Place

    /// Why there can't be one here; nil where there can.
    static let obstacle: String? = {
        let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
        let missing = ["slurmctld", "slurmd", "sbatch", "munged", "munge"].filter { name in !folders.contains { access("\($0)/\(name)", X_OK) == 0 } }
        if !missing.isEmpty { return "a real Slurm cluster needs \(missing.joined(separator: ", ")) (Debian: slurmctld slurmd slurm-client munge)" }
        return geteuid() == 0 ? nil : "starting a Slurm cluster needs root"
    }()

    var environment: [String: String] { ["SLURM_CONF": place["slurm.conf"].path] }

    init() throws {
        place = try Place()
        try shell("""
            if ! munge -n >/dev/null 2>&1; then
              [ -s /etc/munge/munge.key ] || { head -c 1024 /dev/urandom >/etc/munge/munge.key; chown munge:munge /etc/munge/munge.key; chmod 400 /etc/munge/munge.key; }
              mkdir -p /run/munge && chown munge:munge /run/munge
              setpriv --reuid munge --regid munge --clear-groups munged
            fi
            dir=$PWD host=$(hostname -s) port=$((20000 + RANDOM % 20000))
            cat >slurm.conf <<END
            ClusterName=test
            SlurmctldHost=$host(127.0.0.1)
            SlurmctldPort=$port
            SlurmUser=root
            AuthType=auth/munge
            StateSaveLocation=$dir/state
            SlurmdSpoolDir=$dir/spool-%n
            SlurmctldPidFile=$dir/slurmctld.pid
            SlurmdPidFile=$dir/%n.pid
            SlurmctldLogFile=$dir/slurmctld.log
            SlurmdLogFile=$dir/%n.log
            ProctrackType=proctrack/pgid
            TaskPlugin=task/none
            MpiDefault=none
            SelectType=select/cons_tres
            SelectTypeParameters=CR_Core
            SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
            PreemptType=preempt/partition_prio
            PreemptMode=REQUEUE
            MaxArraySize=4
            ReturnToService=2
            JobCompType=jobcomp/none
            NodeName=node[1-3] NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1))-$((port + 3)) CPUs=1 RealMemory=1000 State=UNKNOWN
            PartitionName=main Nodes=node[1-3] Default=YES MaxTime=INFINITE State=UP PriorityTier=1
            PartitionName=urgent Nodes=node[1-3] MaxTime=INFINITE State=UP PriorityTier=10
            END
            mkdir state spool-node1 spool-node2 spool-node3
            slurmctld -c
            for node in node1 node2 node3; do slurmd -c -N $node; done
            for _ in $(seq 500); do [ "$(sinfo -h -p main -o %t | sort -u)" = idle ] && exit; sleep 0.2; done
            sinfo; tail slurmctld.log; exit 1
            """)
    }

    deinit {
        _ = try? shell("scancel --user=root --full; for file in node?.pid slurmctld.pid; do kill $(cat $file); done; sleep 0.5")
    }

    /// Runs Bash in the cluster's folder and returns what it prints.
    @discardableResult func shell(_ script: String) throws -> String {
        let file = place["output-\(UUID().uuidString)"].path
        // Unlike Foundation's, this process has no signals blocked, nor have the daemons that it starts.
        let process = try ChildProcess(
            ["/bin/bash", "-c", "cd \"$0\"\n" + script, place.url.path],
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }, output: .file(file), errors: .nothing)
        let end = process.wait(), output = try String(contentsOfFile: file, encoding: .utf8)
        guard end == .exited(0) else { throw Failure(script: script, output: output) }
        return output.trimmingCharacters(in: .newlines)
    }

    struct Failure: Error {
        var script: String
        var output: String
    }

    /// Jobs that run now: their numbers by node.
    func running() throws -> [String: String] {
        let lines = try shell("squeue -h -r -t running -o '%N %i'").split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        return Dictionary(lines.filter { $0.count == 2 }.map { ($0[0], $0[1]) }, uniquingKeysWith: { $1 })
    }

    /// Waits until no job is left and returns nothing, or after a time that only a cluster that hangs needs, what is left and why. Slurm holds a
    /// job that was queued again back for two minutes; here it need not wait.
    func finish(within seconds: Double = 900) throws -> String {
        let end = Date().addingTimeInterval(seconds)
        while Date() < end {
            if try shell("squeue -h -r -o %i").isEmpty { return "" }
            _ = try? shell("for job in $(squeue -h -r -t pending -o '%i %r' | grep BeginTime | cut -d' ' -f1); do scontrol update JobId=$job StartTime=now; done")
            usleep(300_000)
        }
        return try shell("squeue -r -o '%i %P %j %T %M %N %r'; sinfo -N; tail -n 40 slurmctld.log; tail -n 10 node?.log")
    }
}
