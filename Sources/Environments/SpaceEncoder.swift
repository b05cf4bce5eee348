/// Turns rows of a space into rows of a network's input: a box stays as it is, a discrete choice becomes a one-hot vector, several choices
/// become their one-hot vectors side by side.
///
///     let encoder = SpaceEncoder(.multiDiscrete(counts: [4, 12]))
///     encoder.columns                 // 16
///     encoder.encode(rows, into: &input)
public struct SpaceEncoder: Sendable, Equatable {
    public let space: Space
    /// Columns of the network's input.
    public let columns: Int
    /// Choices of each column of the space; empty for a box.
    private let counts: [Int]

    public init(_ space: Space) {
        self.space = space
        switch space {
        case .box(let size, _, _): (counts, columns) = ([], size)
        case .discrete(let count): (counts, columns) = ([count], count)
        case .multiDiscrete(let counts): (self.counts, columns) = (counts, counts.reduce(0, +))
        }
    }

    /// Encodes rows [count, space columns] into [count, `columns`]; `output` is made that long. O(output); allocates only where `output`
    /// is shorter. Every discrete value must be one of its space.
    public func encode(_ rows: [Float], into output: inout [Float]) {
        let width = space.columns, count = rows.count / width
        precondition(rows.count == count * width, "rows must be [count, space columns]")
        if output.count != count * columns { output = Array(repeating: 0, count: count * columns) }
        guard !counts.isEmpty else {
            for index in rows.indices { output[index] = rows[index] }
            return
        }
        for index in output.indices { output[index] = 0 }
        for row in 0..<count {
            var start = row * columns
            for (column, choices) in counts.enumerated() {
                let choice = Int(rows[row * width + column])
                precondition((0..<choices).contains(choice), "\(choice) is not one of \(choices) choices")
                output[start + choice] = 1
                start += choices
            }
        }
    }

    /// The same in a new array.
    public func encoded(_ rows: [Float]) -> [Float] {
        var output: [Float] = []
        encode(rows, into: &output)
        return output
    }
}
