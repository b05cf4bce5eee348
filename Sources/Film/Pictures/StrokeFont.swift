import Environments

/// A font of lines and curves for the printable characters of ASCII, drawn for this project. Its unit is the capital letters' height, with y
/// upward from the base line.
package enum StrokeFont {
    /// Width of the lines.
    package static let weight = 0.145

    /// Width of a text.
    package static func width(_ text: String) -> Double {
        let advances = text.map { glyph($0).width + spacing }.reduce(0, +)
        return max(0, advances - spacing)
    }

    /// The lines of a text that begins at 0, each through at least one point.
    package static func lines(_ text: String) -> [[Picture.Point]] {
        var x = 0.0
        var lines: [[Picture.Point]] = []
        for character in text {
            let glyph = glyph(character)
            lines += glyph.lines.map { $0.map { Picture.Point($0.x + x, $0.y) } }
            x += glyph.width + spacing
        }
        return lines
    }

    package struct Glyph: Sendable {
        package var width: Double
        package var lines: [[Picture.Point]]
    }

    /// A character that the font lacks is a box.
    package static func glyph(_ character: Character) -> Glyph { glyphs[character] ?? box }

    private static let spacing = 0.27
    /// Units of the tables below in the height of a capital letter.
    private static let grid = 6.0
    private static let box = glyph(3, "M0 0 L0 6 L3 6 L3 0 L0 0")
    private static let glyphs: [Character: Glyph] =
        (letters.merging(figuresAndSigns) { $1 }).mapValues { glyph($0.width, $0.path) }

    /// Reads a path of moves (M x y), lines (L x y) and quadratic curves (Q control end).
    private static func glyph(_ width: Double, _ path: String) -> Glyph {
        var lines: [[Picture.Point]] = []
        var numbers: [Double] = []
        var command: Character = "M"
        func take() {
            guard numbers.count > 1 else { return }
            let points = stride(from: 0, to: numbers.count - 1, by: 2).map { Picture.Point(numbers[$0] / grid, numbers[$0 + 1] / grid) }
            numbers = []
            guard command != "M", var line = lines.popLast(), let start = line.last else { return lines.append([points[0]]) }
            line += command == "L" ? points : curve(start, points[0], points[1])
            lines.append(line)
        }
        for word in path.split(separator: " ") {
            if let first = word.first, first.isLetter {
                take()
                command = first
                numbers = [Double(word.dropFirst()) ?? 0]
            } else {
                numbers.append(Double(word) ?? 0)
            }
        }
        take()
        return Glyph(width: width / grid, lines: lines)
    }

    private static func curve(_ a: Picture.Point, _ b: Picture.Point, _ c: Picture.Point) -> [Picture.Point] {
        let pieces = 8
        return (1...pieces).map { piece in
            let t = Double(piece) / Double(pieces), u = 1 - t
            return Picture.Point(u * u * a.x + 2 * u * t * b.x + t * t * c.x, u * u * a.y + 2 * u * t * b.y + t * t * c.y)
        }
    }

    private static let bowl = "M0 2.1 Q0 4.2 1.65 4.2 Q3.3 4.2 3.3 2.1 Q3.3 0 1.65 0 Q0 0 0 2.1"

    private static let letters: [Character: (width: Double, path: String)] = [
        "A": (4.4, "M0 0 L2.2 6 L4.4 0 M.75 2 L3.65 2"),
        "B": (4, "M0 0 L0 6 L2.1 6 Q3.7 6 3.7 4.6 Q3.7 3.2 2.1 3.2 L0 3.2 M2.1 3.2 Q4 3.2 4 1.6 Q4 0 2.1 0 L0 0"),
        "C": (4.1, "M4.1 4.8 Q3.5 6 2.2 6 Q0 6 0 3 Q0 0 2.2 0 Q3.5 0 4.1 1.2"),
        "D": (4.2, "M0 0 L0 6 L1.6 6 Q4.2 6 4.2 3 Q4.2 0 1.6 0 L0 0"),
        "E": (3.6, "M3.6 0 L0 0 L0 6 L3.6 6 M0 3.1 L3.1 3.1"),
        "F": (3.5, "M0 0 L0 6 L3.5 6 M0 3.1 L3 3.1"),
        "G": (4.3, "M4.1 4.8 Q3.5 6 2.2 6 Q0 6 0 3 Q0 0 2.2 0 Q4.3 0 4.3 2.2 L4.3 2.8 L2.5 2.8"),
        "H": (4, "M0 0 L0 6 M4 0 L4 6 M0 3.1 L4 3.1"),
        "I": (0, "M0 0 L0 6"),
        "J": (2.7, "M2.7 6 L2.7 1.7 Q2.7 0 1.35 0 Q0 0 0 1.5"),
        "K": (4, "M0 0 L0 6 M3.8 6 L0 2.2 M1.5 3.7 L4 0"),
        "L": (3.4, "M0 6 L0 0 L3.4 0"),
        "M": (4.8, "M0 0 L0 6 L2.4 1.6 L4.8 6 L4.8 0"),
        "N": (4, "M0 0 L0 6 L4 0 L4 6"),
        "O": (4.4, "M0 3 Q0 6 2.2 6 Q4.4 6 4.4 3 Q4.4 0 2.2 0 Q0 0 0 3"),
        "P": (3.9, "M0 0 L0 6 L2.1 6 Q3.9 6 3.9 4.4 Q3.9 2.8 2.1 2.8 L0 2.8"),
        "Q": (4.4, "M0 3 Q0 6 2.2 6 Q4.4 6 4.4 3 Q4.4 0 2.2 0 Q0 0 0 3 M2.8 1.5 L4.4 -.4"),
        "R": (4, "M0 0 L0 6 L2.1 6 Q3.9 6 3.9 4.4 Q3.9 2.8 2.1 2.8 L0 2.8 M2.1 2.8 L4 0"),
        "S": (3.9, "M3.7 4.9 Q3.2 6 2 6 Q.2 6 .2 4.5 Q.2 3.4 2 3 Q3.9 2.6 3.9 1.5 Q3.9 0 2 0 Q.6 0 0 1.2"),
        "T": (4, "M0 6 L4 6 M2 6 L2 0"),
        "U": (4, "M0 6 L0 2.2 Q0 0 2 0 Q4 0 4 2.2 L4 6"),
        "V": (4.4, "M0 6 L2.2 0 L4.4 6"),
        "W": (6, "M0 6 L1.5 0 L3 5.4 L4.5 0 L6 6"),
        "X": (4, "M0 0 L4 6 M0 6 L4 0"),
        "Y": (4.2, "M0 6 L2.1 2.9 L4.2 6 M2.1 2.9 L2.1 0"),
        "Z": (4, "M0 6 L4 6 L0 0 L4 0"),
        "a": (3.3, bowl + " M3.3 4.2 L3.3 0"),
        "b": (3.3, bowl + " M0 6.2 L0 0"),
        "c": (3, "M3 3.3 Q2.6 4.2 1.65 4.2 Q0 4.2 0 2.1 Q0 0 1.65 0 Q2.6 0 3 .9"),
        "d": (3.3, bowl + " M3.3 6.2 L3.3 0"),
        "e": (3.2, "M0 2.2 L3.2 2.2 Q3.2 4.2 1.6 4.2 Q0 4.2 0 2.1 Q0 0 1.7 0 Q2.7 0 3.1 .9"),
        "f": (2.3, "M2.3 6.1 Q.9 6.5 .9 4.9 L.9 0 M0 4.2 L2.1 4.2"),
        "g": (3.3, bowl + " M3.3 4.2 L3.3 -.3 Q3.3 -1.9 1.65 -1.9 Q.6 -1.9 .1 -1.2"),
        "h": (3, "M0 6.2 L0 0 M0 2.4 Q0 4.2 1.6 4.2 Q3 4.2 3 2.6 L3 0"),
        "i": (0, "M0 4.2 L0 0 M0 5.85 L0 6"),
        "j": (0.9, "M.9 4.2 L.9 -.8 Q.9 -1.9 -.2 -1.9 M.9 5.85 L.9 6"),
        "k": (3, "M0 6.2 L0 0 M2.8 4.2 L0 1.5 M1.1 2.55 L3 0"),
        "l": (0.8, "M0 6.2 L0 .9 Q0 0 .8 0"),
        "m": (5, "M0 4.2 L0 0 M0 2.6 Q0 4.2 1.3 4.2 Q2.5 4.2 2.5 2.8 L2.5 0 M2.5 2.6 Q2.5 4.2 3.8 4.2 Q5 4.2 5 2.8 L5 0"),
        "n": (3, "M0 4.2 L0 0 M0 2.4 Q0 4.2 1.6 4.2 Q3 4.2 3 2.6 L3 0"),
        "o": (3.3, bowl),
        "p": (3.3, bowl + " M0 4.2 L0 -1.9"),
        "q": (3.3, bowl + " M3.3 4.2 L3.3 -1.9"),
        "r": (1.9, "M0 4.2 L0 0 M0 2.3 Q0 4.3 1.9 4.1"),
        "s": (2.8, "M2.7 3.4 Q2.4 4.2 1.4 4.2 Q.15 4.2 .15 3.15 Q.15 2.4 1.4 2.1 Q2.8 1.8 2.8 1.05 Q2.8 0 1.4 0 Q.4 0 0 .8"),
        "t": (2.1, "M.9 5.6 L.9 1.2 Q.9 -.1 2.1 .05 M0 4.2 L2 4.2"),
        "u": (3, "M0 4.2 L0 1.6 Q0 0 1.5 0 Q3 0 3 1.8 M3 4.2 L3 0"),
        "v": (3.2, "M0 4.2 L1.6 0 L3.2 4.2"),
        "w": (4.8, "M0 4.2 L1.2 0 L2.4 3.8 L3.6 0 L4.8 4.2"),
        "x": (3, "M0 0 L3 4.2 M0 4.2 L3 0"),
        "y": (3.2, "M0 4.2 L1.6 0 M3.2 4.2 L1.3 -1 Q.9 -1.9 0 -1.9"),
        "z": (2.9, "M0 4.2 L2.9 4.2 L0 0 L2.9 0"),
    ]

    private static let figuresAndSigns: [Character: (width: Double, path: String)] = [
        "0": (3.7, "M0 3 Q0 6 1.85 6 Q3.7 6 3.7 3 Q3.7 0 1.85 0 Q0 0 0 3"),
        "1": (3.7, "M.7 4.6 L2.2 6 L2.2 0"),
        "2": (3.7, "M.2 4.5 Q.4 6 1.9 6 Q3.5 6 3.5 4.5 Q3.5 3.5 2.4 2.4 L0 0 L3.7 0"),
        "3": (3.7, "M.2 4.9 Q.6 6 1.8 6 Q3.4 6 3.4 4.6 Q3.4 3.2 1.5 3.2 Q3.7 3.2 3.7 1.6 Q3.7 0 1.8 0 Q.5 0 0 1.2"),
        "4": (3.7, "M2.8 0 L2.8 6 L0 1.7 L3.7 1.7"),
        "5": (3.7, "M3.4 6 L.6 6 L.2 3.1 Q.9 3.8 1.9 3.8 Q3.7 3.8 3.7 1.9 Q3.7 0 1.8 0 Q.5 0 0 1.1"),
        "6": (3.7, "M3.3 5.1 Q2.9 6 1.95 6 Q0 6 0 2.4 Q0 0 1.9 0 Q3.7 0 3.7 1.85 Q3.7 3.6 1.9 3.6 Q0 3.6 0 1.8"),
        "7": (3.7, "M0 6 L3.7 6 L1.3 0"),
        "8": (
            3.7,
            "M1.85 3.2 Q.3 3.2 .3 4.6 Q.3 6 1.85 6 Q3.4 6 3.4 4.6 Q3.4 3.2 1.85 3.2 Q0 3.2 0 1.6 Q0 0 1.85 0 Q3.7 0 3.7 1.6 Q3.7 3.2 1.85 3.2"
        ),
        "9": (3.7, "M.4 .9 Q.8 0 1.75 0 Q3.7 0 3.7 3.6 Q3.7 6 1.8 6 Q0 6 0 4.15 Q0 2.4 1.8 2.4 Q3.7 2.4 3.7 4.2"),
        " ": (1.3, ""),
        ".": (0, "M0 0 L0 .15"), ",": (0.3, "M.3 .2 L0 -1.1"), ":": (0, "M0 .3 L0 .45 M0 3.3 L0 3.45"),
        ";": (0.3, "M.3 .4 L0 -1.1 M.3 3.3 L.3 3.45"), "!": (0, "M0 6 L0 1.9 M0 0 L0 .15"),
        "?": (3, "M0 4.6 Q.2 6 1.5 6 Q3 6 3 4.6 Q3 3.7 2.1 3 Q1.5 2.5 1.5 1.8 M1.5 0 L1.5 .15"),
        "'": (0, "M0 6.2 L0 4.7"), "\"": (1.3, "M0 6.2 L0 4.7 M1.3 6.2 L1.3 4.7"), "`": (0.9, "M0 6.3 L.9 5.2"),
        "(": (1.3, "M1.3 6.8 Q0 5 0 2.4 Q0 -.2 1.3 -2"), ")": (1.3, "M0 6.8 Q1.3 5 1.3 2.4 Q1.3 -.2 0 -2"),
        "[": (1.2, "M1.2 6.6 L0 6.6 L0 -1.6 L1.2 -1.6"), "]": (1.2, "M0 6.6 L1.2 6.6 L1.2 -1.6 L0 -1.6"),
        "{": (1.7, "M1.7 6.6 Q.7 6.6 .7 5.4 L.7 3.6 Q.7 2.5 0 2.5 Q.7 2.5 .7 1.4 L.7 -.4 Q.7 -1.6 1.7 -1.6"),
        "}": (1.7, "M0 6.6 Q1 6.6 1 5.4 L1 3.6 Q1 2.5 1.7 2.5 Q1 2.5 1 1.4 L1 -.4 Q1 -1.6 0 -1.6"),
        "<": (3.4, "M3.4 5 L0 3 L3.4 1"), ">": (3.4, "M0 5 L3.4 3 L0 1"), "=": (3.6, "M0 3.9 L3.6 3.9 M0 2.1 L3.6 2.1"),
        "+": (3.6, "M0 3 L3.6 3 M1.8 4.8 L1.8 1.2"), "-": (2, "M0 2.4 L2 2.4"), "_": (3.6, "M0 -.9 L3.6 -.9"),
        "*": (2.8, "M1.4 6.2 L1.4 3.2 M0 5.5 L2.8 3.9 M2.8 5.5 L0 3.9"), "/": (2.6, "M0 -.9 L2.6 6.6"), "\\": (2.6, "M0 6.6 L2.6 -.9"),
        "|": (0, "M0 6.8 L0 -1.6"), "~": (3.6, "M0 2.4 Q.2 3.6 1 3.4 L2.6 2.6 Q3.4 2.4 3.6 3.6"), "^": (3, "M0 4.4 L1.5 6.4 L3 4.4"),
        "#": (4, "M1 0 L1.6 6 M2.6 0 L3.2 6 M0 1.9 L4 1.9 M.2 4.1 L4.2 4.1"),
        "%": (5, "M0 4.7 Q0 6 1 6 Q2 6 2 4.7 Q2 3.4 1 3.4 Q0 3.4 0 4.7 M.6 0 L4.4 6 M3 1.3 Q3 2.6 4 2.6 Q5 2.6 5 1.3 Q5 0 4 0 Q3 0 3 1.3"),
        "&": (4.4, "M4.4 0 L1 4 Q.5 4.6 .5 5 Q.5 6 1.6 6 Q2.6 6 2.6 5 Q2.6 4.2 1.5 3.5 Q0 2.7 0 1.5 Q0 0 1.8 0 Q3.8 0 4.2 2.6"),
        "$": (3.9, "M3.7 4.9 Q3.2 6 2 6 Q.2 6 .2 4.5 Q.2 3.4 2 3 Q3.9 2.6 3.9 1.5 Q3.9 0 2 0 Q.6 0 0 1.2 M1.95 6.9 L1.95 -.9"),
        "@": (5.4, "M3.7 3.9 L3.7 2.1 Q3.7 1.1 4.4 1.1 Q5.4 1.1 5.4 3 Q5.4 6 2.7 6 Q0 6 0 2.6 Q0 -.8 2.9 -.8 Q3.8 -.8 4.6 -.3"
            + " M3.7 2.9 Q3.7 4.1 2.7 4.1 Q1.6 4.1 1.6 2.6 Q1.6 1.1 2.6 1.1 Q3.7 1.1 3.7 2.9"),
    ]
}
