/// Words as a shell reads them, for commands to be copied: those with blanks or other special characters in single quotes.
public func shellText(_ words: [String]) -> String { words.map(shellWord).joined(separator: " ") }

/// One word: `runs/fig4`, `'my runs/fig4'`.
public func shellWord(_ word: String) -> String {
    let isPlain = !word.isEmpty && word.unicodeScalars.allSatisfy {
        $0.value > 127 && !$0.properties.isWhitespace || $0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_.,:=+/@%".unicodeScalars.contains($0)
    }
    return isPlain ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
