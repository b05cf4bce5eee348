import CKernels
import Core

/// Memory of a tensor, taken from and returned to the thread's pool of buffers.
///
/// Sendable on the terms of `Tensor`: its own two numbers never change, and the elements that they point to are written by one thread
/// at a time. A buffer may be returned by another thread than the one that took it.
final class Storage: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Float>
    let count: Int

    init(count: Int) {
        self.count = count
        pointer = gk_buffer_take(count)
    }
    deinit { gk_buffer_return(pointer, count) }

    /// Used where a graph needs a tensor's shape and history, but not its elements.
    static let none = Storage(count: 0)
}

/// An array of float32 with up to three axes, row-major, that remembers how it was computed.
///
///     let w = Tensor.normal([4, 2], using: &stream).trainableCopy()
///     let loss = (matmul(x, w) - y).squared().mean()
///     let g = gradients(of: loss, withRespectTo: [w])[0]
///
/// Copies share memory, as in PyTorch: the in-place functions (`copy(from:)`, optimizers) are seen by all of them. A tensor is
/// used by one thread at a time, except that any number of threads may read one that none writes.
public struct Tensor: @unchecked Sendable {
    var storage: Storage
    let offset: Int
    let dimensions: Shape
    var node: Node?

    init(storage: Storage, offset: Int = 0, dimensions: Shape, node: Node? = nil) {
        self.storage = storage
        self.offset = offset
        self.dimensions = dimensions
        self.node = node
    }
    init(uninitialized dimensions: Shape) {
        self.init(storage: Storage(count: dimensions.count), dimensions: dimensions)
    }
}

// MARK: Making tensors

extension Tensor {
    public init(_ values: [Float], shape: [Int]) {
        self.init(uninitialized: Shape(shape))
        precondition(values.count == count, "shape \(shape) does not hold \(values.count) values")
        values.withUnsafeBufferPointer { if let from = $0.baseAddress { pointer.update(from: from, count: count) } }
    }
    /// A rank 0 tensor.
    public init(_ scalar: Float) {
        self.init(uninitialized: .scalar)
        pointer[0] = scalar
    }
    public static func full(_ value: Float, _ shape: [Int]) -> Tensor { full(value, Shape(shape)) }
    public static func zeros(_ shape: [Int]) -> Tensor { full(0, Shape(shape)) }
    public static func ones(_ shape: [Int]) -> Tensor { full(1, Shape(shape)) }
    /// Contents undefined until written.
    public static func uninitialized(_ shape: [Int]) -> Tensor { Tensor(uninitialized: Shape(shape)) }

    static func full(_ value: Float, _ dimensions: Shape) -> Tensor {
        let result = Tensor(uninitialized: dimensions)
        gk_fill(result.pointer, value, result.count)
        return result
    }

    /// Independent N(0, 1) numbers.
    public static func normal(_ shape: [Int], using stream: inout RandomStream) -> Tensor {
        let result = Tensor(uninitialized: Shape(shape))
        stream.withUnsafeMutableWords { gk_fill_normal($0, result.pointer, result.count) }
        return result
    }
    /// Independent uniform numbers; the upper bound itself only comes up by rounding.
    public static func uniform(_ shape: [Int], in range: ClosedRange<Float>, using stream: inout RandomStream) -> Tensor {
        let result = Tensor(uninitialized: Shape(shape))
        stream.withUnsafeMutableWords {
            gk_fill_uniform($0, range.lowerBound, range.upperBound, result.pointer, result.count)
        }
        return result
    }
}

// MARK: Reading and writing

extension Tensor {
    var pointer: UnsafeMutablePointer<Float> { storage.pointer + offset }

    public var shape: [Int] { dimensions.array }
    public var rank: Int { dimensions.rank }
    public var count: Int { dimensions.count }
    /// Product of all axes but the last: 1 for a vector.
    public var rows: Int { dimensions.rows }
    /// Size of the last axis.
    public var columns: Int { dimensions.columns }

    public var array: [Float] { withUnsafeBufferPointer { Array($0) } }
    /// The element of a tensor that has only one.
    public var scalar: Float {
        precondition(count == 1, "a tensor of shape \(shape) is not one number")
        return pointer[0]
    }

    public func withUnsafeBufferPointer<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
        try withExtendedLifetime(storage) { try body(UnsafeBufferPointer(start: pointer, count: count)) }
    }
    /// Writes go to the memory that all copies of this tensor share.
    public func withUnsafeMutableBufferPointer<R>(_ body: (UnsafeMutableBufferPointer<Float>) throws -> R) rethrows -> R {
        try withExtendedLifetime(storage) { try body(UnsafeMutableBufferPointer(start: pointer, count: count)) }
    }

    /// Overwrites the elements in place; all copies see it.
    public func copy(from other: Tensor) {
        precondition(dimensions == other.dimensions, "shape \(other.shape) can't be copied into \(shape)")
        pointer.update(from: other.pointer, count: count)
    }
    public func copy(from values: [Float]) {
        precondition(values.count == count, "\(values.count) values can't be copied into shape \(shape)")
        values.withUnsafeBufferPointer { if let from = $0.baseAddress { pointer.update(from: from, count: count) } }
    }

    public var requiresGradient: Bool { node != nil }

    // Three ways to take a tensor out of the computation that made it:
    //
    //                   memory   gradients
    // trainableCopy()   its own  can be taken with respect to it
    // copied()          its own  none
    // detached()        shared   none

    /// The same numbers in memory of its own, as a parameter to differentiate with respect to.
    public func trainableCopy() -> Tensor {
        let result = copied()
        return Tensor(storage: result.storage, dimensions: dimensions, node: Node())
    }
    /// The same memory, without history: what is written to one is seen by both.
    public func detached() -> Tensor { Tensor(storage: storage, offset: offset, dimensions: dimensions) }
    /// A copy with its own memory and no history.
    public func copied() -> Tensor {
        let result = Tensor(uninitialized: dimensions)
        result.pointer.update(from: pointer, count: count)
        return result
    }

    /// Shape and history only, for rules that don't need the numbers.
    var hollow: Tensor { Tensor(storage: .none, dimensions: dimensions, node: node) }

    /// This tensor's memory if nothing else refers to it, otherwise new memory of the same size. A result that replaces this
    /// tensor can be written there.
    mutating func reusableMemory() -> Tensor {
        isKnownUniquelyReferenced(&storage) ? detached() : Tensor(uninitialized: dimensions)
    }
}

extension Tensor: CustomStringConvertible {
    public var description: String {
        let shown = array.prefix(8).map { "\($0)" }.joined(separator: ", ")
        return "Tensor\(shape) [\(shown)\(count > 8 ? ", ..." : "")]"
    }
}
