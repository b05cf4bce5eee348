"""Records learning cases for `gait verify` with JAX and NumPy in float64: meta_objective, recurrent_policy, linear_baseline.
Written from the papers' equations, without Gait's code. Inputs are rounded to float32, so that Gait starts from the same numbers.

    pip install jax
    python Tests/peers/on_policy_cases_jax.py assets/reference/learning
"""
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from recorded_cases import LOG_2PI, draw, f32, flat, forward, kl, layers_json, log_probability, mlp, rng, save

# --- MAML and ProMP

def policy_distribution(theta, observations):
    layers, log_std = theta
    return forward(layers, observations, jnp.tanh), log_std


def ratio(theta, batch):
    new = log_probability(*policy_distribution(theta, batch["observations"]), batch["actions"])
    old = log_probability(batch["oldMean"], batch["oldLogStd"], batch["actions"])
    return jnp.exp(new - old)


def inner_loss(theta, batch, surrogate):
    if surrogate == "logLikelihood":
        return -(log_probability(*policy_distribution(theta, batch["observations"]), batch["actions"]) * batch["advantages"]).mean()
    return -(ratio(theta, batch) * batch["advantages"]).mean()


def path(theta, task, size, surrogate, first_order=False):
    policies = [theta]
    for batch in task["inner"]:
        slope = jax.grad(inner_loss)(policies[-1], batch, surrogate)
        if first_order:
            slope = jax.lax.stop_gradient(slope)
        policies.append(jax.tree_util.tree_map(lambda p, g: p - size * g, policies[-1], slope))
    return policies


def divergence(theta, batch):
    return kl(batch["oldMean"], batch["oldLogStd"], *policy_distribution(theta, batch["observations"])).mean()


def outer_loss(theta, tasks, size, surrogate, first_order=False):
    losses = [-(ratio(path(theta, t, size, surrogate, first_order)[-1], t["outer"]) * t["outer"]["advantages"]).mean() for t in tasks]
    return sum(losses) / len(tasks)


def outer_kl(theta, tasks, size, surrogate):
    return sum(divergence(path(theta, t, size, surrogate)[-1], t["outer"]) for t in tasks) / len(tasks)


def proximal(theta, tasks, size, clip, penalty):
    """ProMP's loss, and its parts: the surrogate, the inner divergence (mean over steps) and the outer one."""
    surrogate = inner = outer = 0.0
    for t in tasks:
        policies = path(theta, t, size, "likelihoodRatio")
        r, a = ratio(policies[-1], t["outer"]), t["outer"]["advantages"]
        surrogate += -jnp.minimum(r * a, jnp.clip(r, 1 - clip, 1 + clip) * a).mean() / len(tasks)
        inner += sum(divergence(p, b) for p, b in zip(policies, t["inner"])) / len(tasks)
        outer += divergence(policies[-1], t["outer"]) / len(tasks)
    return surrogate + penalty * inner, (surrogate, inner / len(tasks[0]["inner"]), outer)


def trust_region_step(theta, tasks, size, surrogate, options):
    """TRPO's step in NumPy: conjugate gradients on exact Hessian-vector products, then backtracking."""
    start, unravel = ravel_pytree(theta)
    loss = jax.jit(lambda x: outer_loss(unravel(x), tasks, size, surrogate))
    divergence_of = jax.jit(lambda x: outer_kl(unravel(x), tasks, size, surrogate))
    hessian = np.asarray(jax.hessian(divergence_of)(start)) + options["damping"] * np.eye(start.size)
    gradient = np.asarray(jax.grad(loss)(start))
    x, r, p = np.zeros_like(gradient), gradient.copy(), gradient.copy()
    for _ in range(options["conjugateGradientIterations"]):
        image = hessian @ p
        rate = (r @ r) / (p @ image)
        x, following = x + rate * p, r - rate * image
        p, r = following + (following @ following) / (r @ r) * p, following
    step = np.sqrt(2 * options["maxKL"] / (x @ hessian @ x)) * x
    before = loss(start)
    for backtracks in range(options["maxBacktracks"] + 1):
        found = start - options["backtrackRatio"] ** backtracks * step
        after, distance = loss(found), divergence_of(found)
        print(f"trust region: backtracks {backtracks}, loss {before:.5f} -> {after:.5f}, KL {distance:.6f} of {options['maxKL']}")
        if after < before and distance <= options["maxKL"]:
            return {**options, "lossBefore": before, "lossAfter": after, "kl": distance, "backtracks": backtracks,
                    "parameters": flat(unravel(jnp.asarray(found)))}
    raise SystemExit("the step was rejected: take another seed")


def meta_objective():
    theta = (mlp(3, 6, 2), draw(2, scale=0.2))
    size, clip, penalty = f32(0.2), f32(0.15), f32(0.7)

    def batch(theta, spread):
        """As a policy near `theta` would have acted. Advantages have a mean, so that both surrogates differ."""
        observations = draw(8, 3)
        mean, log_std = policy_distribution(theta, observations)
        old_mean = np.float32(np.asarray(mean) + draw(8, 2, scale=spread)).astype(np.float64)
        old_log_std = np.float32(np.asarray(log_std) + draw(2, scale=spread)).astype(np.float64)
        actions = np.float32(old_mean + np.exp(old_log_std) * draw(8, 2)).astype(np.float64)
        return {"observations": observations, "actions": actions, "advantages": draw(8) + 0.25, "oldMean": old_mean,
                "oldLogStd": old_log_std}

    def task(spread, steps):
        inner, acting = [], theta
        for _ in range(steps):
            inner.append(batch(acting, spread))
            acting = path(acting, {"inner": inner[-1:]}, size, "logLikelihood")[-1]
        return {"inner": inner, "outer": batch(acting, spread)}

    tasks = [task(0.08, 2), task(0.08, 2)]
    vector = jax.tree_util.tree_map(lambda x: draw(*x.shape), theta)
    case = {
        "doc": "two tasks with two inner steps each; tanh MLP mean, state-independent logStd, theta = layers and logStd; an inner step is "
               "theta' = theta - innerStepSize * gradient of -mean(log pi(a|s) A) or of -mean(pi/pi_old A), pi_old from oldMean and "
               "oldLogStd; results: mean over tasks of the outer -mean(pi'/pi_old A) and of KL(old || pi'), the former's gradient by "
               "theta through the inner steps, and with these held constant (firstOrderGradient), and the product of the latter's "
               "Hessian with vector; proximal: ProMP's clipped surrogate, with its gradient plus klPenalty times the sum over "
               "inner steps of KL(old || policy before the step); trustRegion: one TRPO step of MAML's objective from tasks of its own, "
               "whose old distributions are those of theta and of the adapted policies (logLikelihood)",
        "layers": layers_json(theta[0]), "logStd": theta[1], "innerStepSize": size, "tasks": tasks, "vector": flat(vector),
        "results": {},
    }
    for surrogate in ["logLikelihood", "likelihoodRatio"]:
        slope = jax.grad(outer_kl)
        _, product = jax.jvp(lambda x: slope(x, tasks, size, surrogate), (theta,), (vector,))
        case["results"][surrogate] = {
            "loss": outer_loss(theta, tasks, size, surrogate), "kl": outer_kl(theta, tasks, size, surrogate),
            "gradient": flat(jax.grad(outer_loss)(theta, tasks, size, surrogate)),
            "firstOrderGradient": flat(jax.grad(lambda x: outer_loss(x, tasks, size, surrogate, True))(theta)),
            "klHessianVector": flat(product),
        }
    slope, (surrogate, inner, outer) = jax.grad(proximal, has_aux=True)(theta, tasks, size, clip, penalty)
    ratios = np.concatenate([np.asarray(ratio(path(theta, t, size, "likelihoodRatio")[-1], t["outer"])) for t in tasks])
    print(f"ratios: {np.mean(abs(ratios - 1) > clip):.2f} out of range, nearest to its ends {np.min(abs(abs(ratios - 1) - clip)):.1e}")
    case["proximal"] = {"clip": clip, "klPenalty": penalty, "surrogate": surrogate, "innerKL": inner, "outerKL": outer,
                        "gradient": flat(slope)}

    own = [task(0.0, 1), task(0.0, 1)]
    for t in own:
        policies = path(theta, t, size, "logLikelihood")
        for policy, b in zip(policies, t["inner"] + [t["outer"]]):
            b["oldMean"], log_std = policy_distribution(policy, b["observations"])
            b["oldLogStd"] = log_std
    options = {"maxKL": f32(0.05), "conjugateGradientIterations": 4, "damping": f32(0.005), "backtrackRatio": f32(0.8), "maxBacktracks": 15}
    case["trustRegion"] = {"tasks": own, **trust_region_step(theta, own, size, "logLikelihood", options)}
    return case


# --- RL2

def gru_step(g, x, h):
    r_x, z_x, n_x = jnp.split(x @ g["weight_ih"].T + g["bias_ih"], 3, axis=-1)
    r_h, z_h, n_h = jnp.split(h @ g["weight_hh"].T + g["bias_hh"], 3, axis=-1)
    r, z = jax.nn.sigmoid(r_x + r_h), jax.nn.sigmoid(z_x + z_h)
    return (1 - z) * jnp.tanh(n_x + r * n_h) + z * h


def recurrent_policy():
    observation, action, hidden, steps, trials = 2, 2, 5, 7, 3
    width = observation + action + 2
    p = {
        "weight_ih": draw(3 * hidden, width, scale=0.5), "weight_hh": draw(3 * hidden, hidden, scale=0.5),
        "bias_ih": draw(3 * hidden, scale=0.2), "bias_hh": draw(3 * hidden, scale=0.2), "meanWeight": draw(hidden, action),
        "meanBias": draw(action, scale=0.2), "valueWeight": draw(hidden, 1), "valueBias": draw(1, scale=0.2), "logStd": draw(2, scale=0.2),
    }
    inputs = draw(steps, trials, width)
    inputs[:, :, -1] = rng.integers(0, 2, (steps, trials))
    inputs[0, :, observation:] = 0
    clip, value_weight, entropy_weight, scale = f32(0.2), f32(0.5), f32(0.03), f32(0.6)

    def outputs(p):
        h, rows = jnp.zeros((trials, hidden)), []
        for x in inputs:
            h = gru_step(p, x, h)
            rows.append(h)
        h = jnp.concatenate(rows)
        return h @ p["meanWeight"] + p["meanBias"], (h @ p["valueWeight"] + p["valueBias"])[:, 0]

    mean, _ = outputs(p)
    actions = np.float32(np.asarray(mean) + np.exp(p["logStd"]) * draw(steps * trials, action)).astype(np.float64)
    old = np.float32(np.asarray(log_probability(mean, p["logStd"], actions)) + draw(steps * trials, scale=0.2)).astype(np.float64)
    advantages, targets = draw(steps * trials), draw(steps * trials)

    def loss(p):
        mean, value = outputs(p)
        log_ratio = log_probability(mean, p["logStd"], actions) - old
        r = jnp.exp(log_ratio)
        surrogate = -jnp.minimum(r * advantages, jnp.clip(r, 1 - clip, 1 + clip) * advantages).mean()
        error, entropy = ((value - targets) ** 2).mean(), (p["logStd"] + 0.5 * (1 + LOG_2PI)).sum()
        parts = {"valueError": error, "entropy": entropy, "kl": (r - 1 - log_ratio).mean(), "clipFraction": (abs(r - 1) > clip).mean()}
        return surrogate + value_weight * error - entropy_weight * entropy, parts

    (total, parts), slope = jax.value_and_grad(loss, has_aux=True)(p)
    return {
        "doc": "RL2: a GRU (as in gru.json) over inputs [time][trial] of (observation, previous action, previous reward, 1 after an "
               "episode's end), linear mean and value of its state; loss = clipped PPO surrogate + valueLossWeight * mean squared error "
               "of the value - entropyWeight * entropy, rows time by time; gradients in the names of the parameters; actions: the mean, "
               "times actionScale, clipped to -1...1",
        "observation": observation, "action": action, "parameters": p, "inputs": inputs, "actions": actions,
        "oldLogProbability": old[:, None], "advantages": advantages, "targets": targets, "clip": clip, "valueLossWeight": value_weight,
        "entropyWeight": entropy_weight, "actionScale": scale, "loss": total, **parts, "gradients": slope, "means": mean,
        "controls": jnp.clip(mean * scale, -1, 1),
    }


# --- Advantages over the linear feature baseline

def linear_baseline():
    observation, ends, lengths = 2, [0, 1, 2], [23, 30, 12]  # 0 terminal, 1 episode limit, 2 cut off by the collection's end
    discount, lam = f32(0.97), f32(0.9)
    observations, finals, rewards = draw(sum(lengths), observation, scale=5), draw(3, observation, scale=5), draw(sum(lengths))
    starts = np.cumsum([0] + lengths)

    def features(s, t):
        s, t = np.clip(s, -10, 10), t / 100
        return np.concatenate([s, s**2, [t, t**2, t**3, 1]])

    rows = np.stack([features(observations[starts[i] + t], t) for i in range(3) for t in range(lengths[i])])
    returns = np.zeros(sum(lengths))
    for i in range(3):
        total = 0.0
        for t in reversed(range(starts[i], starts[i + 1])):
            total = rewards[t] + discount * total
            returns[t] = total
    whole = np.concatenate([np.arange(starts[i], starts[i + 1]) for i in range(3) if ends[i] != 2])  # what was cut is not fitted
    x, y = rows[whole], returns[whole]
    w = np.linalg.solve(x.T @ x + 1e-5 * np.eye(x.shape[1]), x.T @ y)
    values, final_values = rows @ w, np.array([features(finals[i], lengths[i]) @ w for i in range(3)])
    advantages = np.zeros(sum(lengths))
    for i in range(3):
        following, total = final_values[i] if ends[i] == 2 else 0.0, 0.0
        for t in reversed(range(starts[i], starts[i + 1])):
            total = rewards[t] + discount * following - values[t] + discount * lam * total
            advantages[t], following = total, values[t]
    return {
        "doc": "ridge regression (1e-5) of discounted returns on [s, s^2, t/100, (t/100)^2, (t/100)^3, 1], s clipped to +-10, fitted to the "
               "segments that were not cut off (end 2); generalised advantages, bootstrapped only where a segment was cut off; "
               "normalized: mean 0, standard deviation 1 over all steps; segments are [first row, row after the last, end]",
        "observations": observations, "finalObservations": finals, "rewards": rewards, "discount": discount, "lambda_": lam,
        "segments": [[int(starts[i]), int(starts[i + 1]), ends[i]] for i in range(3)], "values": values, "finalValues": final_values,
        "advantages": advantages, "normalized": (advantages - advantages.mean()) / advantages.std(),
    }


if __name__ == "__main__":
    save(meta_objective, recurrent_policy, linear_baseline)
