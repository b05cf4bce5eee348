import Runs

/// What the paper of deep pMeta-RL claims of its personalized policies; the only place in a report's making that names an agent or a family.
///
/// Wang et al., "On the Convergence Theory of Meta Reinforcement Learning with Personalized Policies", section on the MuJoCo suites,
/// Figure 4 and the text beside it. The paper has no table of these returns.
enum PaperClaims {
    /// How far personalized policies are ahead.
    enum Lead: Equatable {
        case percent(Double)
        /// "only slightly gain", without a number.
        case slight
        /// Higher in the figure, no more is said.
        case some

        var text: String {
            switch self {
            case .percent(let value): "+\(Format.number(value, decimals: 2))%"
            case .slight: "slight"
            case .some: "higher"
            }
        }
    }

    static let source = """
        The paper: Wang et al., On the Convergence Theory of Meta Reinforcement Learning with Personalized Policies, Figure 4 and its text, \
        in which the personalized policies return most on all four families.
        """

    private static let agent = "pmeta-rl"
    /// The baseline that the numbers are about.
    static let rival = "pearl"
    private static let rivals = [rival, "metacure", "maml-trpo", "promp", "rl2"]
    private static let leadsOverRival: [String: Lead] = [
        "ant-fwd-back": .percent(12.59), "half-cheetah-dir": .percent(11.86), "half-cheetah-vel": .slight, "walker-2d-params": .slight,
    ]

    /// The lead of the personalized policies of `agent` over another's policy; nil where the paper says nothing.
    static func lead(agent: String, family: String, over other: String, _ policy: String) -> Lead? {
        guard agent == self.agent, policy == PolicyName.meta, let lead = leadsOverRival[family] else { return nil }
        return other == rival ? lead : rivals.contains(other) || other == agent ? .some : nil
    }

    /// The preset that has the paper's sizes.
    static let preset = "paper"
}
