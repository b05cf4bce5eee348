/// The sizes of a tensor along up to three axes, stored without an array.
struct Shape: Equatable {
    private(set) var rank: Int
    private var sizes: (Int, Int, Int)

    init(_ sizes: [Int]) {
        precondition(sizes.count <= 3, "tensors have up to three axes, not \(sizes.count)")
        precondition(sizes.allSatisfy { $0 >= 0 }, "a tensor's sizes are not negative: \(sizes)")
        rank = sizes.count
        self.sizes = (rank > 0 ? sizes[0] : 1, rank > 1 ? sizes[1] : 1, rank > 2 ? sizes[2] : 1)
    }
    init(rank: Int, _ a: Int = 1, _ b: Int = 1, _ c: Int = 1) {
        self.rank = rank
        sizes = (a, b, c)
    }
    static let scalar = Shape(rank: 0)
    static func matrix(_ rows: Int, _ columns: Int) -> Shape { Shape(rank: 2, rows, columns) }

    subscript(axis: Int) -> Int {
        get { axis == 0 ? sizes.0 : axis == 1 ? sizes.1 : sizes.2 }
        set {
            switch axis {
            case 0: sizes.0 = newValue
            case 1: sizes.1 = newValue
            default: sizes.2 = newValue
            }
        }
    }
    var count: Int { sizes.0 * sizes.1 * sizes.2 }
    /// Size of the last axis.
    var columns: Int { rank == 0 ? 1 : self[rank - 1] }
    /// Product of all axes but the last.
    var rows: Int { rank < 2 ? 1 : rank == 2 ? sizes.0 : sizes.0 * sizes.1 }
    var array: [Int] { Array([sizes.0, sizes.1, sizes.2][..<rank]) }

    static func == (a: Shape, b: Shape) -> Bool {
        a.rank == b.rank && a.sizes.0 == b.sizes.0 && a.sizes.1 == b.sizes.1 && a.sizes.2 == b.sizes.2
    }

    /// The same sizes without `axis`, or with 1 there.
    func removing(axis: Int, keeping: Bool) -> Shape {
        var result = array
        if keeping { result[axis] = 1 } else { result.remove(at: axis) }
        return Shape(result)
    }

    /// The last axis replaced.
    func withColumns(_ columns: Int) -> Shape {
        precondition(rank > 0, "a scalar has no columns")
        var result = self
        result[rank - 1] = columns
        return result
    }

    /// NumPy's rule: axes are aligned at the last one, and each pair is equal or one of them is 1.
    static func broadcast(_ a: Shape, _ b: Shape) -> Shape {
        if a == b { return a }
        let rank = max(a.rank, b.rank)
        var result = Shape(rank: rank)
        for axis in 0..<rank {
            let x = a.sizeAligned(axis, rank), y = b.sizeAligned(axis, rank)
            precondition(x == y || x == 1 || y == 1, "shapes \(a.array) and \(b.array) do not broadcast")
            result[axis] = x == 1 ? y : x
        }
        return result
    }

    /// Size on `axis` of this shape seen as one of `rank` axes.
    func sizeAligned(_ axis: Int, _ rank: Int) -> Int {
        let own = axis - (rank - self.rank)
        return own < 0 ? 1 : self[own]
    }
}
