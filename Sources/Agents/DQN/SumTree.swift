/// Weights of numbered entries, drawn in proportion to them: a complete binary tree in which every node is the sum of its two children.
///
/// Every sum is computed from its children anew when one of them changes, so that a tree depends on its weights only, not on the order in
/// which they came: a restored one has the same bits. Setting a weight and finding an entry are O(log capacity). Its memory doubles when an entry is
/// set that lies beyond it; nothing else allocates.
public struct SumTree: Sendable {
    /// Entries that have room, numbered from 0.
    public let capacity: Int
    /// Leaves that have memory, a power of two: the first of them is `nodes[leaves]`, the root is `nodes[1]`. The others have the weight 0, so that
    /// more leaves change no sum.
    private var leaves: Int
    private var nodes: [Double]

    /// All weights are 0.
    public init(capacity: Int) {
        precondition(capacity > 0, "a tree of at least one entry")
        self.capacity = capacity
        leaves = 1
        nodes = [0, 0]
    }

    /// Makes room for the first `count` entries: the tree becomes the left half of one twice as large.
    private mutating func reserve(_ count: Int) {
        while leaves < count {
            var larger = Array(repeating: 0.0, count: 4 * leaves)
            var first = 1
            while first <= leaves {  // the nodes of one level, from the root's
                for node in 0..<first { larger[2 * first + node] = nodes[first + node] }
                first *= 2
            }
            larger[1] = nodes[1]
            nodes = larger
            leaves *= 2
        }
    }

    /// Sum of all weights.
    public var total: Double { nodes[1] }

    /// The weight of an entry: finite and at least 0.
    public subscript(index: Int) -> Double {
        get {
            precondition(0 <= index && index < capacity, "entry \(index) of a tree of \(capacity)")
            return index < leaves ? nodes[leaves + index] : 0
        }
        set {
            precondition(0 <= index && index < capacity, "entry \(index) of a tree of \(capacity)")
            reserve(index + 1)
            var node = leaves + index
            nodes[node] = newValue
            while node > 1 {
                node /= 2
                nodes[node] = nodes[2 * node] + nodes[2 * node + 1]
            }
        }
    }

    /// Sets the weights of the entries 0, 1, ... in O(capacity).
    public mutating func fill(_ weights: [Double]) {
        precondition(weights.count <= capacity, "\(weights.count) weights in a tree of \(capacity)")
        reserve(weights.count)
        for index in 0..<leaves { nodes[leaves + index] = index < weights.count ? weights[index] : 0 }
        for node in stride(from: leaves - 1, to: 0, by: -1) { nodes[node] = nodes[2 * node] + nodes[2 * node + 1] }
    }

    /// The entry in which `position`, in 0..<`total`, lies when the weights are put one after another. Never an entry of weight 0 as long as
    /// another has more.
    public func index(at position: Double) -> Int {
        var position = position, node = 1
        while node < leaves {
            node *= 2
            // A rounded position may lie behind everything: it belongs to the last entry that has a weight.
            if position >= nodes[node], nodes[node + 1] > 0 {
                position -= nodes[node]
                node += 1
            }
        }
        return node - leaves
    }
}
