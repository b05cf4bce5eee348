import Agents
import ArgumentParser
import Core
import Environments
import Runs

/// An enumeration whose words are given on the command line. The words come into help, completions and errors by themselves, and an error names
/// the nearest one.
protocol Choosable: RawRepresentable, CaseIterable, Sendable where RawValue == String {
    /// What an error calls a word: `preset`.
    static var kind: String { get }
    static var kinds: String { get }
}

extension Choosable {
    static var kinds: String { kind + "s" }
    static var words: [String] { allCases.map(\.rawValue) }

    @Sendable static func choose(_ text: String) throws -> Self {
        guard let value = Self(rawValue: text) else {
            throw ValidationError(unknownNameMessage(kind: kind, plural: kinds, name: text, known: words))
        }
        return value
    }

    /// `Size of the run: quick, laptop, long or paper (default: laptop).`
    static func help(_ text: String, default other: String) -> ArgumentHelp {
        "\(text): \(words.dropLast().joined(separator: ", ")) or \(words.last ?? "") (default: \(other))."
    }
}

extension Option where Value: Choosable {
    /// An option with a default: `@Option(choice: "Size of the run") var preset = Preset.quick`.
    init(wrappedValue: Value, choice help: String) {
        self.init(
            wrappedValue: wrappedValue, help: Value.help(help, default: wrappedValue.rawValue), completion: .list(Value.words),
            transform: Value.choose)
    }
}

extension Option {
    /// An option that may be left out; `default` says what that means.
    init<T: Choosable>(name: NameSpecification = .long, choice help: String, default other: String) where Value == T? {
        self.init(name: name, help: T.help(help, default: other), completion: .list(T.words), transform: T.choose)
    }
}

extension Argument {
    /// An argument that may be left out; `default` says what that means.
    init<T: Choosable>(choice help: String, default other: String) where Value == T? {
        self.init(help: T.help(help, default: other), completion: .list(T.words), transform: T.choose)
    }
}

extension Preset: Choosable { static let kind = "preset" }
extension TaskSet: Choosable { static let kind = "task set" }
