import Core

/// The agent does not support the spaces of an environment.
public struct UnsupportedSpace: Error, CustomStringConvertible, ExitCodeProviding {
    public let agent: String
    public let needs: String
    /// Where an agent of a run is refused: its family, and those that the agent could be trained on.
    public var families: (refused: String, supported: [String])?

    public init(agent: String, needs: String) {
        self.agent = agent
        self.needs = needs
    }

    public var description: String {
        guard let families else { return "\(agent) needs \(needs)" }
        let others = families.supported.isEmpty ? "no family here has that" : "families with that: \(families.supported.joined(separator: ", "))"
        return "\(agent) needs \(needs), which \(families.refused) does not have; \(others)"
    }

    /// Invalid usage.
    public var exitCode: Int32 { 64 }
}
