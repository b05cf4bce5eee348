import Agents
import Core
import Environments

extension RL2 {
    /// Meta-test: `episodes` episodes of one trial, with stochastic actions as in training, the hidden state carried from one to the next.
    /// The returned policy starts each of its episodes with the hidden state at their end, so that episodes
    /// of the evaluation do not depend on each other.
    public func adapt(
        to environment: any Environment, as policy: String, episodes: Int, using random: inout RandomStream
    ) throws -> Adaptation {
        let actor = RecurrentActor(self.policy, input: input, actionScale: settings.actionScale)
        var player = EpisodePlayer(environment)
        var played: [Episode] = []
        for _ in 0..<episodes {
            let episode = try player.play(actor, mode: .stochastic, using: &random)
            // As in training: unstable physics ends the episode without a reward, and the next input says so.
            if episode.isUnstable { actor.observe(reward: 0, done: true) }
            played.append(episode)
            actor.rememberAsStart()
        }
        return Adaptation(policy: actor, episodes: played)
    }
}
