import Agents
import Core
import Environments

extension VariBAD {
    /// Meta-test: `episodes` episodes of one trial, with the mean actions, as the authors evaluate; the belief is carried from one to the next. The
    /// returned policy starts each of its episodes with the belief at their end, so that episodes of the evaluation do not depend on each other.
    public func adapt(
        to environment: any Environment, as policy: String, episodes: Int, using random: inout RandomStream
    ) throws -> Adaptation {
        let actor = BeliefActor(beliefModel.encoder, self.policy, normalization, squashesSample: settings.squash == .sample)
        var player = EpisodePlayer(environment)
        var played: [Episode] = []
        for _ in 0..<episodes {
            var last: [Float] = []
            let episode = try player.play(actor, using: &random, begin: { last = $0 }, observe: { last = $2.observations })
            // The episode's end is seen, too. As in training: unstable physics ends it without a reward, where it was before.
            if episode.isUnstable { actor.observe(reward: 0, done: true) }
            actor.endEpisode(in: last)
            played.append(episode)
            actor.rememberAsStart()
        }
        return Adaptation(policy: actor, episodes: played)
    }
}
