import Agents
import ArgumentParser
import Core
import Foundation
import Learning
import Runs

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Shows what this machine has, what is missing and how to install it.",
        discussion: "The exit status is 1 if something that training needs is missing.")

    @OptionGroup var output: OutputOptions

    func run() throws {
        let findings = Self.examine()
        for finding in findings {
            if output.json { Console.json(finding) }
        }
        if !output.json {
            Console.table(findings.map { finding in
                let mark = finding.found ? "ok" : finding.needed ? "MISSING" : "missing"
                return [mark, finding.name, finding.detail + (finding.remedy.map { "; install it with: \($0)" } ?? "")]
            })
        }
        if findings.contains(where: { $0.needed && !$0.found }) { throw ExitCode(1) }
    }

    private static func examine() -> [Finding] {
        [
            Finding(name: "gait", found: true, needed: true, detail: "\(Gait.build), Swift \(Versions.compiler)"),
            Finding(name: "system", found: true, needed: true, detail: Versions.operatingSystem()),
            Finding(name: "C library", found: true, needed: true, detail: cLibrary),
            Finding(name: "processor", found: true, needed: true, detail: processor),
            Finding(name: "memory", found: true, needed: true, detail: memory),
            blas, assets, presets,
        ] + EngineParts.findings + [
            .program("ffmpeg", for: "writes videos", package: "ffmpeg"),
            .program("rsvg-convert", for: "writes a report's figures as PNG", package: "librsvg2-bin"),
        ]
    }

    private static var cLibrary: String {
        let file = RunningProgram.library(containing: "libc.so") ?? RunningProgram.library(containing: "libc-") ?? "unknown file"
        return "\(Versions.cLibrary()) (\(file))"
    }

    private static var processor: String {
        let own = AvailableResources.own, cores = "\(own.cores) core\(own.cores == 1 ? "" : "s")"
        let bfloat16 = Precision.bfloat16.obstacle == nil ? Precision.bfloat16Unit : nil
        let model = Versions.processorModel(), slow = Precision.caution(bfloat16, processor: model) == nil ? "" : ", slower than in float32"
        return "\(model), \(cores)" + (own.coresLimit.map { " of \(own.machineCores) (\($0))" } ?? "")
            + (bfloat16.map { ", products in bfloat16 (\($0.rawValue)\(slow))" } ?? ", no products in bfloat16" + (Precision.wish.map { " (GAIT_BFLOAT16 is '\($0)')" } ?? ""))
    }

    private static var memory: String {
        func gigabytes(_ bytes: UInt64) -> String { String(format: "%.1f", Double(bytes) / Double(1 << 30)) }
        let own = AvailableResources.own
        return "\(gigabytes(own.memory)) GiB" + (own.memoryLimit.map { " of \(gigabytes(own.machineMemory)) (\($0))" } ?? "")
    }

    private static var blas: Finding {
        do {
            try BLAS.open()
            let library = RunningProgram.library(containing: "openblas").map { " (\($0))" } ?? ""
            let own = BLAS.usesOwnProducts ? "; large products in Gait's own kernels" : ""
            return Finding(name: "BLAS", found: true, needed: true, detail: "\(BLAS.configuration)\(library), kernels \(BLAS.coreName)\(own)")
        } catch {
            return Finding(name: "BLAS", found: false, needed: true, detail: "\(error)", remedy: Finding.install("libopenblas-dev"))
        }
    }

    private static var assets: Finding {
        do {
            return Finding(name: "assets", found: true, needed: true, detail: try AssetsFolder.find())
        } catch {
            return Finding(name: "assets", found: false, needed: true, detail: "\(error)")
        }
    }

    /// Whether every agent's settings are right at every preset on every family.
    private static var presets: Finding {
        let registry = Registry.withoutAssets
        do {
            for agent in registry.agents {
                for preset in Preset.allCases {
                    for family in registry.families.map(\.name) + ["default"] { _ = try agent.settings(preset: preset, family: family) }
                }
            }
            let without = registry.agents.filter { $0.presets?.isThere != true }.map(\.name)
            let detail = without.isEmpty ? "settings of \(registry.agents.count) agents"
                : "no file in assets/presets for \(without.joined(separator: ", ")): every preset has the defaults"
            return Finding(name: "presets", found: true, needed: true, detail: detail)
        } catch {
            return Finding(name: "presets", found: false, needed: true, detail: "\(error)")
        }
    }
}
