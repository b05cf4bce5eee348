import Environments
import Foundation
import Learning

/// Compares the agents' learning mathematics with recorded numbers: one result for each file of a reference's `learning` folder.
public enum LearningVerification {
    /// In float32, against references recorded in float64.
    public static let tolerance = 1e-4
    /// Of what is computed in float64.
    public static let exactTolerance = 1e-10

    /// Checks every `.json` file of `folder`, by name. A folder without any is one failed result.
    public static func run(folder: URL, families: [any TaskFamily] = []) -> [VerificationResult] {
        let files: [URL]
        do { files = try ReferenceFile.files(in: folder) } catch { return [failed("learning", "\(error)")] }
        do { try BLAS.open() } catch { return files.map { failed(name(of: $0), "\(error)") } }
        return files.map { check($0, families: families) }
    }

    /// - Parameter families: those whose environments a case may name.
    public static func check(_ file: URL, families: [any TaskFamily] = []) -> VerificationResult {
        let name = name(of: file)
        guard let known = cases.first(where: { file.deletingPathExtension().lastPathComponent.hasPrefix($0.prefix) }) else {
            return failed(name, "the case is unknown: known ones start with \(cases.map(\.prefix).joined(separator: ", "))")
        }
        do {
            var comparison = LearningComparison()
            var content = try LearningCaseFile(contentsOf: file)
            content.families = families
            try known.check(content, &comparison)
            return VerificationResult(name: name, largestError: comparison.largest, tolerance: known.tolerance, detail: comparison.place)
        } catch {
            return failed(name, "\(file.lastPathComponent) \(error)")
        }
    }

    private typealias Check = @Sendable (LearningCaseFile, inout LearningComparison) throws -> Void
    /// Chosen by the beginning of a file's name, so that more files of a kind can be added.
    private static let cases: [(prefix: String, check: Check, tolerance: Double)] = [
        ("belief_loss", LearningCases.beliefLoss, tolerance),
        ("belief_policy", LearningCases.beliefPolicy, tolerance),
        ("discrete_update", LearningCases.discreteUpdate, tolerance),
        ("dqn_proximal", LearningCases.dqnProximal, tolerance),
        ("flow_matching", LearningCases.flowMatching, tolerance),
        ("gae", LearningCases.advantages, tolerance),
        ("gaussian_posterior", LearningCases.gaussianPosterior, tolerance),
        ("gru", LearningCases.gatedRecurrentUnit, tolerance),
        ("latent_update", LearningCases.latentUpdate, tolerance),
        ("linear_baseline", LearningCases.linearBaseline, tolerance),
        ("maml_second_order", LearningCases.secondOrder, tolerance),
        ("meta_objective", LearningCases.metaObjective, tolerance),
        ("mlp_mse", LearningCases.regression, tolerance),
        ("pmeta_update", LearningCases.pMetaUpdate, tolerance),
        ("recurrent_policy", LearningCases.recurrentPolicy, tolerance),
        ("sac_update", LearningCases.softActorCritic, tolerance),
        ("tabular_round", LearningCases.tabularRound, exactTolerance),
        ("tanh_gaussian", LearningCases.tanhGaussian, tolerance),
    ]

    private static func name(of file: URL) -> String { "learning/\(file.lastPathComponent)" }
    private static func failed(_ name: String, _ reason: String) -> VerificationResult {
        VerificationResult(name: name, largestError: .infinity, tolerance: tolerance, detail: reason)
    }
}
