import ArgumentParser
import Core
import Diagnostics
import Foundation

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compares models, physics, graphs and learning mathematics on this machine with recorded references.",
        discussion: """
            Prints a line for each reference file with the largest error and the tolerance. The exit status is 1 if a file does not agree. A file \
            that was recorded with another version of MuJoCo than this program's may differ, which is shown with the size of the difference.
            """)

    @Option(
        help: ArgumentHelp("Folder of reference files. Default: the variable GAIT_REFERENCE_DIR, or assets/reference.", valueName: "dir"),
        transform: nonEmptyPath)
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
        var all: [VerificationResult] = []
        for part in there {
            let results = part.check()
            results.forEach(show)
            all += results
        }
        guard !all.isEmpty else {
            let expected = ["models", "rollouts"] + parts.dropFirst(engine.count).map(\.name)
            throw GaitError.input(
                "\(folder.path): no recorded case there; a folder with .json files expected, named \(expected.joined(separator: ", "))")
        }
        if engine.isEmpty { Console.note("left out, because this program was built without MuJoCo: models, rollouts") }
        let failures = all.filter { $0.verdict == .fails }.count, others = all.filter { $0.recordedWith != nil }
        if !others.isEmpty {
            let versions = Set(others.compactMap(\.recordedWith)).sorted().joined(separator: ", ")
            let held = others.filter { $0.verdict == .agrees }.count
            Console.note(
                "\(others.count) of \(all.count) cases were recorded with MuJoCo \(versions), and this is \(EngineParts.version): "
                    + "\(held) of them hold here, too"
                    + (others.count < all.count ? ". The remaining \(all.count - others.count) were recorded with this version or do not depend on MuJoCo" : ""))
        }
        let different = all.filter { $0.verdict == .differs }.count
        let rest = different == 0
            ? "all \(all.count) cases agree"
            : "\(all.count - different) of \(all.count) cases agree, \(different) differ by the engine"
        Console.note(failures == 0 ? rest : "\(failures) of \(all.count) cases do not agree")
        if failures > 0 { throw ExitCode(1) }
    }

    private func show(_ result: VerificationResult) {
        if output.json {
            Console.json(Line(
                name: result.name, passed: result.passed, verdict: result.verdict, largestError: result.largestError,
                medianError: result.medianError, tolerance: result.tolerance, recordedWith: result.recordedWith, detail: result.detail))
        } else {
            let error = String(format: "%.1e", result.largestError), tolerance = String(format: "%.0e", result.tolerance)
            let name = result.name.padding(toLength: max(52, result.name.count), withPad: " ", startingAt: 0)
            let verdict = switch result.verdict {
            case .agrees: "ok      "
            case .differs: "differs "
            case .fails: "MISMATCH"
            }
            let median = result.verdict == .agrees ? "" : String(format: ", median error %.1e", result.medianError)
            let other = result.recordedWith.map { "; recorded with MuJoCo \($0)\(median)" }
            print("\(verdict)  \(name)  error \(error)  tolerance \(tolerance)  \(result.detail)\(other ?? "")")
        }
    }

    private struct Line: Encodable {
        var name: String
        var passed: Bool
        var verdict: VerificationResult.Verdict
        var largestError: Double
        var medianError: Double
        var tolerance: Double
        /// Left out where it is this program's version, or MuJoCo has no part in it.
        var recordedWith: String?
        var detail: String
    }
}
