import Agents
import ArgumentParser
import Core
import Diagnostics
import Environments
import Film
import Foundation
import Learning
import Programs
import Reports
import Runs

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measures the speed of this machine.",
        discussion: """
            Sources/Learning/README.md explains each benchmark. `train` takes at least ten seconds for each agent and family. Without an \
            argument, `render` is left out on machines without OpenGL.
            """)

    enum Part: String, Choosable {
        static let kind = "benchmark"
        case physics, learning, train, render, channel
    }

    @Argument(choice: "What to measure", default: "everything")
    var part: Part?

    @Option(parsing: .unconditional, help: "Largest number of threads for the learning benchmark.")
    var threads = AvailableResources.own.cores

    @Option(help: "Agent for train. Can be repeated (default: all agents).")
    var agent: [String] = []

    @Option(help: "Family for physics, train and render. Can be repeated (default: all families).")
    var family: [String] = []

    @Option(
        help: """
            Precision of large products: float32 or bfloat16. Can be repeated (default: float32, and where the processor has it beside it \
            bfloat16 for sac-update, pearl/gradient-step and agents on ant-fwd-back).
            """,
        transform: Precision.choose)
    var precision: [Precision] = []

    @OptionGroup var output: OutputOptions

    func validate() throws {
        let cores = AvailableResources.own.cores
        // More would take turns, and each would be measured as if it had a core to itself.
        if !(1...cores).contains(threads) { throw ValidationError("--threads: 1 to \(cores) expected, the cores of this machine, found \(threads)") }
    }

    func run() throws {
        let workplace = try Workplace()
        let agents = agent.isEmpty ? workplace.registry.agents : try agent.map(workplace.registry.agent(named:))
        let families = try family.isEmpty ? workplace.registry.allFamilies() : family.map { try workplace.registry.family(named: $0) }
        try BLAS.open()
        for precision in precision { try precision.requireAvailable() }
        let all = precision.isEmpty ? Precision.allCases.filter(\.isAvailable) : precision
        let first = precision.isEmpty ? [.float32] : precision
        for part in part.map({ [$0] }) ?? Part.allCases {
            switch part {
            case .physics:
                for family in families {
                    let results = try EngineParts.benchmarkPhysics(family)
                    try (results.isEmpty ? SteppingBenchmark.run(family: family) : results).forEach(show)
                }
            case .learning:
                let counts = Set([1, threads]).sorted()
                for count in counts {
                    for precision in all { show(SACBenchmark.sacUpdate(threads: count, precision: precision)) }
                }
                try LearningBenchmark.run(threads: counts).forEach(show)
            case .train:
                if let ant = families.first(where: { $0.name == "ant-fwd-back" }) {
                    try EngineParts.benchmarkCollecting(ant).forEach(show)
                    if let pearl = agents.first(where: { $0.name == "pearl" }) {
                        for precision in all { try PEARLBenchmark.run(pearl, family: ant, precision: precision).forEach(show) }
                    }
                }
                for agent in agents {
                    for family in families {
                        // Not every agent can act in every family; that is an error only where both were asked for.
                        do {
                            let precisions = family.name == "ant-fwd-back" ? all : first
                            for precision in try agent.hasPrecision ? precisions : [.float32] {
                                try train(agent, family, precision).forEach(show)
                            }
                        } catch is UnsupportedSpace where self.family.isEmpty || self.agent.isEmpty { continue }
                    }
                }
            case .channel:
                // Only robots take long enough to compare with.
                guard let family = families.first(where: { $0.name == "half-cheetah-dir" }) else { continue }
                for copies in [1, 10] {
                    let result = try ChannelBenchmark.run(family: family, program: RunningProgram.starter ?? "gait", copies: copies)
                    let name = "channel/\(family.name)-\(copies)"
                    show(BenchmarkResult(name: name, threads: 1, value: result.added, unit: "us added to a step"))
                    show(BenchmarkResult(name: name, threads: 1, value: 100 * result.share, unit: "% of a step"))
                }
            case .render:
                for family in families {
                    if let rate = try PictureBenchmark.framesPerSecond(family) {
                        show(BenchmarkResult(name: "render/\(family.name)", threads: 1, value: rate, unit: "frames/s"))
                    } else if self.part != nil || EngineParts.canDraw {
                        try EngineParts.benchmarkDrawing(family).forEach(show)
                    }
                }
            }
        }
    }

    /// A whole training step at the paper's sizes, one thread; a few environment steps before the first update only.
    private func train(_ entry: AgentEntry, _ family: any TaskFamily, _ precision: Precision) throws -> [BenchmarkResult] {
        let overrides = precision == .float32 ? [] : [try SettingOverride(option: "precision=\(precision.rawValue)")]
        let settings = try entry.settings(preset: .paper, family: family.name, overrides: overrides)
        let problem = Problem(
            environment: family.description, trainTasks: try family.tasks(.train, seed: RunRequest.standardTaskSeed),
            budget: TrainingBudget(1_000_000_000, entry.budgetUnits[0]), threads: 1, makeEnvironment: { try family.makeEnvironment($0, copies: $1) })
        let agent = try entry.make(problem: problem, settings: settings, random: RandomStreams(seed: 0))
        return try TrainingBenchmark.run(agent, name: entry.name, family: family.name + precision.benchmarkSuffix, threads: 1)
    }

    private func show(_ result: BenchmarkResult) {
        if output.json { return Console.json(result) }
        let name = result.name.padding(toLength: max(40, result.name.count), withPad: " ", startingAt: 0)
        print("\(name)  \(result.threads) thread\(result.threads == 1 ? " " : "s")  \(Console.number(result.value)) \(result.unit)")
    }
}

extension Precision: Choosable { static let kind = "precision" }
