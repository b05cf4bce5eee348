import Agents
import ArgumentParser
import Core
import Diagnostics
import Environments
import Foundation
import Learning
import MuJoCo
import Reports
import Runs

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Throughput of this machine.",
        discussion: """
            physics/FAMILY: environment steps, beside raw/FAMILY, a bare mj_step loop. sac-update: gradient updates at the sizes of the \
            paper's Table III. collection/FAMILY: share of physics in an on-policy agent's collecting. pearl/gradient-step: PEARL's, on \
            batches of four tasks, and its share of the rate of matrix products. train/AGENT/FAMILY: updates of a whole training step; \
            train-steps/AGENT/FAMILY: its environment steps; ten seconds and more for an agent on a family. render/FAMILY: frames, \
            beside render-raw/FAMILY, a bare loop of drawing and reading; only where there is OpenGL, or when asked for.
            """)

    enum Part: String, CaseIterable {
        case physics, learning, train, render
    }

    @Argument(help: "physics, learning, train or render; all of them unless told.", transform: { try Choice.one($0, kind: "benchmark") as Part })
    var part: Part?

    @Option(parsing: .unconditional, help: "Most threads of the learning benchmark; all cores unless told.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: "Agent that train measures; repeated for several, all of them unless told.")
    var agent: [String] = []

    @Option(help: "Family that physics, train and render measure; repeated for several, all of them unless told.")
    var family: [String] = []

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if threads < 1 { throw ValidationError("--threads: at least 1 expected, found \(threads)") }
    }

    func run() throws {
        let workplace = try Workplace()
        let agents = agent.isEmpty ? workplace.registry.agents : try agent.map(workplace.registry.agent(named:))
        let families = family.isEmpty ? workplace.registry.families : try family.map(workplace.registry.family(named:))
        try BLAS.open()
        for part in part.map({ [$0] }) ?? Part.allCases {
            switch part {
            case .physics:
                for family in families { try PhysicsBenchmark.run(families: [family]).forEach(show) }
            case .learning:
                let counts = Set([1, threads]).sorted()
                for count in counts { show(SACBenchmark.sacUpdate(threads: count)) }
                try LearningBenchmark.run(threads: counts).forEach(show)
            case .train:
                if let ant = families.first(where: { $0.name == "ant-fwd-back" }) {
                    show(try CollectionBenchmark.run(family: ant))
                    if agents.contains(where: { $0.name == "pearl" }) { try PEARLBenchmark.run(family: ant).forEach(show) }
                }
                for agent in agents {
                    for family in families { try train(agent, family).forEach(show) }
                }
            case .render:
                if self.part == nil, (try? Renderer.findOpenGL()) == nil { break }
                for family in families { try RenderBenchmark.run(families: [family]).forEach(show) }
            }
        }
    }

    /// A whole training step at the paper's sizes, one thread; a few environment steps before the first update only.
    private func train(_ entry: AgentEntry, _ family: any TaskFamily) throws -> [BenchmarkResult] {
        let settings = try entry.settings(preset: .paper, family: family.name)
        let problem = Problem(
            environment: family.description, trainTasks: family.tasks(.train, seed: RunRequest.standardTaskSeed),
            budget: TrainingBudget(1_000_000_000, entry.budgetUnit), threads: 1, makeEnvironment: { try family.makeEnvironment($0, copies: $1) })
        let agent = try entry.make(problem: problem, settings: settings, random: RandomStreams(seed: 0))
        return try TrainingBenchmark.run(agent, name: entry.name, family: family.name, threads: 1)
    }

    private func show(_ result: BenchmarkResult) {
        if output.json { return Console.json(result) }
        let name = result.name.padding(toLength: max(40, result.name.count), withPad: " ", startingAt: 0)
        print("\(name)  \(result.threads) thread\(result.threads == 1 ? " " : "s")  \(Console.number(result.value)) \(result.unit)")
    }
}
