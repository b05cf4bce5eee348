import Core

/// What a job asks the cluster for.
public struct SlurmOptions: Sendable, Equatable {
    public var partition: String?
    /// Longest time of a run before it is saved and queued again, as Slurm writes it: `2:00:00`, `1-12`. The partition's by default.
    public var time: String?
    /// Cores of each run.
    public var cpus = 1
    /// Seconds before the time limit at which a run is told to save.
    public var warning = 120
    /// Runs at a time; nil for as many as there is room for.
    public var limit: Int?
    /// Further options of `sbatch`, without their dashes: `mem=2G`, `exclusive`.
    public var more: [String] = []

    public init() {}

    /// Options of `sbatch` that the launcher sets, or that would change what it can rely on.
    private static let own = [
        "array", "chdir", "clusters", "dependency", "job-name", "no-requeue", "nodes", "ntasks", "open-mode", "output", "parsable", "requeue", "signal",
        "test-only", "wait", "wrap",
    ]
    /// Those that have an option of Gait, which knows what it means for the runs.
    private static let named = ["partition": "--partition", "time": "--time", "cpus-per-task": "--cpus"]

    /// Variables of `sbatch` that would take the place of what the launcher relies on and of what was asked for: they come before what a script says.
    package var overruling: Set<String> {
        let asked = (partition == nil ? [] : ["partition"]) + (time == nil ? [] : ["time"]) + ["cpus-per-task"] + more.map(Self.name)
        let others = ["array": "ARRAY_INX", "time": "TIMELIMIT"]
        return Set((Self.own + asked).map { "SBATCH_" + (others[$0] ?? $0.uppercased().replacing("-", with: "_")) })
    }

    /// Throws `GaitError.usage` for what can't be asked.
    public func check() throws {
        if cpus < 1 { throw GaitError.usage("--cpus: at least 1 expected, found \(cpus)") }
        if warning < 1 { throw GaitError.usage("--warning: at least 1 second expected, found \(warning)") }
        if let limit, limit < 1 { throw GaitError.usage("--jobs: at least 1 expected, found \(limit)") }
        for (option, text) in [("--partition", partition), ("--time", time)] {
            if let text, text.isEmpty || text.contains(where: { $0.isWhitespace }) {
                throw GaitError.usage("\(option): one word expected, found '\(text)'")
            }
        }
        if let time {
            guard let seconds = Self.seconds(time) else {
                throw GaitError.usage(
                    "--time: a time limit as Slurm writes it expected, such as 90 (minutes), 2:00:00 (hours:minutes:seconds) or 1-12 (days-hours), "
                        + "found '\(time)'")
            }
            if seconds <= Double(warning) {
                throw GaitError.usage(
                    "--time \(time): more than the \(warning) seconds of --warning expected, so that a run can train before it is told to save; "
                        + "2:00 is two minutes, 2:00:00 two hours")
            }
        }
        for option in more {
            let name = Self.name(option)
            if name.isEmpty || name.contains(where: { $0.isWhitespace }) || option.contains(where: \.isNewline) {
                throw GaitError.usage("--slurm: an option of sbatch such as 'mem=2G' or 'exclusive' expected, found '\(option)'")
            }
            // Slurm takes the beginning of an option for the whole, if no other begins so.
            if let whole = Self.own.first(where: { $0.hasPrefix(name) }) {
                throw GaitError.usage("--slurm: '\(whole)' can't be given: the launcher sets it or needs that it is not set")
            }
            if let whole = Self.named.keys.sorted().first(where: { $0.hasPrefix(name) }), let option = Self.named[whole] {
                throw GaitError.usage("--slurm: '\(whole)' is \(option) here")
            }
        }
    }

    /// Of a time limit as `sbatch` takes it: minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes,
    /// days-hours:minutes:seconds; 0 or a word for none. Slurm rounds up to minutes. Nil for other texts.
    static func seconds(_ time: String) -> Double? {
        if ["infinite", "unlimited"].contains(time.lowercased()) { return .infinity }
        let halves = time.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false), hasDays = halves.count == 2
        let fields = halves.flatMap { $0.split(separator: ":", omittingEmptySubsequences: false) }
        let numbers = fields.compactMap { $0.allSatisfy(\.isNumber) ? Double($0) : nil }
        guard numbers.count == fields.count, (1...(hasDays ? 4 : 3)).contains(numbers.count), numbers.count > halves.count - 1 else { return nil }
        let units = hasDays ? [86_400.0, 3600, 60, 1] : numbers.count == 3 ? [3600, 60, 1] : [60, 1]
        let total = zip(numbers, units).reduce(0) { $0 + $1.0 * $1.1 }
        return total == 0 ? .infinity : (total / 60).rounded(.up) * 60
    }

    /// `mem` of `--mem=2G`.
    private static func name(_ option: String) -> String {
        String(option.drop { $0 == "-" }.prefix { $0 != "=" })
    }

    /// Lines `#SBATCH --...` for what was asked.
    var directives: [String] {
        var words = ["nodes=1", "ntasks=1", "cpus-per-task=\(cpus)"]
        if let partition { words.append("partition=\(partition)") }
        if let time { words.append("time=\(time)") }
        // Of two directives the last one counts.
        words += more.map { String($0.drop { $0 == "-" }) }
        return words.map { word in
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            return parts.count == 2 ? SlurmScript.directive(parts[0], parts[1]) : "#SBATCH --\(word)"
        }
    }
}
