import Diagnostics
import Foundation
import Locomotion
import MuJoCo

/// Compares the project's model files with the compiled constants recorded in `models/*.json`.
public enum ModelVerification {
    /// Relative; numbers smaller than `smallest` are compared as if they were this large.
    public static let tolerance = 1e-9
    static let smallest = 1e-3

    /// One result for every JSON file in `reference`/models. A file is the record of the model it is named after, or whose
    /// name it begins with (`ant_v2.json` is one of `ant`).
    public static func run(reference: URL, models: ModelLibrary) -> [VerificationResult] {
        .ofFiles(in: reference.appendingPathComponent("models"), tolerance: tolerance) { try compare($0, with: model(of: $0, in: models)) }
    }

    private static func model(of file: ReferenceFile, in models: ModelLibrary) throws -> Model {
        let candidates = models.names.filter { file.stem == $0 || file.stem.hasPrefix($0 + "_") || file.stem.hasPrefix($0 + "-") }
        // If the folder is missing, asking for the stem itself gives the right error.
        return try models.compile(candidates.max { $0.count < $1.count } ?? file.stem)
    }

    /// Every array, size and option of the record; names are the project's own, and MuJoCo's version only says what a difference means.
    private static func compare(_ file: ReferenceFile, with model: Model) throws -> Comparison {
        var comparison = Comparison()
        comparison.floor = smallest
        comparison.recordedWith = try file.otherEngine()
        for key in file.content.keys.sorted() where !key.hasSuffix("_names") && key != "mujoco_version" {
            guard let found = try? model.values(key) else {
                throw ReferenceError("\(file.url.path): '\(key)' is not an array of a MuJoCo model")
            }
            let expected = try file.numbers(key)
            if quaternionKeys.contains(key), found.count == expected.count {
                comparison.compare(aligned(found, with: expected), expected, key)
            } else {
                comparison.compare(found, expected, key)
            }
        }
        return comparison
    }

    private static let quaternionKeys: Set<String> = ["body_quat", "body_iquat", "geom_quat"]

    /// `found` with the signs of `expected`, because the quaternions q and -q are the same rotation.
    private static func aligned(_ found: [Double], with expected: [Double]) -> [Double] {
        var result = found
        for start in stride(from: 0, to: found.count - 3, by: 4) {
            let dot = (0..<4).reduce(0.0) { $0 + found[start + $1] * expected[start + $1] }
            if dot < 0 { for i in start..<start + 4 { result[i] = -result[i] } }
        }
        return result
    }
}

extension ReferenceFile {
    /// The version of MuJoCo that the file was recorded with, where it says one and it is another than this program's.
    func otherEngine() throws -> String? {
        guard content["mujoco_version"] != nil else { return nil }
        guard let number = Int(exactly: try number("mujoco_version")), number > 0 else {
            throw ReferenceError("\(url.path): 'mujoco_version' must be a whole number, such as 222 for 2.2.2")
        }
        let recorded = Engine.version(ofNumber: number)
        return recorded == Engine.version ? nil : recorded
    }
}
