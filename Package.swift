// swift-tools-version: 6.0
import PackageDescription

// One target per layer; imports go down only, and only gait imports baselines:
//   gait -> Reports -> Experiments -> Agents -> Environments, Learning -> MuJoCo -> C
//   gait -> baselines -> Agents
// Adding a baseline: one folder in baselines/ and one in Tests/, its name in `baselines` below, an import and a line in
// Sources/gait/Registry.swift. `./gait new-baseline NAME` does all of it.

/// Kernels are compiled for several processor generations and chosen at run time; -O3 also in debug builds, since a
/// debug build that takes an hour to run its tests is of no use to anybody.
let kernelFlags: [CSetting] = [
    .unsafeFlags(["-O3", "-fno-math-errno", "-fno-trapping-math", "-fassociative-math", "-fno-signed-zeros",
                  "-freciprocal-math", "-ffp-contract=fast"]),
]
let swift: [SwiftSetting] = [.swiftLanguageMode(.v5)]

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
        .target(name: name, dependencies: ["Agents"], path: "baselines/\(name)", exclude: ["README.md"], swiftSettings: swift),
        .testTarget(
            name: "\(name)Tests", dependencies: [.byName(name: name), "TestEnvironments"], swiftSettings: swift),
    ]
}

/// What `./gait new-baseline` copies; its tests see to it that it works.
let template: [Target] = [
    .target(
        name: "TemplateBaseline", dependencies: ["Agents"], path: "assets/templates/baseline", exclude: ["README.md", "Tests"],
        swiftSettings: swift),
    .testTarget(
        name: "TemplateBaselineTests", dependencies: ["TemplateBaseline", "TestEnvironments"], path: "assets/templates/baseline/Tests",
        swiftSettings: swift),
]

let package = Package(
    name: "gait",
    products: [.executable(name: "gait", targets: ["gait"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        .target(name: "CMuJoCo", cSettings: [.unsafeFlags(["-O2"])], linkerSettings: [.linkedLibrary("mujoco")]),
        .target(name: "CKernels", cSettings: kernelFlags, linkerSettings: [.linkedLibrary("dl"), .linkedLibrary("m")]),
        .target(name: "MuJoCo", dependencies: ["CMuJoCo"], swiftSettings: swift),
        .target(name: "Learning", dependencies: ["CKernels"], swiftSettings: swift),
        .target(name: "Environments", dependencies: ["MuJoCo"], swiftSettings: swift),
        .target(
            name: "Agents", dependencies: ["Environments", "Learning"], exclude: ["PMetaRL/README.md"], swiftSettings: swift),
        .target(
            name: "Experiments",
            dependencies: ["Agents", .product(name: "Yams", package: "Yams"), .product(name: "Logging", package: "swift-log")],
            swiftSettings: swift),
        .target(name: "Reports", dependencies: ["Experiments"], swiftSettings: swift),
        .executableTarget(
            name: "gait",
            dependencies: [
                "Reports", "Experiments", "Agents",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + baselines.map { .byName(name: $0) },
            swiftSettings: swift),
        .testTarget(name: "MuJoCoTests", dependencies: ["MuJoCo"], swiftSettings: swift),
        .testTarget(name: "LearningTests", dependencies: ["Learning"], swiftSettings: swift),
        .testTarget(name: "EnvironmentsTests", dependencies: ["Environments"], swiftSettings: swift),
        .target(name: "TestEnvironments", dependencies: ["Agents"], path: "Tests/TestEnvironments", swiftSettings: swift),
        .testTarget(name: "AgentsTests", dependencies: ["Agents", "TestEnvironments"], swiftSettings: swift),
        .testTarget(name: "ExperimentsTests", dependencies: ["Experiments"], swiftSettings: swift),
        .testTarget(name: "ReportsTests", dependencies: ["Reports"], swiftSettings: swift),
        .testTarget(name: "gaitTests", dependencies: ["gait", "Experiments", "Agents"], swiftSettings: swift),
    ] + template + baselines.flatMap(baselineTargets)
)
