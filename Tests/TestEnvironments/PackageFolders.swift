import Foundation

/// The package's folder, found from this source file.
public let packageFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Its models, presets, experiments and recorded numbers.
public let assetsFolder = packageFolder.appendingPathComponent("assets")

/// Recorded numbers to test against: the folder that GAIT_REFERENCE_DIR names, or else the package's own.
public let referenceFolder =
    ProcessInfo.processInfo.environment["GAIT_REFERENCE_DIR"].flatMap { $0.isEmpty ? nil : URL(fileURLWithPath: $0) }
    ?? assetsFolder.appendingPathComponent("reference")
