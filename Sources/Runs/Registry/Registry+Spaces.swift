import Agents
import Core
import Environments

extension Registry {
    /// Throws `UnsupportedSpace`, which names the families that the agent can be trained on, where this is none of them. An agent is made of each
    /// family's spaces, so that this belongs where something went wrong already.
    func requireSupport(of description: EnvironmentDescription, by agent: AgentEntry, family: String) throws {
        guard let refusal = refusal(of: description, by: agent, family: family) else { return }
        throw naming(families: refusal, agent, family)
    }

    /// The same error with the families of the registry.
    func naming(families refusal: UnsupportedSpace, _ agent: AgentEntry, _ family: String) -> UnsupportedSpace {
        var refusal = refusal
        refusal.families = (family, families.filter { entry in
            guard entry.name != family, let other = try? entry.make(assets: assets) else { return false }
            return self.refusal(of: other.description, by: agent, family: entry.name) == nil
        }.map(\.name))
        return refusal
    }

    /// Why an agent can't act in such environments; nil where it can, or is a program, which must be started to know.
    private func refusal(of description: EnvironmentDescription, by agent: AgentEntry, family: String) -> UnsupportedSpace? {
        guard agent.hash == nil else { return nil }
        let problem = Problem(
            environment: description, trainTasks: [TaskDescription(name: "any", parameters: [:])],
            budget: TrainingBudget(1, agent.budgetUnits[0]), threads: 1,
            makeEnvironment: { _, _ in throw EnvironmentError.state("agents look at spaces before they make environments") })
        do {
            let settings = try agent.settings(preset: .quick, family: family)
            _ = try agent.make(problem: problem, settings: settings, random: RandomStreams(seed: 0))
        } catch { return error as? UnsupportedSpace }
        return nil
    }
}
