import Foundation
import Learning
import Testing

/// How the library behind matrix products is started.
@Suite struct BLASTests {
    /// Programs that this one starts, such as the runs of an experiment, would take what is left behind for their user's choice.
    @Test func theEnvironmentStaysAsItWas() throws {
        try BLAS.open()
        let file = try Data(contentsOf: URL(fileURLWithPath: "/proc/self/environ"))  // as the process began
        func settings(_ lines: [String]) -> [String] { lines.filter { $0.hasPrefix("OPENBLAS_") }.sorted() }
        let before = settings(file.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
        let after = settings(ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" })
        #expect(after == before)
    }

    @Test func itsNameSaysWhoseProductsTheyAre() throws {
        try BLAS.open()
        let name = try Regex("(Gait's own for Zen 4, )?OpenBLAS [0-9.]+[a-z0-9.]* \(BLAS.coreName)")
        #expect(try name.wholeMatch(in: BLAS.name) != nil && !BLAS.coreName.isEmpty, "\(BLAS.name)")
        #expect(BLAS.name.contains("own") == BLAS.usesOwnProducts)
    }
}
