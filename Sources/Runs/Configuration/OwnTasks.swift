import Core
import Environments

/// Tasks of the user's own, to evaluate a trained agent on: from the command line, or from a file.
public enum OwnTasks {
    /// A task from its parameters as in tables, `velocity=2.2` or `force=20 masspole=0.1 lengthpole=0.5`; the text is its name.
    /// Throws `GaitError.usage`.
    public static func task(_ text: String) throws -> TaskDescription {
        func fault(_ what: String) -> GaitError {
            .usage("--task: \(what) in '\(text)'; parameter=number expected, for example velocity=2.2 or 'force=20 masspole=0.1 lengthpole=0.5', lists as goal=[0.3,0.4]")
        }
        var parameters: [String: [Double]] = [:]
        for word in text.split(whereSeparator: \.isWhitespace) {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw fault("'\(word)' is no parameter") }
            let numbers = parts[1].split(whereSeparator: { "[,]".contains($0) }).map { Double($0) }
            guard !numbers.isEmpty, numbers.allSatisfy({ $0?.isFinite == true }) else { throw fault("'\(parts[1])' is no number") }
            guard parameters.updateValue(numbers.compactMap { $0 }, forKey: parts[0]) == nil else { throw fault("'\(parts[0])' appears twice") }
        }
        if parameters.isEmpty { throw fault("nothing") }
        return TaskDescription(name: text, parameters: parameters)
    }

    /// Parameters as `task` reads them: `force=20.0 goal=[0.3,0.4]`.
    static func text(_ parameters: [String: [Double]]) -> String {
        parameters.sorted { $0.key < $1.key }.map { key, values in
            "\(key)=" + (values.count == 1 ? "\(values[0])" : "[\(values.map { "\($0)" }.joined(separator: ","))]")
        }.joined(separator: " ")
    }

    /// The tasks of a YAML file: names, and below each its parameters, numbers or lists of numbers. Throws `ConfigurationError` naming file,
    /// line and key.
    public static func tasks(contentsOf path: String) throws -> [TaskDescription] {
        let value = try ConfigurationValue(contentsOf: path), origin = ConfigurationOrigin.file(path)
        guard !value.fields.isEmpty else {
            throw ConfigurationError(origin: origin, line: value.line, key: "", reason: "names of tasks expected, below each its parameters")
        }
        return try value.fields.map { task in
            guard !task.value.fields.isEmpty else {
                throw ConfigurationError(origin: origin, line: task.value.line, key: task.key, reason: "parameters expected, for example {velocity: 2.2}")
            }
            let parameters = try task.value.fields.map { field -> (String, [Double]) in
                let key = "\(task.key).\(field.key)"
                if case .list = field.value.content { return (field.key, try field.value.decode([Double].self, origin: origin, key: key)) }
                return (field.key, [try field.value.decode(Double.self, origin: origin, key: key)])
            }
            return TaskDescription(name: task.key, parameters: Dictionary(parameters, uniquingKeysWith: { $1 }))
        }
    }
}
