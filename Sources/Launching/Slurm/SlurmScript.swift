import Core
import Foundation

/// The scripts that Slurm runs. They are for users to read, too.
package enum SlurmScript {
    /// The script of the array: each element does one run of the list.
    ///
    /// What may happen to a run, and what its script does:
    /// - Preemption, `scancel`, a node that is shut down: Slurm sends SIGTERM, the run saves a checkpoint, the script ends. Slurm
    ///   queues it again, or not.
    /// - The time limit: Slurm sends SIGUSR1 some seconds before it, the run saves a checkpoint, and the script queues itself again,
    ///   because Slurm does not; but not for ever: a run that got no further since its start is left. At the limit Slurm sends SIGTERM: a
    ///   run that still saves then is also queued again. SIGTERM within the time of the warning is a `scancel`.
    /// - A node that is lost: Slurm queues the run again. Where its process lives on, it still holds the run's lock; the new one waits
    ///   for it, then queues itself again (status 75).
    ///
    /// - Parameters:
    ///   - folder: the submission's folder, an absolute path.
    ///   - current: the folder that paths in commands start from.
    package static func array(name: String, command: String, folder: String, current: String, options: SlurmOptions, exports: [String: String]) -> String {
        """
        #!/bin/bash
        # Written by: \(onOneLine(command))
        # Each element of this array starts one run of runs.tsv, or goes on with it. The numbers of elements begin at 0; an array that is
        # too long for the cluster is submitted in pieces, each with the number of its first run as argument.
        \(directives(name: name, log: "%A_%a.log", folder: folder, current: current, options: options).joined(separator: "\n"))
        #SBATCH --requeue
        #SBATCH --signal=B:USR1@\(options.warning)

        \(lines(of: exports))line=$((${1:-0} + SLURM_ARRAY_TASK_ID + 2))  # after the header
        IFS=$'\\t' read -r name folder command < <(sed -n "${line}p" \(shellWord(folder + "/runs.tsv")))
        say() { echo "$(date '+%F %T') $name on $(hostname): $*"; }

        # How far the run is: "steps" : 4000 and so on.
        reached() { grep -E '"(spent|steps|updates)"' "$folder/status.json" 2>/dev/null; }

        # USR1: the time limit is near. TERM: preemption or scancel. Either way the run is asked to save.
        asked=
        ask() {
            heard=1
            [ "$asked" = time ] && [ $((SECONDS - since)) -ge \(max(1, options.warning - 5)) ] && return  # the limit itself: it is saving
            asked=$1 since=$SECONDS
            kill -TERM "$run" 2>/dev/null
        }
        trap 'ask time' USR1
        trap 'ask stop' TERM
        say "begins, start $((${SLURM_RESTART_COUNT:-0} + 1))"
        before=$(reached)
        mkdir -p "$folder"
        eval "exec $command" >>"$folder/output.log" 2>&1 &
        run=$!
        [ -z "$asked" ] || kill -TERM "$run"
        while heard=; wait "$run"; status=$?; [ -n "$heard" ]; do :; done
        say "ended with status $status${asked:+, asked to $asked}"

        if [ "$asked$status" = time143 ] && [ "$(reached)" = "$before" ]; then
            say "the time limit came before the run got any further: a longer --time or a shorter --warning is needed"
            exit 1
        fi
        # 143: it was asked to stop and has saved. 75: another process still has the run in hand.
        if [ "$asked$status" = time143 ] || { [ "$asked" != stop ] && [ "$status" = 75 ]; }; then
            for try in 1 2 3 4 5; do
                if scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"; then
                    say "queued again"
                    sleep 60  # Slurm ends the script
                    exit "$status"
                fi
                sleep 2
            done
            say "could not be queued again; the same reproduce command goes on with it"
        fi
        exit "$status"

        """
    }

    /// A comment ends with its line.
    private static func onOneLine(_ text: String) -> String { text.split(whereSeparator: \.isNewline).joined(separator: " ") }

    /// The script that writes the report when all runs are over, however they ended.
    package static func report(name: String, command: String, folder: String, current: String, options: SlurmOptions, exports: [String: String], report: [String])
        -> String
    {
        """
        #!/bin/bash
        # Written by: \(onOneLine(command))
        # Writes the report when no run waits or is at work any more. It lists runs that are missing.
        \(directives(name: name + "-report", log: "report-%j.log", folder: folder, current: current, options: options).joined(separator: "\n"))

        \(lines(of: exports))exec \(shellText(report))

        """
    }

    private static func directives(name: String, log: String, folder: String, current: String, options: SlurmOptions) -> [String] {
        // A percent sign in a path of a log would begin a pattern.
        let logs = folder.replacingOccurrences(of: "%", with: "%%") + "/logs/" + log
        return [directive("job-name", "gait-\(name)"), directive("chdir", current), directive("output", logs), "#SBATCH --open-mode=append"]
            + options.directives
    }

    /// `#SBATCH --chdir="/home/me/my project"`
    static func directive(_ name: String, _ value: String) -> String {
        let isPlain = !value.contains { $0.isWhitespace || "\"'#\\".contains($0) }
        let escaped = value.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
        return "#SBATCH --\(name)=" + (isPlain ? value : "\"\(escaped)\"")
    }

    /// A line for each variable.
    private static func lines(of exports: [String: String]) -> String {
        exports.sorted { $0.key < $1.key }.map { "export \($0.key)=\(shellWord($0.value))\n" }.joined()
    }
}
