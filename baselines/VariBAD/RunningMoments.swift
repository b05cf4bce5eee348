import Core
import Foundation
import Learning

/// Mean and variance of each column of all rows seen so far, from batches (Chan et al. 1979), to shift and scale by.
public struct RunningMoments: Stateful, Sendable {
    public private(set) var mean, variance: [Double]
    private var count = 1e-4

    /// Mean 0 and variance 1 of a ten-thousandth of a row: the first batch replaces them.
    public init(columns: Int) {
        mean = Array(repeating: 0, count: columns)
        variance = Array(repeating: 1, count: columns)
    }

    /// Takes rows in, row-major.
    public mutating func update(_ rows: [Float]) {
        let columns = mean.count, added = rows.count / columns
        guard added > 0 else { return }
        for column in 0..<columns {
            var sum = 0.0, squares = 0.0
            for row in 0..<added { sum += Double(rows[row * columns + column]) }
            let batchMean = sum / Double(added)
            for row in 0..<added { squares += pow(Double(rows[row * columns + column]) - batchMean, 2) }
            let total = count + Double(added), distance = batchMean - mean[column]
            variance[column] = (variance[column] * count + squares + distance * distance * count * Double(added) / total) / total
            mean[column] += distance * Double(added) / total
        }
        count += Double(added)
    }

    /// (x - mean) / sqrt(variance + 1e-8), for rows [rows, columns].
    public func normalized(_ rows: Tensor) -> Tensor {
        let shift = Tensor(mean.map(Float.init), shape: [mean.count])
        let scale = Tensor(variance.map { Float(1 / ($0 + 1e-8).squareRoot()) }, shape: [mean.count])
        return (rows - shift) * scale
    }

    public mutating func codeState(_ coder: StateCoder) throws {
        let columns = mean.count
        try coder.doubles("mean", &mean, count: columns, areFinite: true)
        try coder.doubles("variance", &variance, count: columns, areFinite: true)
        try coder.double("count", &count)
        guard variance.allSatisfy({ $0 >= 0 }), count > 0, count.isFinite else { throw coder.invalid("variance", "no negative number expected") }
    }
}
