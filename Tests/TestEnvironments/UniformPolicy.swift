import Agents
import Core

/// Draws every number of its actions uniformly from -1...1, whatever the mode.
public final class UniformPolicy: Policy {
    public init() {}
    public func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
        for i in action.indices { action[i] = 2 * random.uniform() - 1 }
    }
}
