"""What on_policy_cases_jax.py and off_policy_cases_jax.py share: networks, Gaussians and files, with JAX in float64."""
import json
import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
rng = np.random.default_rng(7)


def draw(*shape, scale=1.0):
    """Normal numbers that float32 can represent."""
    return (scale * rng.standard_normal(shape)).astype(np.float32).astype(np.float64)


def f32(x):
    return float(np.float32(x))


def mlp(*sizes, scale=1.0):
    return [(draw(i, o, scale=scale / np.sqrt(i)), draw(o, scale=0.1)) for i, o in zip(sizes, sizes[1:])]


def forward(layers, x, activation):
    for i, (w, b) in enumerate(layers):
        x = x @ w + b
        if i + 1 < len(layers):
            x = activation(x)
    return x


def relu(x):
    return jnp.maximum(x, 0)


def layers_json(layers):
    return [{"weight": np.asarray(w).tolist(), "bias": np.asarray(b).tolist()} for w, b in layers]


def flat(tree):
    """Gait's order of parameters: weight and bias of each layer, then what follows."""
    return [np.asarray(x).tolist() for x in jax.tree_util.tree_leaves(tree)]


def plain(x):
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [plain(v) for v in x]
    if isinstance(x, (str, bool, int, float)):
        return x
    return np.asarray(x).tolist()


def save(*cases):
    """Writes what each function of `cases` returns to the folder that the command line names, under the function's name."""
    for case in cases:
        (pathlib.Path(sys.argv[1]) / f"{case.__name__}.json").write_text(json.dumps(plain(case())))


# --- Gaussians

LOG_2PI = np.log(2 * np.pi)


def log_probability(mean, log_std, actions):
    return (-0.5 * ((actions - mean) / jnp.exp(log_std)) ** 2 - log_std - 0.5 * LOG_2PI).sum(-1)


def kl(mean0, log_std0, mean1, log_std1):
    """KL(0 || 1) of each row."""
    return (log_std1 - log_std0 + (jnp.exp(2 * log_std0) + (mean0 - mean1) ** 2) / (2 * jnp.exp(2 * log_std1)) - 0.5).sum(-1)


def tanh_sample(parameters, noise):
    """Action and log probability [rows, 1]; also mean and clipped log standard deviation."""
    mean, log_std = jnp.split(parameters, 2, axis=-1)
    log_std = jnp.clip(log_std, -20, 2)
    action = jnp.tanh(mean + jnp.exp(log_std) * noise)
    terms = -0.5 * noise**2 - log_std - 0.5 * LOG_2PI - jnp.log(1 - action**2 + 1e-6)
    return action, terms.sum(-1, keepdims=True), mean, log_std
