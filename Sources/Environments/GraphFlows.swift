/// How a policy's probability flows over a graph: 1 leaves the start, and what reaches a state leaves it by its actions. Defined for every
/// policy, also for one that was not learned as a flow.
public struct GraphFlows: Sendable, Equatable {
    public struct Edge: Sendable, Equatable {
        public var edge: GraphEdge
        /// Where it leads to.
        public var child: Int
        /// That a trajectory takes it: the probability of coming to its state times that of its action there.
        public var probability: Double
    }

    /// Every edge of the graph, those that leave a state after those that enter it.
    public var edges: [Edge]
    /// Probability of ending in each terminal state, in the order of `EnumeratedGraph.terminals`.
    public var ends: [Double]
}

extension GraphFlows {
    /// The flows of a policy that is one of several, each as likely; at least one, all on the same graph.
    public init(mixing flows: [GraphFlows]) {
        self = flows[0]
        let share = 1 / Double(flows.count)
        for index in edges.indices { edges[index].probability = flows.reduce(0) { $0 + $1.edges[index].probability } * share }
        for index in ends.indices { ends[index] = flows.reduce(0) { $0 + $1.ends[index] } * share }
    }
}

/// Where the states of a graph lie on a board of cells, for pictures of flows.
public struct GraphBoard: Sendable {
    public struct Cell: Sendable, Hashable {
        /// From the left, from 0.
        public var column: Int
        /// From below, from 0.
        public var row: Int

        public init(column: Int, row: Int) {
            self.column = column
            self.row = row
        }
    }

    /// What a colour of cells means.
    public struct KeyEntry: Sendable {
        public var name: String
        public var color: Picture.Color

        public init(_ name: String, _ color: Picture.Color) {
            self.name = name
            self.color = color
        }
    }

    public var columns: Int
    public var rows: Int
    public var key: [KeyEntry]
    /// What the board leaves out, in words; nil where it shows everything.
    public var note: String?
    /// The cell of a state. States that share one are shown together: their flows are summed.
    public var cell: @Sendable (Int) -> Cell
    public var color: @Sendable (Cell) -> Picture.Color

    public init(
        columns: Int, rows: Int, key: [KeyEntry], note: String? = nil, cell: @escaping @Sendable (Int) -> Cell,
        color: @escaping @Sendable (Cell) -> Picture.Color
    ) {
        self.columns = columns
        self.rows = rows
        self.key = key
        self.note = note
        self.cell = cell
        self.color = color
    }
}

/// A family whose environments walk on graphs whose states lie on a board: flows of policies can be drawn.
public protocol BoardFamily: TaskFamily {
    /// The board of a task. Throws `EnvironmentError` where the task is not one of this family.
    func graphBoard(_ task: TaskDescription) throws -> GraphBoard
}
