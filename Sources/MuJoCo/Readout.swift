import CMuJoCo

/// What is read out of the simulations of a batch, one row each; the caller owns it and hands it in again and again.
public struct Readout: Sendable {
    /// [count, nq]
    public var positions: [Double]
    /// [count, nv]
    public var velocities: [Double]
    /// [count, layout.width]: what the layout asks for, in its order, as the last substep left it (places and sensors lag the integrated
    /// positions by one substep; no forward pass is added).
    public var readings: [Double]
    /// [count]: contact forces and torques on all bodies (mjData.cfrc_ext), clipped, squared, summed. Zero where the layout
    /// doesn't ask for them.
    public var contactSquares: [Double]
    /// [count]: one `Outcome` raw value each.
    public var outcomes: [UInt8]

    /// Zeros, for a batch of `count` simulations of models of these sizes, read by `layout`.
    public init(model: Model, count: Int, layout: Layout = Layout()) {
        positions = Array(repeating: 0, count: count * model.positionCount)
        velocities = Array(repeating: 0, count: count * model.velocityCount)
        readings = Array(repeating: 0, count: count * layout.width)
        contactSquares = Array(repeating: 0, count: count)
        outcomes = Array(repeating: Outcome.stable.rawValue, count: count)
    }

    /// Which numbers of a model are read, besides positions and velocities.
    ///
    ///     var layout = Readout.Layout()
    ///     let torso = try layout.add(.bodyPosition, named: "torso", of: model)     // 0..<3
    ///
    /// Names are looked up when they are added; reading costs one copy of memory a part.
    public struct Layout: Sendable {
        fileprivate var parts: [GaitPart] = []
        /// Numbers in a row of `Readout.readings`.
        public private(set) var width = 0
        /// Where set, contact forces are computed after the last substep (mj_rnePostConstraint) and clipped to plus or minus
        /// this many N or N m.
        public var contactClip: Double?

        /// Nothing but positions and velocities.
        public init(contactClip: Double? = nil) { self.contactClip = contactClip }

        /// Reads a named quantity, too. Returns where it is in a row of `Readout.readings`. Throws `EngineError.unknown` where the model
        /// has no element of this name.
        public mutating func add(_ quantity: Quantity, named name: String, of model: Model) throws -> Range<Int> {
            let part = try model.part(quantity, named: name)
            parts.append(part)
            width += Int(part.count)
            return width - Int(part.count)..<width
        }

        /// Reads all numbers of a table, too. Returns where they are in a row of `Readout.readings`.
        public mutating func add(_ table: Table, of model: Model) -> Range<Int> {
            let part = model.part(table)
            parts.append(part)
            width += Int(part.count)
            return width - Int(part.count)..<width
        }
    }

    /// What is read whole, for all bodies or degrees of freedom of a model. The world is the first body.
    public enum Table: Sendable {
        /// Each body's centre of mass in the world, x, y and z in m (xipos).
        case bodyCenters
        /// Each body's inertia about the centre of mass of its whole robot: 10 numbers, six of the matrix, mass times offset, mass (cinert).
        case bodyInertias
        /// Each body's velocity about the same centre: 3 numbers of rotation, rad/s, 3 of translation, m/s (cvel).
        case bodyVelocities
        /// The actuators' force or torque on each degree of freedom, N or N m (qfrc_actuator).
        case actuatorForces
        /// Contact torque and force on each body, 3 and 3 numbers, N m and N (cfrc_ext), computed after the last substep
        /// (mj_rnePostConstraint).
        case contactForces
    }

    /// What can be read by name.
    public enum Quantity: Sendable {
        /// Where a body's frame is in the world, x, y and z in m (xpos).
        case bodyPosition
        /// Where a site is in the world, x, y and z in m (site_xpos).
        case sitePosition
        /// All numbers of a sensor (sensordata).
        case sensor
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

extension Model {
    /// Where a named quantity is in mjData.
    func part(_ quantity: Readout.Quantity, named name: String) throws -> GaitPart {
        switch quantity {
        case .bodyPosition:
            return GaitPart(array: Int32(GAIT_MJ_BODY_POSITION), start: Int32(3 * (try index(of: .body, named: name))), count: 3)
        case .sitePosition:
            return GaitPart(array: Int32(GAIT_MJ_SITE_POSITION), start: Int32(3 * (try index(of: .site, named: name))), count: 3)
        case .sensor:
            let sensor = try index(of: .sensor, named: name)
            return GaitPart(
                array: Int32(GAIT_MJ_SENSOR), start: pointer.pointee.sensor_adr[sensor], count: pointer.pointee.sensor_dim[sensor])
        }
    }
}

extension Model {
    /// Where a table is in mjData.
    func part(_ table: Readout.Table) -> GaitPart {
        func part(_ array: Int, _ count: Int) -> GaitPart { GaitPart(array: Int32(array), start: 0, count: Int32(count)) }
        return switch table {
        case .bodyCenters: part(Int(GAIT_MJ_BODY_CENTER), 3 * bodyCount)
        case .bodyInertias: part(Int(GAIT_MJ_BODY_INERTIA), 10 * bodyCount)
        case .bodyVelocities: part(Int(GAIT_MJ_BODY_VELOCITY), 6 * bodyCount)
        case .actuatorForces: part(Int(GAIT_MJ_ACTUATOR_FORCE), velocityCount)
        case .contactForces: part(Int(GAIT_MJ_CONTACT_FORCE), 6 * bodyCount)
        }
    }
}

extension Readout {
    /// Calls `body` with the C shim's view of these arrays, valid within the call only. `substeps` [count, frame skip, nq]
    /// takes the positions of each substep where there is one.
    mutating func withPointers<Result>(
        _ layout: Layout, substeps: UnsafeMutablePointer<Double>? = nil, _ body: (UnsafePointer<GaitReadout>, UnsafeMutablePointer<UInt8>) -> Result
    ) -> Result {
        precondition(readings.count == layout.width * outcomes.count, "the readout is of another layout")
        return positions.withUnsafeMutableBufferPointer { positions in
            velocities.withUnsafeMutableBufferPointer { velocities in
                readings.withUnsafeMutableBufferPointer { readings in
                    contactSquares.withUnsafeMutableBufferPointer { squares in
                        outcomes.withUnsafeMutableBufferPointer { outcomes in
                            layout.parts.withUnsafeBufferPointer { parts in
                                var view = GaitReadout(
                                    positions: positions.baseAddress, velocities: velocities.baseAddress,
                                    parts: parts.baseAddress, part_count: Int32(parts.count),
                                    readings: readings.baseAddress, width: Int32(layout.width),
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
}
