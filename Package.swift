// swift-tools-version: 6.0
import Foundation
import PackageDescription

// One target a folder. Imports go down only, and only gait imports families, baselines and algorithms, but for Diagnostics, which
// checks the very code that they train with:
//   gait -> Studies -> Reports
//   gait -> Programs -> Runs
//   gait -> Reports -> Launching, Film, Diagnostics -> Runs -> Agents -> Environments, Learning -> Core
//   gait -> EngineFilm, EngineDiagnostics -> Locomotion -> Environments, MuJoCo -> CMuJoCo
//   gait -> families without an engine -> Environments
//   gait, Diagnostics -> baselines, Algorithms -> Agents
// Adding a baseline: one folder in baselines/ and one in Tests/, its name in `baselines` below, an import and a line in
// Sources/gait/Registry.swift. `./gait new-baseline NAME` does all of it. Adding a family: the same in Sources/Families and `families`, by
// `./gait new-family NAME`.

/// Whether MuJoCo and everything that needs it is built. With GAIT_ENGINE=none it isn't, and MuJoCo need not be installed.
let hasEngine: Bool = switch Context.environment["GAIT_ENGINE"] ?? "mujoco" {
case "mujoco": true
case "none": false
case let other: unknownEngine(other)
}

func unknownEngine(_ name: String) -> Never {
    FileHandle.standardError.write(Data("GAIT_ENGINE is '\(name)'; it can be 'mujoco' (the default) or 'none'\n".utf8))
    exit(64)
}

/// The folder of another MuJoCo than the system's, laid out as `gait` prepares it (Sources/CMuJoCo/ENGINES.md); nil: the system's.
let engineRoot: String? = Context.environment["MUJOCO_ROOT"].flatMap { $0.isEmpty || !hasEngine ? nil : URL(fileURLWithPath: $0).path }
for file in ["include/mujoco/mujoco.h", "lib/libmujoco.so"] {
    guard let engineRoot, !FileManager.default.fileExists(atPath: "\(engineRoot)/\(file)") else { continue }
    let advice = "`MUJOCO_ROOT=\(engineRoot) ./gait` accepts other layouts, such as that of PyPI's package"
    FileHandle.standardError.write(Data("MUJOCO_ROOT is '\(engineRoot)', and there is no \(file); \(advice)\n".utf8))
    exit(64)
}

/// Every target is checked for data races; there are no exceptions.
let swift: [SwiftSetting] = [.swiftLanguageMode(.v6)] + (engineRoot.map { [.unsafeFlags(["-Xcc", "-I\($0)/include"])] } ?? [])

/// Families without an engine. Each is a folder in Sources/Families/ and a target with its own tests.
let families: [String] = [
    "ClassicControl",
    "Grids",
    "Navigation",
]

/// Each is a folder in baselines/ and a target with its own tests.
let baselines: [String] = [
    "DQN",
    "GFlowNet",
    "MAMLTRPO",
    "MetaCURE",
    "PEARL",
    "PPO",
    "ProMP",
    "RL2",
    "SACPerTask",
    "VariBAD",
]

func library(
    _ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil, exclude: [String] = [], swift: [SwiftSetting] = swift
) -> Target {
    .target(name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: swift)
}

func tests(of name: String, _ dependencies: [Target.Dependency], path: String? = nil, swift: [SwiftSetting] = swift) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: dependencies, path: path, swiftSettings: swift)
}

func familyTargets(_ name: String) -> [Target] {
    [
        library(name, ["Core", "Environments"], path: "Sources/Families/\(name)"),
        tests(of: name, ["Core", "Environments", "TestEnvironments", .byName(name: name)]),
    ]
}

func baselineTargets(_ name: String) -> [Target] {
    [
        library(name, ["Agents", "Core", "Environments", "Learning"], path: "baselines/\(name)", exclude: ["NOTES.md", "README.md"]),
        tests(of: name, ["Agents", "Core", "Environments", "Grids", "Learning", "TestEnvironments", .byName(name: name)]),
    ]
}

/// What `./gait new-baseline` and `./gait new-family` copy. Their tests show that it works.
let templates: [Target] = [
    library("TemplateFamily", ["Core", "Environments"], path: "assets/templates/family", exclude: ["Tests"]),
    tests(of: "TemplateFamily", ["Core", "Environments", "TemplateFamily"], path: "assets/templates/family/Tests"),
    library(
        "TemplateBaseline", ["Agents", "Core", "Environments", "Learning"], path: "assets/templates/baseline",
        exclude: ["NOTES.md", "README.md", "Tests", "presets.yaml"]),
    tests(
        of: "TemplateBaseline", ["Agents", "Core", "Environments", "Learning", "TemplateBaseline", "TestEnvironments"],
        path: "assets/templates/baseline/Tests"),
]

let libraries: [Target] = [
    library("Core"),
    .target(name: "CKernels", linkerSettings: [.linkedLibrary("dl"), .linkedLibrary("m")]),
    library("Learning", ["CKernels", "Core"], exclude: ["README.md"]),
    library("Environments", ["Core"]),
    library("Agents", ["Core", "Environments", "Learning"]),
    library(
        "DeepPMetaRL", ["Agents", "Core", "Environments", "Learning"], path: "Sources/Algorithms/DeepPMetaRL",
        exclude: ["NOTES.md", "README.md"]),
    library(
        "TabularPMetaRL", ["Agents", "Core", "Environments"], path: "Sources/Algorithms/TabularPMetaRL", exclude: ["NOTES.md", "README.md"]),
    library(
        "DQNPMetaRL", ["Agents", "Core", "Environments", "Learning"], path: "Sources/Algorithms/DQNPMetaRL",
        exclude: ["NOTES.md", "README.md"]),
    library(
        "PGFlowMeta", ["Agents", "Core", "Environments", "Learning"], path: "Sources/Algorithms/PGFlowMeta", exclude: ["NOTES.md", "README.md"]),
    library("Formats", ["Core"]),
    library("Runs", ["Agents", "Core", "Environments", "Formats", "Learning", .product(name: "Yams", package: "Yams")]),
    library("Programs", ["Agents", "Core", "Environments", "Formats", "Runs"], exclude: ["PROTOCOL.md"]),
    library("Launching", ["Agents", "Core", "Formats", "Runs"], exclude: ["README.md", "SLURM.md", "preemption.svg"]),
    library("Film", ["Agents", "Core", "Environments", "Formats", "Runs"], exclude: ["README.md"]),
    library(
        "Diagnostics",
        [
            "Agents", "Core", "DQNPMetaRL", "DeepPMetaRL", "Environments", "Learning", "MAMLTRPO", "ProMP", "RL2", "Runs", "TabularPMetaRL",
            "VariBAD",
        ]),
    library("Reports", ["Core", "Environments", "Formats", "Runs"]),
    library("Studies", ["Agents", "ClassicControl", "Core", "Environments", "Formats", "Reports", "Runs", "TabularPMetaRL"]),
    library("TestEnvironments", ["Agents", "Core", "Environments", "Learning"], path: "Tests/TestEnvironments"),
    // An agent and a family in another program, for tests.
    .executableTarget(name: "TestProgram", dependencies: ["Programs"], path: "Tests/TestProgram", swiftSettings: swift),
    tests(of: "Learning", ["Core", "Learning"]),
    tests(of: "Environments", ["Core", "Environments"]),
    tests(of: "Agents", ["Agents", "Core", "Environments", "Learning", "TestEnvironments"]),
    tests(of: "DQNPMetaRL", ["Agents", "Core", "DQNPMetaRL", "Environments", "Learning", "TestEnvironments"]),
    tests(of: "DeepPMetaRL", ["Agents", "Core", "DeepPMetaRL", "Environments", "Learning", "TestEnvironments"]),
    tests(of: "PGFlowMeta", ["Agents", "Core", "Environments", "GFlowNet", "Grids", "Learning", "PGFlowMeta", "TestEnvironments"]),
    tests(of: "TabularPMetaRL", ["Agents", "Core", "Environments", "Grids", "TabularPMetaRL", "TestEnvironments"]),
    tests(
        of: "Runs",
        [
            "Agents", "ClassicControl", "Core", "Diagnostics", "Environments", "Formats", "Grids", "Launching", "Learning", "Navigation",
            "Runs", "TestEnvironments",
        ]),
    tests(of: "Film", ["Agents", "ClassicControl", "Core", "Environments", "Film", "Grids", "Runs", "TestEnvironments"]),
    tests(of: "Studies", ["Core", "Environments", "Grids", "Reports", "Runs", "Studies"]),
    tests(of: "Reports", ["Core", "Environments", "Formats", "Reports", "Runs", "TestEnvironments"]),
]

/// MuJoCo and what needs it.
let engine: [Target] = [
    .target(
        name: "CMuJoCo", exclude: ["ENGINES.md"], cSettings: engineRoot.map { [.unsafeFlags(["-I\($0)/include"])] },
        linkerSettings: (engineRoot.map { [.unsafeFlags(["-L\($0)/lib", "-Xlinker", "-rpath", "-Xlinker", "\($0)/lib"])] } ?? [])
            + [.linkedLibrary("mujoco")]),
    library("MuJoCo", ["CMuJoCo"]),
    library("Locomotion", ["Core", "Environments", "MuJoCo"], path: "Sources/Families/Locomotion"),
    library("EngineFilm", ["Core", "Environments", "Film", "Locomotion", "MuJoCo", "Runs"]),
    library("EngineDiagnostics", ["Agents", "Core", "Diagnostics", "Environments", "Locomotion", "MuJoCo", "Runs"]),
    tests(of: "MuJoCo", ["MuJoCo", "TestEnvironments"]),
    tests(of: "Locomotion", ["Core", "Environments", "Locomotion", "MuJoCo", "TestEnvironments"]),
    tests(
        of: "Engine",
        [
            "Agents", "Core", "Diagnostics", "EngineDiagnostics", "EngineFilm", "Environments", "Film", "Locomotion", "MuJoCo", "Runs",
            "TestEnvironments",
        ]),
]

let program: [Target] = [
    .executableTarget(
        name: "gait",
        dependencies: [
            "Agents", "Core", "DQNPMetaRL", "DeepPMetaRL", "Diagnostics", "Environments", "Film", "Formats", "Launching", "Learning",
            "PGFlowMeta", "Programs", "Reports", "Runs", "Studies", "TabularPMetaRL",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ] + (families + baselines + (hasEngine ? ["EngineDiagnostics", "EngineFilm", "Locomotion", "MuJoCo"] : [])).map { .byName(name: $0) },
        exclude: ["BUNDLE.md", "README.md"],
        swiftSettings: swift + (hasEngine ? [.define("GAIT_MUJOCO")] : [])),
    tests(
        of: "gait",
        ["Agents", "Core", "Environments", "Learning", "Programs", "Runs", "TemplateFamily", "TestEnvironments", "TestProgram", "gait"],
        swift: swift + (hasEngine ? [.define("GAIT_MUJOCO")] : [])),
]

/// What other packages can use.
let products = ["Core", "Learning", "Environments", "Agents", "Formats", "Runs"] + families + [
    "DQNPMetaRL", "DeepPMetaRL", "PGFlowMeta", "TabularPMetaRL",
] + baselines
    + (hasEngine ? ["MuJoCo", "Locomotion"] : [])

let package = Package(
    name: "gait",
    products: [.executable(name: "gait", targets: ["gait"])] + products.map { .library(name: $0, targets: [$0]) },
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: libraries + families.flatMap(familyTargets) + baselines.flatMap(baselineTargets) + templates + (hasEngine ? engine : []) + program
)
