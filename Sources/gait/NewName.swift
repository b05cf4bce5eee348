import Core

/// What a new baseline or family is called: `MyAgent` in code, `my-agent` in commands.
struct NewName: Equatable {
    /// UpperCamelCase: the target, the folder and the type.
    let type: String
    /// kebab-case.
    let command: String

    /// Reads `my-agent`, `my_agent`, `MyAgent` or `MAMLTrpo`. Throws `GaitError.usage` for other texts.
    init(_ text: String) throws {
        func refuse(_ reason: String) -> GaitError {
            .usage("'\(text)' is not a valid name: \(reason); a name like 'my-agent' or 'MyAgent' expected")
        }
        let isSeparator: (Character) -> Bool = { $0 == "-" || $0 == "_" }
        guard text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) || isSeparator($0) }) else {
            throw refuse("only letters, digits, '-' and '_' are allowed")
        }
        guard text.first?.isLetter == true else { throw refuse("it does not begin with a letter") }
        guard text.last.map(isSeparator) == false else { throw refuse("it ends with a separator") }
        guard (2...40).contains(text.count) else { throw refuse("it has \(text.count) characters, 2 to 40 expected") }
        let words = text.split(whereSeparator: isSeparator).flatMap { Self.words(Array($0)) }
        type = text.split(whereSeparator: isSeparator).map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        command = words.map { $0.lowercased() }.joined(separator: "-")
    }

    /// `MAMLTrpo` is two words, `RL2` one.
    private static func words(_ text: [Character]) -> [String] {
        var words = [""]
        for (i, character) in text.enumerated() {
            let afterSmall = i > 0 && character.isUppercase && !text[i - 1].isUppercase
            let lastOfRow = i > 0 && character.isUppercase && text[i - 1].isUppercase && i + 1 < text.count && text[i + 1].isLowercase
            if afterSmall || lastOfRow { words.append("") }
            words[words.count - 1].append(character)
        }
        return words
    }
}
