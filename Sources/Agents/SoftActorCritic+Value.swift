import Learning

/// Soft actor-critic's first form (Haarnoja et al. 2018a), with a network for the value of states: V(s, z) regresses on
/// min Q - alpha log pi, the critics bootstrap from a slowly following copy of V. `latent` [batch, latent] as in the other losses.
extension SoftActorCritic {

    /// y = r + gamma * (1 - terminated) * V'(s', z); [batch, 1], no gradient.
    public static func tdTarget(
        _ batch: TransitionBatch, latent: Tensor?, targetValue: MLP, discount: Float, rewardScale: Float
    ) -> Tensor {
        withoutGradients {
            let value = targetValue(stateInput(batch.nextObservation, latent))
            return rewardScale * batch.reward + discount * (1 - batch.terminated) * value
        }
    }

    /// mean (V(s, z) - softValue)^2; `softValue` [batch, 1] is min Q(s, a, z) - alpha * log pi(a | s, z), a ~ pi.
    public static func valueLoss(_ batch: TransitionBatch, latent: Tensor?, value: MLP, softValue: Tensor) -> Tensor {
        (value(stateInput(batch.observation, latent)) - softValue).squared().mean()
    }
}
