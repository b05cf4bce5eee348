"""Records learning cases for `gait verify` with JAX and NumPy in float64: pmeta_update, latent_update,
discrete_update.
Written from the papers' equations, without Gait's code. Inputs are rounded to float32, so that Gait starts from the same numbers.

    pip install jax
    python Tests/peers/off_policy_cases_jax.py assets/reference/learning
"""
import jax
import jax.numpy as jnp
import numpy as np

from recorded_cases import draw, f32, forward, layers_json, mlp, relu, rng, save, tanh_sample

class Adam:
    def __init__(self, rate):
        self.rate, self.steps, self.first, self.second = rate, 0, None, None

    def direction(self, slope):
        if self.first is None:
            self.first = self.second = jax.tree_util.tree_map(jnp.zeros_like, slope)
        self.steps += 1
        self.first = jax.tree_util.tree_map(lambda m, g: 0.9 * m + 0.1 * g, self.first, slope)
        self.second = jax.tree_util.tree_map(lambda v, g: 0.999 * v + 0.001 * g * g, self.second, slope)
        c1, c2 = 1 - 0.9**self.steps, 1 - 0.999**self.steps
        return jax.tree_util.tree_map(lambda m, v: self.rate * (m / c1) / (jnp.sqrt(v / c2) + 1e-8), self.first, self.second)


def combine(f, *trees):
    return jax.tree_util.tree_map(f, *trees)


def posterior(encoder, tuples):
    mean, raw = jnp.split(forward(encoder, tuples, relu), 2, axis=-1)
    precision = 1 / jnp.maximum(jax.nn.softplus(raw), 1e-7)
    variance = 1 / precision.sum(-2)
    mean = variance * (mean * precision).sum(-2)
    return mean, variance, 0.5 * (variance + mean**2 - 1 - jnp.log(variance)).sum()


def join(*parts):
    return jnp.concatenate(parts, axis=-1)


def sac_batch(rows, observation, action, context, context_tuples):
    return {"observation": draw(rows, observation), "action": np.tanh(draw(rows, action)).astype(np.float32).astype(np.float64),
            "reward": draw(rows, 1), "nextObservation": draw(rows, observation),
            "terminated": (rng.random((rows, 1)) < 0.25).astype(np.float64), "context": draw(context, context_tuples)}


def actor_loss(actor, critics, b, z, noise, alpha, regularization):
    a, log_p, mean, log_std = tanh_sample(forward(actor, join(b["observation"], z), relu), noise)
    x = join(b["observation"], a, z)
    soft = jnp.minimum(forward(critics[0], x, relu), forward(critics[1], x, relu)) - alpha * log_p
    return -soft.mean() + regularization * ((mean**2).mean() + (log_std**2).mean()), (soft, log_p.mean())


def pmeta_update():
    observation, action, latent, rows, tuples = 3, 2, 2, 8, 5
    width = observation + action + 1
    o = {"actorLearningRate": 1e-3, "criticLearningRate": 2e-3, "encoderLearningRate": 5e-4, "discount": 0.97, "targetRate": 0.02,
         "policyRegularization": 0.05, "entropyCoefficient": 0.3, "entropyLearningRate": 0.01, "targetEntropy": -1, "rewardScale": 2,
         "proximalWeight": 12, "auxiliaryLearningRate": 0.02, "latentWeight": 0.1}
    o = {k: f32(v) for k, v in o.items()}

    def networks():
        return {"actor": mlp(observation + latent, 6, 2 * action), "critics": [mlp(observation + action + latent, 6, 1) for _ in range(2)],
                "encoder": mlp(width, 5, 2 * latent)}

    def near(tree):
        return combine(lambda x: np.float32(x + draw(*x.shape, scale=0.05)).astype(np.float64), tree)

    personalized = networks()
    auxiliary, targets = near(personalized), near(personalized["critics"])
    updates = [{**sac_batch(rows, observation, action, tuples, width), "latentNoise": draw(latent), "nextNoise": draw(rows, action),
                "noise": draw(rows, action)} for _ in range(3)]

    def run(form):
        own, aux, target = personalized, auxiliary, targets
        log_alpha, alpha_moments, results = np.log(o["entropyCoefficient"]), Adam(o["entropyLearningRate"]), []
        optimizers = {k: Adam(o[f"{r}LearningRate"]) for k, r in (("actor", "actor"), ("critics", "critic"), ("encoder", "encoder"))}

        def step(own, aux, key, slope):
            p, a, weight, rate = own[key], aux[key], o["proximalWeight"], optimizers[key].rate
            if form == "coupled":
                direction = optimizers[key].direction(combine(lambda g, p, a: g + weight * (p - a), slope, p, a))
                new = combine(lambda p, d: p - d, p, direction)
            else:
                new = combine(lambda p, a, d: p - d - rate * weight * (p - a), p, a, optimizers[key].direction(slope))
            return {**own, key: new}, {**aux, key: combine(lambda a, n: a - o["auxiliaryLearningRate"] * weight * (a - n), a, new)}

        for u in updates:
            alpha = jnp.exp(log_alpha)

            def latent_of(encoder):
                mean, variance, divergence = posterior(encoder, u["context"])
                return jnp.broadcast_to(mean + jnp.sqrt(variance) * u["latentNoise"], (rows, latent)), divergence

            z = latent_of(own["encoder"])[0]
            a, log_p, _, _ = tanh_sample(forward(own["actor"], join(u["nextObservation"], z), relu), u["nextNoise"])
            x = join(u["nextObservation"], a, z)
            following = jnp.minimum(forward(target[0], x, relu), forward(target[1], x, relu)) - alpha * log_p
            y = o["rewardScale"] * u["reward"] + o["discount"] * (1 - u["terminated"]) * following

            def critic_loss(critics, encoder):
                z, divergence = latent_of(encoder)
                x = join(u["observation"], u["action"], z)
                loss = sum(((forward(c, x, relu) - y) ** 2).mean() for c in critics)
                return loss + o["latentWeight"] * divergence, (loss, divergence)

            slopes, (loss, divergence) = jax.grad(critic_loss, (0, 1), has_aux=True)(own["critics"], own["encoder"])
            own, aux = step(own, aux, "critics", slopes[0])
            own, aux = step(own, aux, "encoder", slopes[1])
            (a_loss, (_, log_p)), slope = jax.value_and_grad(actor_loss, has_aux=True)(
                own["actor"], own["critics"], u, z, u["noise"], alpha, o["policyRegularization"])
            own, aux = step(own, aux, "actor", slope)
            log_alpha = log_alpha - alpha_moments.direction(-(log_p + o["targetEntropy"] * action))
            target = combine(lambda t, c: (1 - o["targetRate"]) * t + o["targetRate"] * c, target, own["critics"])
            results.append({"criticLoss": loss, "latentKL": divergence, "actorLoss": a_loss, "policyEntropy": -log_p,
                            "entropyCoefficient": jnp.exp(log_alpha)})
        return {"losses": results, "personalized": record(own), "auxiliary": record(aux), "targets": [layers_json(t) for t in target]}

    def record(networks):
        return {"actor": layers_json(networks["actor"]), "critics": [layers_json(c) for c in networks["critics"]],
                "encoder": layers_json(networks["encoder"])}

    return {
        "doc": "three updates of one task of deep pMeta-RL: z ~ q(z|c), the product of Gaussian factors; critics and inference network by the "
               "gradient of the critics' loss + latentWeight * KL, target from the target critics and the actor before the update, "
               "z held fixed in it; actor by the updated critics; entropy coefficient tuned to targetEntropy * action columns; target "
               "critics follow the updated critics. A step of each network is phi <- phi - Adam's step - rate * proximalWeight * (phi - "
               "auxiliary) (decoupled) or Adam on gradient + proximalWeight * (phi - auxiliary) (coupled), then auxiliary <- auxiliary "
               "- auxiliaryLearningRate * proximalWeight * (auxiliary - phi)",
        "settings": o, "observation": observation, "action": action, "latent": latent,
        "initial": {"personalized": record(personalized), "auxiliary": record(auxiliary), "targets": [layers_json(t) for t in targets]},
        "updates": updates, "decoupled": run("decoupled"), "coupled": run("coupled"),
    }


def latent_update():
    observation, action, latent, rows = 3, 2, 2, 8
    o = {"learningRate": 2e-3, "discount": 0.97, "targetRate": 0.02, "policyRegularization": 0.05, "entropyCoefficient": 0.3,
         "rewardScale": 2, "penalty": 0.4}
    o = {k: f32(v) for k, v in o.items()}
    networks = {"actor": mlp(observation + latent, 6, 2 * action), "critics": [mlp(observation + action + latent, 6, 1) for _ in range(2)],
                "value": mlp(observation + latent, 6, 1)}
    target = combine(lambda x: np.float32(x + draw(*x.shape, scale=0.1)).astype(np.float64), networks["value"])
    case = {
        "doc": "two updates of soft actor-critic with a value network on rows conditioned on latent: critics regress on rewardScale * r + "
               "discount * (1 - terminated) * V'(s', nextLatent), then with the updated critics the value on min Q - alpha log pi and the "
               "actor on alpha log pi - min Q + policyRegularization * (mean^2 + logStd^2), each by Adam, then V' follows V; "
               "latentGradient: of the critics' loss + penalty * sum(latent^2) by latent",
        "settings": o, "observation": observation, "action": action, "latent": latent,
        "initial": {"actor": layers_json(networks["actor"]), "critics": [layers_json(c) for c in networks["critics"]],
                    "value": layers_json(networks["value"]), "targetValue": layers_json(target)},
        "updates": [],
    }
    optimizers, alpha = {k: Adam(o["learningRate"]) for k in networks}, o["entropyCoefficient"]

    def step(key, slope):
        networks[key] = combine(lambda p, d: p - d, networks[key], optimizers[key].direction(slope))

    for _ in range(2):
        u = {**sac_batch(rows, observation, action, 1, 1), "latent": draw(rows, latent), "nextLatent": draw(rows, latent),
             "noise": draw(rows, action)}
        del u["context"]
        y = o["rewardScale"] * u["reward"] + o["discount"] * (1 - u["terminated"]) * forward(
            target, join(u["nextObservation"], u["nextLatent"]), relu)

        def critic_loss(critics, z):
            loss = sum(((forward(c, join(u["observation"], u["action"], z), relu) - y) ** 2).mean() for c in critics)
            return loss + o["penalty"] * (z**2).sum(), loss

        slopes, loss = jax.grad(critic_loss, (0, 1), has_aux=True)(networks["critics"], u["latent"])
        step("critics", slopes[0])
        (a_loss, (soft, log_p)), slope = jax.value_and_grad(actor_loss, has_aux=True)(
            networks["actor"], networks["critics"], u, u["latent"], u["noise"], alpha, o["policyRegularization"])
        v_loss, v_slope = jax.value_and_grad(
            lambda v: ((forward(v, join(u["observation"], u["latent"]), relu) - soft) ** 2).mean())(networks["value"])
        step("value", v_slope)
        step("actor", slope)
        target = combine(lambda t, v: (1 - o["targetRate"]) * t + o["targetRate"] * v, target, networks["value"])
        case["updates"].append({**u, "criticLoss": loss, "actorLoss": a_loss, "valueLoss": v_loss, "policyEntropy": -log_p,
                                "latentGradient": slopes[1]})
    case["final"] = {"actor": layers_json(networks["actor"]), "critics": [layers_json(c) for c in networks["critics"]],
                     "value": layers_json(networks["value"]), "targetValue": layers_json(target)}
    return case


def discrete_update():
    observation, actions, latent, rows = 3, 4, 2, 8
    o = {"learningRate": 2e-3, "discount": 0.97, "targetRate": 0.02, "entropyCoefficient": 0.3, "rewardScale": 2, "penalty": 0.4}
    o = {k: f32(v) for k, v in o.items()}
    networks = {"actor": mlp(observation + latent, 6, actions), "critics": [mlp(observation + latent, 6, actions) for _ in range(2)]}
    target = combine(lambda x: np.float32(x + draw(*x.shape, scale=0.3)).astype(np.float64), networks["critics"])
    case = {
        "doc": "two updates of soft actor-critic with discrete actions on rows conditioned on latent, means over actions exact, over those "
               "of a state's mask only: V = sum pi (min Q - alpha log pi); critics regress on rewardScale * r + discount * (1 - terminated) "
               "* V'(s') with the target critics and the actor before the update, then the actor on -V of the updated critics, each by "
               "Adam, then target critics follow; latentGradient: of the critics' loss + penalty * sum(latent^2) by latent; "
               "policyEntropy: of the actor before its step",
        "settings": o, "observation": observation, "action": actions, "latent": latent,
        "initial": {"actor": layers_json(networks["actor"]), "critics": [layers_json(c) for c in networks["critics"]],
                    "targets": [layers_json(c) for c in target]},
        "updates": [],
    }
    optimizers, alpha = {k: Adam(o["learningRate"]) for k in networks}, o["entropyCoefficient"]

    def step(key, slope):
        networks[key] = combine(lambda p, d: p - d, networks[key], optimizers[key].direction(slope))

    def each_row(actor, critics, x, masks):
        """Soft value and entropy of each row, by a loop over the actions that exist."""
        logits, values, soft, entropy = forward(actor, x, relu), [forward(c, x, relu) for c in critics], [], []
        for row, mask in enumerate(masks):
            exist = [a for a in range(actions) if mask[a]]
            if not exist:  # of a terminated transition
                soft.append(0.0), entropy.append(0.0)
                continue
            log_p = {a: logits[row, a] - jax.scipy.special.logsumexp(jnp.stack([logits[row, b] for b in exist])) for a in exist}
            soft.append(sum(jnp.exp(log_p[a]) * (jnp.minimum(values[0][row, a], values[1][row, a]) - alpha * log_p[a]) for a in exist))
            entropy.append(-sum(jnp.exp(log_p[a]) * log_p[a] for a in exist))
        return jnp.stack([jnp.asarray(s) for s in soft])[:, None], jnp.stack([jnp.asarray(e) for e in entropy]).mean()

    for _ in range(2):
        chosen = rng.integers(actions, size=rows)
        terminated = (rng.random((rows, 1)) < 0.25).astype(np.float64)
        mask, next_mask = [(rng.random((rows, actions)) < 0.6).astype(np.float64) for _ in range(2)]
        mask[np.arange(rows), chosen] = 1
        next_mask[:, 0] = 1
        next_mask *= 1 - terminated
        u = {"observation": draw(rows, observation), "action": np.eye(actions)[chosen], "reward": draw(rows, 1),
             "nextObservation": draw(rows, observation), "terminated": terminated, "actionMask": mask, "nextActionMask": next_mask,
             "latent": draw(rows, latent)}
        soft, _ = each_row(networks["actor"], target, join(u["nextObservation"], u["latent"]), next_mask)
        y = o["rewardScale"] * u["reward"] + o["discount"] * (1 - terminated) * soft

        def critic_loss(critics, z):
            x = join(u["observation"], z)
            loss = sum(((forward(c, x, relu)[jnp.arange(rows), chosen][:, None] - y) ** 2).mean() for c in critics)
            return loss + o["penalty"] * (z**2).sum(), loss

        slopes, loss = jax.grad(critic_loss, (0, 1), has_aux=True)(networks["critics"], u["latent"])
        step("critics", slopes[0])

        def negative_value(actor):
            soft, entropy = each_row(actor, networks["critics"], join(u["observation"], u["latent"]), mask)
            return -soft.mean(), entropy

        (a_loss, entropy), slope = jax.value_and_grad(negative_value, has_aux=True)(networks["actor"])
        step("actor", slope)
        target = combine(lambda t, c: (1 - o["targetRate"]) * t + o["targetRate"] * c, target, networks["critics"])
        case["updates"].append({**u, "criticLoss": loss, "actorLoss": a_loss, "policyEntropy": entropy, "latentGradient": slopes[1]})
    case["final"] = {"actor": layers_json(networks["actor"]), "critics": [layers_json(c) for c in networks["critics"]],
                     "targets": [layers_json(c) for c in target]}
    return case


if __name__ == "__main__":
    save(pmeta_update, latent_update, discrete_update)
