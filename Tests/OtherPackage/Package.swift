// swift-tools-version: 6.0
import PackageDescription

// A package that depends on a version of Gait, as other packages do. `OtherPackageTests` copies this folder, puts a release of Gait into a
// repository beside it, builds the program and runs it.

let package = Package(
    name: "other",
    dependencies: [.package(url: Context.environment["GAIT_REPOSITORY"] ?? "https://example.org/gait", from: "1.0.0")],
    targets: [
        .executableTarget(
            name: "program",
            dependencies: ["Core", "Environments", "Learning"].map { .product(name: $0, package: "gait") },
            swiftSettings: [.swiftLanguageMode(.v6)])
    ]
)
