import CMuJoCo

/// Values read from the simulations of a batch, one row for each simulation. The caller owns it and passes it to every call, so
/// that stepping allocates nothing.
public struct Readout: Sendable {
    /// [count, nq]
    public var positions: [Double]
    /// [count, nv]
    public var velocities: [Double]
    /// [count, 3]: where the body `Layout.body` is, as the last substep left it (mjData.xpos lags the integrated positions
    /// by one substep; no forward pass is added).
    public var bodyPositions: [Double]
    /// [count]: contact forces and torques on all bodies (mjData.cfrc_ext), clipped, squared, summed. Zero where the layout
    /// doesn't ask for them.
    public var contactSquares: [Double]
    /// [count]: one `Outcome` raw value each.
    public var outcomes: [UInt8]

    /// Zeros, for a batch of `count` simulations of models of these sizes.
    public init(model: Model, count: Int) {
        positions = Array(repeating: 0, count: count * model.positionCount)
        velocities = Array(repeating: 0, count: count * model.velocityCount)
        bodyPositions = Array(repeating: 0, count: count * 3)
        contactSquares = Array(repeating: 0, count: count)
        outcomes = Array(repeating: Outcome.stable.rawValue, count: count)
    }

    /// Which numbers of a model are read.
    public struct Layout: Sendable {
        /// Index of the body whose position is read.
        public var body: Int
        /// Where set, contact forces are computed after the last substep (mj_rnePostConstraint) and clipped to plus or minus
        /// this many N or N m.
        public var contactClip: Double?
        public init(body: Int, contactClip: Double? = nil) {
            self.body = body
            self.contactClip = contactClip
        }
    }

    /// The outcome of a step for one simulation.
    public enum Outcome: UInt8, Sendable {
        case stable = 0
        /// MuJoCo's bad-state warnings, or a state that is not finite. MuJoCo has reset the simulation by itself.
        case unstable = 1
        /// MuJoCo reported an error.
        case failed = 2
    }
}

extension Readout {
    /// Calls `body` with the C shim's view of these arrays, valid within the call only. `substeps` [count, frame skip, nq]
    /// takes the positions of each substep where there is one.
    mutating func withPointers<Result>(
        _ layout: Layout, substeps: UnsafeMutablePointer<Double>? = nil, _ body: (UnsafePointer<GaitReadout>, UnsafeMutablePointer<UInt8>) -> Result
    ) -> Result {
        positions.withUnsafeMutableBufferPointer { positions in
            velocities.withUnsafeMutableBufferPointer { velocities in
                bodyPositions.withUnsafeMutableBufferPointer { bodyPositions in
                    contactSquares.withUnsafeMutableBufferPointer { squares in
                        outcomes.withUnsafeMutableBufferPointer { outcomes in
                            var view = GaitReadout(
                                positions: positions.baseAddress, velocities: velocities.baseAddress,
                                body: Int32(layout.body), body_positions: bodyPositions.baseAddress,
                                contact_squares: layout.contactClip == nil ? nil : squares.baseAddress,
                                contact_clip: layout.contactClip ?? 0, substep_positions: substeps)
                            return body(&view, outcomes.baseAddress!)
                        }
                    }
                }
            }
        }
    }
}
