"""Records the learning cases belief_loss and belief_policy for `gait verify` with PyTorch in float64: VariBAD's lower bound on padded trials with
its gradient, its policy's loss with its gradient, and advantages of trials. Written from the paper's equations, with PyTorch's own GRU,
Gaussians, divergences and Huber loss. Inputs are rounded to float32, so that Gait starts from the same numbers.

    pip install torch numpy
    python Tests/peers/varibad_torch.py assets/reference/learning
"""
import json
import pathlib
import sys

import numpy as np
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence
from torch.nn import functional

torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(11)


def draw(*shape, scale=1.0):
    return torch.tensor((scale * rng.standard_normal(shape)).astype(np.float32).astype(np.float64))


def f32(x):
    return float(np.float32(x))


def rounded(module, scale=1.0):
    for p in module.parameters():
        p.data = torch.tensor((scale * rng.standard_normal(p.shape) / np.sqrt(p.shape[-1])).astype(np.float32).astype(np.float64))
    return module


def listed(modules, gradient=False):
    """In Gait's order and layout: weights of linear layers are [in, out], those of the GRU [3 hidden, in]."""
    result = []
    for module in modules:
        for name, p in module.named_parameters():
            x = p.grad if gradient else p.detach()
            result.append((x.T if isinstance(module, nn.Linear) and name == "weight" else x).tolist())
    return result


def belief_loss(target):
    observation, action, latent, recurrent, features, trials, lengths = 3, 2, 2, 4, (3, 2, 2), 2, [7, 5]
    steps, terms, decoded, truncation, weight = max(lengths), 4, 3, 3, f32(0.3)
    outcome_size, action_size, reward_size = features
    encoder = [nn.Linear(observation + 1, outcome_size), nn.Linear(action, action_size), nn.Linear(1, reward_size)]
    gru = nn.GRU(sum(features), recurrent)
    mean, log_variance = nn.Linear(recurrent, latent), nn.Linear(recurrent, latent)
    width = latent + (2 if target == "reward" else 1) * outcome_size + action_size
    hidden, outputs = [6, 5], 1 if target == "reward" else observation + 1
    decoder = [nn.Linear(observation + 1, outcome_size), nn.Linear(action, action_size)]
    network = [nn.Linear(width, hidden[0]), nn.Linear(hidden[0], hidden[1]), nn.Linear(hidden[1], outputs)]
    modules = [*encoder, gru, mean, log_variance, *decoder, *network]
    for module in modules:
        rounded(module)

    before, after = draw(steps, trials, observation + 1), draw(steps, trials, observation + 1)
    actions, rewards = draw(steps, trials, action), draw(steps, trials, 1)
    before[..., -1] = 0
    after[..., -1] = torch.tensor(rng.integers(0, 2, (steps, trials)), dtype=torch.float64)
    for trial, length in enumerate(lengths):
        for x in (before, after, actions, rewards):
            x[length:, trial] = 0
    times = np.array([[rng.integers(0, n + 1) for n in lengths] for _ in range(terms)])
    times[0] = [0, lengths[1]]
    chosen = np.array([[[rng.integers(0, n) for n in lengths] for _ in range(decoded)] for _ in range(terms)])
    noise = draw(terms, trials, latent)

    inputs = torch.cat([functional.relu(encoder[1](actions)), functional.relu(encoder[0](after)), functional.relu(encoder[2](rewards))], -1)
    state, states = torch.zeros(1, trials, recurrent), [torch.zeros(1, trials, recurrent)]
    for start in range(0, steps, truncation):
        output, state = gru(inputs[start:start + truncation], state)
        states.append(output)
        state = state.detach()
    states = torch.cat(states)
    means, deviations = mean(states), (0.5 * log_variance(states)).exp()
    loss, error, divergence = 0.0, 0.0, 0.0
    for term in range(terms):
        for trial in range(trials):
            t = times[term, trial]
            posterior = Normal(means[t, trial], deviations[t, trial])
            previous = Normal(means[t - 1, trial], deviations[t - 1, trial]) if t > 0 else Normal(torch.zeros(latent), torch.ones(latent))
            divergence = divergence + kl_divergence(posterior, previous).sum()
            m = posterior.loc + posterior.scale * noise[term, trial]
            for i in chosen[term, :, trial]:
                s, a, n, r = before[i, trial], actions[i, trial], after[i, trial], rewards[i, trial]
                hs, ha = functional.relu(decoder[0](s)), functional.relu(decoder[1](a))
                x = torch.cat([m, functional.relu(decoder[0](n)), ha, hs]) if target == "reward" else torch.cat([m, hs, ha])
                for layer in network[:-1]:
                    x = functional.relu(layer(x))
                error = error + (network[-1](x) - (r if target == "reward" else n)).square().mean()
    loss = (error + weight * divergence) / trials
    loss.backward()
    rows = lambda x: x.reshape(steps * trials, -1).tolist()
    return {
        "doc": f"VariBAD: the negative lower bound on two trials of {lengths} steps, filled up with zeros, and its gradient. A GRU over ReLU "
               "embeddings of action, what it led to and reward gives mean and log variance of a latent at every time from the prior on; "
               f"gradients go back {truncation} steps. At each drawn time (beliefs: rows time * trials + trial) a latent is drawn with noise, steps "
               "(rows likewise) are decoded from it, and the posterior is held to the one before, at the prior to N(0, 1). "
               "Parameters: embeddings of outcome, action, reward; GRU; mean; log variance; the decoder's embeddings and layers",
        "target": target, "observation": observation, "action": action, "latent": latent, "recurrent": recurrent, "outcomeFeatures": outcome_size,
        "actionFeatures": action_size, "rewardFeatures": reward_size, "decoderHidden": hidden, "truncation": truncation, "weight": weight,
        "parameters": listed(modules), "lengths": lengths, "observations": rows(before), "outcomes": rows(after), "actions": rows(actions),
        "rewards": rows(rewards), "beliefs": (times * trials + np.arange(trials)).ravel().tolist(),
        "steps": (chosen * trials + np.arange(trials)).ravel().tolist(), "noise": noise.reshape(terms * trials, latent).tolist(),
        "loss": loss.item(), "error": error.item() / (terms * decoded * trials), "divergence": divergence.item() / (terms * trials),
        "posteriors": torch.cat([means, 2 * deviations.log()], -1).reshape((steps + 1) * trials, 2 * latent).tolist(),
        "gradients": listed(modules, gradient=True),
    }


def belief_policy():
    observation, action, latent, embeddings, hidden, rows = 3, 2, 2, (4, 3), [5, 4], 24
    clip, value_weight, entropy_weight = f32(0.1), f32(0.5), f32(0.02)
    embed = [nn.Linear(observation, embeddings[0]), nn.Linear(2 * latent, embeddings[1])]
    sizes = [sum(embeddings), *hidden]
    actor = [nn.Linear(i, o) for i, o in zip(sizes, hidden + [action])]
    critic = [nn.Linear(i, o) for i, o in zip(sizes, hidden + [1])]
    modules = [*embed, *actor, *critic]
    for module in modules:
        rounded(module)
    log_std = draw(action, scale=0.3).requires_grad_()
    s, b = draw(rows, observation), draw(rows, 2 * latent)

    def outputs():
        x = torch.cat([torch.tanh(embed[0](s)), torch.tanh(embed[1](b))], -1)
        a, v = x, x
        for layer in actor[:-1]:
            a = torch.tanh(layer(a))
        for layer in critic[:-1]:
            v = torch.tanh(layer(v))
        return torch.tanh(actor[-1](a)), critic[-1](v)

    with torch.no_grad():
        mean, value = outputs()
        actions = torch.tensor(np.float32(mean + log_std.exp() * draw(rows, action)).astype(np.float64))
        now = Normal(mean, log_std.exp()).log_prob(actions).sum(-1, keepdim=True)
        old = torch.tensor(np.float32(now + draw(rows, 1, scale=0.15)).astype(np.float64))
        # Near and far from what they were, and errors within and beyond 1.
        values = torch.tensor(np.float32(value + draw(rows, 1, scale=0.15)).astype(np.float64))
    advantages, returns = draw(rows, 1), draw(rows, 1, scale=2)
    mean, value = outputs()
    distribution = Normal(mean, log_std.exp())
    ratio = (distribution.log_prob(actions).sum(-1, keepdim=True) - old).exp()
    surrogate = -torch.minimum(ratio * advantages, ratio.clamp(1 - clip, 1 + clip) * advantages).mean()
    held = values + (value - values).clamp(-clip, clip)
    value_loss = 0.5 * torch.maximum(
        functional.smooth_l1_loss(value, returns, reduction="none"), functional.smooth_l1_loss(held, returns, reduction="none")).mean()
    entropy = distribution.entropy().sum(-1).mean()
    loss = surrogate + value_weight * value_loss - entropy_weight * entropy
    loss.backward()

    # Advantages of two copies over nine steps: time limits, a fall within a trial, ends of trials; the last trials are cut off.
    steps, copies, discount, lam = 9, 2, f32(0.9), f32(0.8)
    ends = np.zeros((steps, copies), int)  # 0 goes on, 1 terminal, 2 time limit
    ends[2, 0], ends[5, 0], ends[3, 1], ends[4, 1], ends[7, 1] = 2, 2, 1, 1, 2
    trial_ends = np.zeros((steps, copies), int)
    trial_ends[5, 0] = trial_ends[4, 1] = 1
    rewards, estimates = draw(steps, copies).numpy(), draw(steps + 1, copies).numpy()
    found, gae = np.zeros((steps, copies)), np.zeros(copies)
    for t in reversed(range(steps)):
        mask, bad = 1 - trial_ends[t], ends[t] != 2
        delta = rewards[t] + discount * estimates[t + 1] * mask - estimates[t]
        gae = (delta + discount * lam * mask * gae) * bad
        found[t] = gae
    return {
        "doc": "VariBAD: PPO's loss on embedded, normalised observations and beliefs with its gradient: clipped surrogate + valueWeight * half the "
               "mean of the larger Huber loss, of the value and of the value held within clip of what it was - entropyWeight * entropy; the mean "
               "action goes through tanh. Parameters: embeddings of observation and belief, actor, critic, log standard deviation. "
               "Advantages of trials of several episodes: ends 1 terminal, 2 time limit; rows time by time",
        "observation": observation, "action": action, "latent": latent, "observationEmbedding": embeddings[0], "beliefEmbedding": embeddings[1],
        "hidden": hidden, "clip": clip, "valueWeight": value_weight, "entropyWeight": entropy_weight,
        "parameters": listed(modules) + [log_std.tolist()], "observations": s.tolist(), "beliefs": b.tolist(), "actions": actions.tolist(),
        "logProbabilities": old.tolist(), "advantages": advantages.tolist(), "returns": returns.tolist(), "values": values.tolist(),
        "loss": loss.item(), "valueLoss": value_loss.item(), "entropy": entropy.item(), "kl": (ratio - 1 - ratio.log()).mean().item(),
        "clipFraction": ((ratio - 1).abs() > clip).double().mean().item(), "gradients": listed(modules, gradient=True) + [log_std.grad.tolist()],
        "trialDiscount": discount, "trialLambda": lam, "trialEnds": trial_ends.tolist(), "episodeEnds": ends.tolist(),
        "trialRewards": rewards.tolist(), "trialValues": estimates.tolist(), "trialAdvantages": found.tolist(),
    }


folder = pathlib.Path(sys.argv[1])
cases = {"belief_loss_reward": belief_loss("reward"), "belief_loss_outcome": belief_loss("outcome"), "belief_policy": belief_policy()}
for name, case in cases.items():
    (folder / f"{name}.json").write_text(json.dumps(case) + "\n")
    print(name, case["loss"])
