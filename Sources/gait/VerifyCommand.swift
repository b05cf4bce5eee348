import ArgumentParser
import Core
import Diagnostics
import Foundation

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compares models, physics, graphs and learning mathematics on this machine with recorded references.",
        discussion: "Prints a line for each reference file with the largest error and the tolerance. The exit status is 1 if a file does not agree.")

    @Option(help: ArgumentHelp("Folder of reference files. Default: the variable GAIT_REFERENCE_DIR, or assets/reference.", valueName: "dir"))
    var reference: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let workplace = try Workplace()
        let named = ProcessInfo.processInfo.environment["GAIT_REFERENCE_DIR"].flatMap { $0.isEmpty ? nil : $0 }
        let folder = URL(fileURLWithPath: reference ?? named ?? workplace.assets + "/reference")
        let families = try workplace.registry.allFamilies()
        let engine = EngineParts.verification(reference: folder, assets: workplace.registry.assets, families: families)
        let parts: [(name: String, check: () -> [VerificationResult])] = engine + [
            ("transitions", { TransitionVerification.run(reference: folder, families: families) }),
            ("graphs", { GraphVerification.run(reference: folder, families: families) }),
            ("learning", { LearningVerification.run(folder: folder.appendingPathComponent("learning"), families: families) }),
        ]
        let there = parts.filter { FileManager.default.fileExists(atPath: folder.appendingPathComponent($0.name).path) }
        var count = 0, failures = 0
        for part in there {
            let results = part.check()
            results.forEach(show)
            count += results.count
            failures += results.filter { !$0.passed }.count
        }
        guard count > 0 else {
            let expected = ["models", "rollouts"] + parts.dropFirst(engine.count).map(\.name)
            throw GaitError.input(
                "\(folder.path): no recorded case there; a folder with .json files expected, named \(expected.joined(separator: ", "))")
        }
        if engine.isEmpty { Console.note("left out, because this program was built without MuJoCo: models, rollouts") }
        Console.note(failures == 0 ? "all \(count) cases agree" : "\(failures) of \(count) cases do not agree")
        if failures > 0 { throw ExitCode(1) }
    }

    private func show(_ result: VerificationResult) {
        if output.json {
            Console.json(Line(
                name: result.name, passed: result.passed, largestError: result.largestError, tolerance: result.tolerance,
                detail: result.detail))
        } else {
            let error = String(format: "%.1e", result.largestError), tolerance = String(format: "%.0e", result.tolerance)
            let name = result.name.padding(toLength: max(52, result.name.count), withPad: " ", startingAt: 0)
            print("\(result.passed ? "ok      " : "MISMATCH")  \(name)  error \(error)  tolerance \(tolerance)  \(result.detail)")
        }
    }

    private struct Line: Encodable {
        var name: String
        var passed: Bool
        var largestError: Double
        var tolerance: Double
        var detail: String
    }
}
