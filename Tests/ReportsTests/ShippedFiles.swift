import Foundation
import Reports
import Runs
import TestEnvironments

extension Report {
    /// With the page's own files.
    init(_ runs: [RunRecord], claims: [ExperimentClaims] = []) {
        do { self.init(runs, claims: claims, page: try PageFiles(assets: assetsFolder.path)) } catch { fatalError("\(error)") }
    }

    /// With the claims of Figure 4's experiment.
    static func figure4(_ runs: [RunRecord]) -> Report {
        do {
            return Report(runs, claims: [try ExperimentClaims(contentsOf: assetsFolder.path + "/experiments/fig4.yaml")])
        } catch { fatalError("\(error)") }
    }

    /// With the claims of the experiments that the runs belong to.
    static func claimed(_ runs: [RunRecord]) throws -> Report {
        Report(runs, claims: try ReportInput.claims([], runs, assets: assetsFolder.path))
    }
}
