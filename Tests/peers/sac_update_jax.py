"""Updates per second of soft actor-critic in JAX, one jitted function, at the sizes of `gait bench learning`'s `sac-update`.

    pip install "jax[cpu]" optax
    taskset -c 0 python sac_update_jax.py [float32 | bfloat16]

With bfloat16 the operands of all products are rounded to it; sums, parameters, moments and losses are float32, as in Gait.
"""
import os
import statistics
import sys
import time

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
import jax
import jax.numpy as jnp
import optax

PRECISION = sys.argv[1] if len(sys.argv) > 1 else "float32"
STATE, ACTION, HIDDEN, BATCH = 32, 8, 512, 256


def network(key, inputs, outputs):
    sizes = [inputs, HIDDEN, HIDDEN, outputs]
    keys = jax.random.split(key, 3)
    return [(jax.random.normal(k, (i, o)) / i**0.5, jnp.zeros(o)) for k, i, o in zip(keys, sizes, sizes[1:])]


def rounded_product(x, y):
    return jnp.matmul(x.astype(jnp.bfloat16), y.astype(jnp.bfloat16), preferred_element_type=jnp.float32)


@jax.custom_vjp
def bfloat16_product(x, weight):
    return rounded_product(x, weight)


# Gradients are products of rounded operands, too, and float32 themselves; what JAX derives rounds the gradients of the weights.
bfloat16_product.defvjp(
    lambda x, weight: (rounded_product(x, weight), (x, weight)),
    lambda saved, gradient: (rounded_product(gradient, saved[1].T), rounded_product(saved[0].T, gradient)),
)


def product(x, weight):
    return x @ weight if PRECISION == "float32" else bfloat16_product(x, weight)


def apply(layers, x):
    for weight, bias in layers[:-1]:
        x = jax.nn.relu(product(x, weight) + bias)
    weight, bias = layers[-1]
    return product(x, weight) + bias


def sample(actor, state, key):
    mean, log_std = jnp.split(apply(actor, state), 2, -1)
    log_std = jnp.clip(log_std, -20, 2)
    noise = jax.random.normal(key, mean.shape)
    action = jnp.tanh(mean + jnp.exp(log_std) * noise)
    log_probability = -0.5 * noise**2 - log_std - 0.919 - jnp.log(1 - action**2 + 1e-6)
    return action, log_probability.sum(-1, keepdims=True)


def smaller(critics, state, action):
    x = jnp.concatenate([state, action], -1)
    return jnp.minimum(apply(critics[0], x), apply(critics[1], x))


optimizer = optax.adam(1e-3)


@jax.jit
def update(actor, critics, targets, actor_moments, critic_moments, batch, key):
    state, action, reward, next_state = batch
    target_key, actor_key, key = jax.random.split(key, 3)
    next_action, log_probability = sample(actor, next_state, target_key)
    target = reward + 0.99 * (smaller(targets, next_state, next_action) - 0.2 * log_probability)

    def critic_loss(critics):
        x = jnp.concatenate([state, action], -1)
        return sum(((apply(critic, x) - target) ** 2).mean() for critic in critics)

    changes, critic_moments = optimizer.update(jax.grad(critic_loss)(critics), critic_moments)
    critics = optax.apply_updates(critics, changes)

    def actor_loss(actor):
        chosen, log_probability = sample(actor, state, actor_key)
        return (0.2 * log_probability - smaller(critics, state, chosen)).mean()

    changes, actor_moments = optimizer.update(jax.grad(actor_loss)(actor), actor_moments)
    actor = optax.apply_updates(actor, changes)
    targets = jax.tree.map(lambda t, c: 0.995 * t + 0.005 * c, targets, critics)
    return actor, critics, targets, actor_moments, critic_moments, key


keys = jax.random.split(jax.random.PRNGKey(0), 8)
actor = network(keys[0], STATE, 2 * ACTION)
critics = [network(keys[1], STATE + ACTION, 1), network(keys[2], STATE + ACTION, 1)]
batch = (
    jax.random.normal(keys[3], (BATCH, STATE)), jax.random.uniform(keys[4], (BATCH, ACTION), minval=-1),
    jax.random.normal(keys[5], (BATCH, 1)), jax.random.normal(keys[6], (BATCH, STATE)),
)
learner = (actor, critics, critics, optimizer.init(actor), optimizer.init(critics))
key = keys[7]
rates = []
for window in range(9):
    start, count = time.perf_counter(), 30
    for _ in range(count):
        *learner, key = update(*learner, batch, key)
    key.block_until_ready()
    rates.append(count / (time.perf_counter() - start))
print(f"jax {jax.__version__} {PRECISION}: {statistics.median(rates[2:]):.1f} updates/s")
