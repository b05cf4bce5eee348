/// The agent does not support the spaces of an environment.
public struct UnsupportedSpace: Error, CustomStringConvertible {
    public let agent: String
    public let needs: String
    public init(agent: String, needs: String) {
        self.agent = agent
        self.needs = needs
    }
    public var description: String { "\(agent) needs \(needs)" }
}
