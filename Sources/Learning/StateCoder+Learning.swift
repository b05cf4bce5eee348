import Core

extension StateCoder {
    /// A tensor's numbers, replaced in place; its shape must be the same.
    public func tensor(_ key: String, _ tensor: Tensor) throws { try tensors([(key, tensor)]) }

    /// The numbers of several tensors, replaced in place: of all of them, or, where one does not fit, of none.
    public func tensors(_ named: [(key: String, tensor: Tensor)]) throws {
        let values = try named.map { key, tensor in
            var values = isRestoring ? [] : tensor.array
            try floats(key, &values, shape: tensor.shape)
            return values
        }
        guard isRestoring else { return }
        for (entry, values) in zip(named, values) { entry.tensor.copy(from: values) }
    }

    /// Every parameter of a module, replaced in place: `key`.layers.0.weight and so on. Where one does not fit, none is replaced.
    public func module(_ key: String, _ module: some Module) throws {
        try tensors(module.namedParameters.map { ("\(key).\($0)", $1) })
    }

    /// A module's parameters as weights for other tools: below `networks/`, whatever the present scope, whose name they carry.
    /// In the scope `learner` the network `actor` is stored as `networks/learner.actor.layers.0.weight` and so on.
    public func network(_ key: String, _ network: some Module) throws {
        let name = path(key).split(separator: "/").joined(separator: ".")
        try fromTop { try module("networks/\(name)", network) }
    }
}
