import ArgumentParser
import Core
import Launching

/// Where runs are trained.
enum LauncherName: String, CaseIterable, Choosable {
    /// As processes of this machine.
    case local
    /// As jobs of a cluster.
    case slurm

    static let kind = "launcher"
}

/// How `reproduce` has its runs trained.
struct LauncherOptions: ParsableArguments {
    @Option(choice: "Where the runs are trained, on this machine or as jobs of a Slurm cluster")
    var launcher = LauncherName.local

    @Option(help: ArgumentHelp("Slurm: the partition. Default: the cluster's.", valueName: "name"))
    var partition: String?

    @Option(help: ArgumentHelp(
        "Slurm: the time limit of a job, such as 2:00:00. A run that reaches it is saved and queued again. Default: the partition's.",
        valueName: "limit"))
    var time: String?

    @Option(parsing: .unconditional, help: "Slurm: cores of each run. Default: 1.")
    var cpus: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Slurm: how long before the time limit a run is told to save. Default: 120.", valueName: "seconds"))
    var warning: Int?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Slurm: any other option of sbatch, such as mem=2G or exclusive. Can be repeated.", valueName: "option=value"))
    var slurm: [String] = []

    @Flag(help: "Slurm: stay until all jobs have ended, and show their progress.")
    var wait = false

    @Flag(help: "Slurm: write the job script and submit nothing.")
    var dryRun = false

    func validate() throws {
        if wait, dryRun { throw ValidationError("--wait: with --dry-run there is nothing to wait for") }
        guard launcher == .local else { return }
        let given = [
            ("--partition", partition != nil), ("--time", time != nil), ("--cpus", cpus != nil), ("--warning", warning != nil),
            ("--slurm", !slurm.isEmpty), ("--wait", wait), ("--dry-run", dryRun),
        ]
        if let option = given.first(where: \.1)?.0 { throw ValidationError("\(option) is for --launcher slurm") }
    }

    /// What the jobs ask for. Throws `GaitError.usage`.
    func options(limit: Int?) throws -> SlurmOptions {
        var options = SlurmOptions()
        options.partition = partition
        options.time = time
        options.cpus = cpus ?? options.cpus
        options.warning = warning ?? options.warning
        options.limit = limit
        options.more = slurm
        try options.check()
        return options
    }
}
