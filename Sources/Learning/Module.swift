/// Something with parameters: a layer or a network, a value whose tensors are shared by copies until `trainableCopy()` or `frozenCopy()`.
public protocol Module: Sendable {
    /// Visits every parameter in a fixed order, by dotted name (`layers.0.weight`); the body may replace it.
    mutating func forEachParameter(_ body: (String, inout Tensor) -> Void)
}

extension Module {
    /// All parameters with their dotted names, in order.
    public var namedParameters: [(String, Tensor)] {
        var result: [(String, Tensor)] = []
        var module = self
        module.forEachParameter { result.append(($0, $1)) }
        return result
    }

    /// All parameters, in order; setting replaces the tensors themselves, for example by those that an inner step adapted.
    public var parameters: [Tensor] {
        get { namedParameters.map(\.1) }
        set {
            var next = 0
            forEachParameter { name, parameter in
                precondition(next < newValue.count && newValue[next].dimensions == parameter.dimensions,
                             "parameter \(name) needs a tensor of shape \(parameter.shape)")
                parameter = newValue[next]
                next += 1
            }
            precondition(next == newValue.count, "\(newValue.count) tensors for \(next) parameters")
        }
    }

    /// The number of elements of all parameters.
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

    /// Visits another module's parameters as `prefix.name`, for modules made of modules.
    public mutating func forEachParameter(prefix: String, _ body: (String, inout Tensor) -> Void) {
        forEachParameter { name, parameter in body("\(prefix).\(name)", &parameter) }
    }

    /// A copy with parameters of its own, which gradients can be taken with respect to: a network that learns apart from this one.
    public func trainableCopy() -> Self {
        var result = self
        result.forEachParameter { $1 = $1.trainableCopy() }
        return result
    }
    /// A copy with memory of its own that takes no part in gradients, such as a target network, or a policy that must not change when this
    /// one learns.
    public func frozenCopy() -> Self {
        var result = self
        result.forEachParameter { $1 = $1.copied() }
        return result
    }
    /// Overwrites the parameters, in place, with those of a module of the same shapes.
    public func copyParameters(from other: Self) {
        let mine = parameters, theirs = other.parameters
        precondition(mine.count == theirs.count, "\(theirs.count) parameters can't be copied into \(mine.count)")
        for (own, other) in zip(mine, theirs) { own.copy(from: other) }
    }
}

/// An array of modules is a module: `0.weight`, `0.bias`, `1.weight`, ...
extension Array: Module where Element: Module {
    public mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        for i in indices { self[i].forEachParameter(prefix: "\(i)", body) }
    }
}
