// swift-tools-version: 6.0
import PackageDescription

// One target a folder; imports go down only, and only gait imports baselines and families:
//   gait -> Reports -> Launching, Film, Diagnostics -> Runs -> Agents -> Environments, Learning -> Core
//   gait -> Locomotion -> Environments, MuJoCo -> CMuJoCo
//   gait -> families without an engine -> Environments
//   gait -> baselines, Algorithms -> Agents
// Adding a baseline: one folder in baselines/ and one in Tests/, its name in `baselines` below, an import and a line in
// Sources/gait/Registry.swift. `./gait new-baseline NAME` does all of it. Adding a family: the same in Sources/Families and `families`, by
// `./gait new-family NAME`.

let swift: [SwiftSetting] = [.swiftLanguageMode(.v5)]

/// Families without an engine. Each is a folder in Sources/Families and a target with its own tests.
let families: [String] = [
    "ClassicControl",
    "Grids",
]

func familyTargets(_ name: String) -> [Target] {
    [
        .target(name: name, dependencies: ["Core", "Environments"], path: "Sources/Families/\(name)", swiftSettings: swift),
        .testTarget(name: "\(name)Tests", dependencies: ["Core", "Environments", .byName(name: name)], swiftSettings: swift),
    ]
}

/// Each is a folder in baselines/ and a target with its own tests.
let baselines: [String] = [
    "MAMLTRPO",
    "MetaCURE",
    "PEARL",
    "ProMP",
    "RL2",
]

func baselineTargets(_ name: String) -> [Target] {
    [
        .target(
            name: name, dependencies: ["Agents", "Core", "Environments", "Learning"], path: "baselines/\(name)",
            exclude: ["NOTES.md", "README.md"],
            swiftSettings: swift),
        .testTarget(
            name: "\(name)Tests",
            dependencies: ["Agents", "Core", "Environments", "Learning", "TestEnvironments", .byName(name: name)], swiftSettings: swift),
    ]
}

/// What `./gait new-baseline` and `./gait new-family` copy. Their tests show that it works.
let templates: [Target] = [
    .target(
        name: "TemplateFamily", dependencies: ["Core", "Environments"], path: "assets/templates/family", exclude: ["Tests"],
        swiftSettings: swift),
    .testTarget(
        name: "TemplateFamilyTests", dependencies: ["Core", "Environments", "TemplateFamily"], path: "assets/templates/family/Tests",
        swiftSettings: swift),
    .target(
        name: "TemplateBaseline", dependencies: ["Agents", "Core", "Environments", "Learning"], path: "assets/templates/baseline",
        exclude: ["NOTES.md", "README.md", "Tests", "presets.yaml"],
        swiftSettings: swift),
    .testTarget(
        name: "TemplateBaselineTests",
        dependencies: ["Agents", "Core", "Environments", "Learning", "TemplateBaseline", "TestEnvironments"], path: "assets/templates/baseline/Tests",
        swiftSettings: swift),
]

let package = Package(
    name: "gait",
    products: [.executable(name: "gait", targets: ["gait"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        .target(name: "CMuJoCo", linkerSettings: [.linkedLibrary("mujoco")]),
        .target(name: "CKernels", linkerSettings: [.linkedLibrary("dl"), .linkedLibrary("m")]),
        .target(name: "Core", swiftSettings: swift),
        .target(name: "MuJoCo", dependencies: ["CMuJoCo"], swiftSettings: swift),
        .target(name: "Learning", dependencies: ["CKernels", "Core"], exclude: ["README.md"], swiftSettings: swift),
        .target(name: "Environments", dependencies: ["Core"], swiftSettings: swift),
        .target(
            name: "Locomotion", dependencies: ["Core", "Environments", "MuJoCo"], path: "Sources/Families/Locomotion", swiftSettings: swift),
        .target(name: "Agents", dependencies: ["Core", "Environments", "Learning"], swiftSettings: swift),
        .target(
            name: "DeepPMetaRL", dependencies: ["Agents", "Core", "Environments", "Learning"], path: "Sources/Algorithms/DeepPMetaRL",
            exclude: ["NOTES.md", "README.md"], swiftSettings: swift),
        .target(name: "Formats", dependencies: ["Core"], swiftSettings: swift),
        .target(
            name: "Runs", dependencies: ["Agents", "Core", "Environments", "Formats", .product(name: "Yams", package: "Yams")],
            swiftSettings: swift),
        .target(
            name: "Launching", dependencies: ["Agents", "Core", "Environments", "Formats", "Runs"], exclude: ["README.md"], swiftSettings: swift),
        .target(
            name: "Film", dependencies: ["Agents", "Core", "Environments", "Formats", "Runs"], exclude: ["README.md"], swiftSettings: swift),
        .target(name: "EngineFilm", dependencies: ["Core", "Environments", "Film", "Locomotion", "MuJoCo", "Runs"], swiftSettings: swift),
        .target(name: "Diagnostics", dependencies: ["Agents", "Core", "Environments", "Learning", "Runs"], swiftSettings: swift),
        .target(
            name: "EngineDiagnostics", dependencies: ["Agents", "Core", "Diagnostics", "Environments", "Locomotion", "MuJoCo", "Runs"],
            swiftSettings: swift),
        .target(name: "Reports", dependencies: ["Core", "Environments", "Formats", "Runs"], swiftSettings: swift),
        .executableTarget(
            name: "gait",
            dependencies: [
                "Agents", "Core", "DeepPMetaRL", "Diagnostics", "EngineDiagnostics", "EngineFilm", "Environments", "Film", "Formats",
                "Launching", "Learning", "Locomotion", "MuJoCo", "Reports", "Runs",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + (families + baselines).map { .byName(name: $0) },
            exclude: ["README.md"], swiftSettings: swift + [.define("GAIT_MUJOCO")]),
        .testTarget(name: "MuJoCoTests", dependencies: ["MuJoCo"], swiftSettings: swift),
        .testTarget(name: "LearningTests", dependencies: ["Core", "Learning"], swiftSettings: swift),
        .testTarget(name: "EnvironmentsTests", dependencies: ["Core", "Environments"], swiftSettings: swift),
        .testTarget(name: "LocomotionTests", dependencies: ["Core", "Environments", "Locomotion", "MuJoCo"], swiftSettings: swift),
        .target(
            name: "TestEnvironments", dependencies: ["Agents", "Core", "Environments", "Learning"], path: "Tests/TestEnvironments",
            swiftSettings: swift),
        .testTarget(
            name: "AgentsTests", dependencies: ["Agents", "Core", "Environments", "Learning", "TestEnvironments"], swiftSettings: swift),
        .testTarget(
            name: "DeepPMetaRLTests", dependencies: ["Agents", "Core", "DeepPMetaRL", "Environments", "Learning", "TestEnvironments"],
            swiftSettings: swift),
        .testTarget(
            name: "RunsTests",
            dependencies: [
                "Agents", "ClassicControl", "Core", "Diagnostics", "Environments", "Formats", "Grids", "Launching", "Learning", "Runs",
            ], swiftSettings: swift),
        .testTarget(
            name: "FilmTests", dependencies: ["Agents", "ClassicControl", "Core", "Environments", "Film", "Grids", "Runs"], swiftSettings: swift),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "Agents", "Core", "Diagnostics", "EngineDiagnostics", "EngineFilm", "Environments", "Film", "Locomotion", "MuJoCo", "Runs",
            ], swiftSettings: swift),
        .testTarget(name: "ReportsTests", dependencies: ["Core", "Environments", "Formats", "Reports", "Runs"], swiftSettings: swift),
        .testTarget(
            name: "gaitTests",
            dependencies: ["Agents", "Core", "Environments", "Formats", "Launching", "Learning", "Runs", "gait"],
            swiftSettings: swift),
    ] + templates + families.flatMap(familyTargets) + baselines.flatMap(baselineTargets)
)
