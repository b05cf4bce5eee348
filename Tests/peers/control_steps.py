"""Environment steps a second of Gymnasium's CartPole and MountainCar in Python, to compare with `gait bench physics --family cart-pole
--family mountain-car`: random actions, one environment, the best of some turns of processor time.

    python control_steps.py
"""
import time

import gymnasium
import numpy

print("gymnasium", gymnasium.__version__)
for name in ["CartPole-v0", "MountainCar-v0"]:
    environment = gymnasium.make(name, disable_env_checker=True)
    best, steps = 0.0, 20_000
    for _ in range(4):
        actions = numpy.random.default_rng(0).integers(environment.action_space.n, size=steps)
        environment.reset(seed=0)
        start = time.process_time()
        for action in actions:
            _, _, terminated, truncated, _ = environment.step(action)
            if terminated or truncated:
                environment.reset()
        best = max(best, steps / (time.process_time() - start))
    print(f"{name} {best:.0f} steps/s")
