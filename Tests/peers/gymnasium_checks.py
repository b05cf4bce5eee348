#!/usr/bin/env python3
"""Checks the Python client against the real Gymnasium and Stable-Baselines3.

    pip install gymnasium stable-baselines3
    PYTHONPATH=assets/clients/python GAIT=$PWD/gait python Tests/peers/gymnasium_checks.py [STEPS]

Gymnasium's `check_env` on three families, a vector environment's ends, SAC of Stable-Baselines3 on Half-Cheetah-Dir for STEPS steps (20,000),
which must return more than before, and a Gymnasium environment as a family that PEARL is trained on.
"""

import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # networks this small are slower on several

import gymnasium
import numpy as np
import stable_baselines3
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.evaluation import evaluate_policy

import gait

STEPS = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
WIND = Path(gait.__file__).with_name("wind_family.py")


def environments() -> None:
    for family in ("half-cheetah-dir", "hopper-params", "cart-pole"):
        env = gait.make(family, task=0)
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            check_env(env, skip_render_check=True)
        for warning in found:
            print(f"  {family}: {warning.message}")
        env.close()
        print(f"check_env: {family}")


def copies() -> None:
    envs = gait.make("half-cheetah-vel", task=3, copies=3)
    first, _ = envs.reset(seed=5)
    again, _ = envs.reset(seed=5)
    assert np.array_equal(first, again)
    for _ in range(200):
        _, _, terminated, truncated, infos = envs.step(envs.action_space.sample())
    assert truncated.all() and not terminated.any() and "final_obs" in infos
    envs.close()
    print("vector environment: seeds, truncation, restart in the same step")


def training() -> None:
    env = gait.make("half-cheetah-dir", task="forward")
    model = stable_baselines3.SAC("MlpPolicy", env, learning_starts=1000, seed=0, policy_kwargs={"net_arch": [64, 64]})
    before, _ = evaluate_policy(model, env, n_eval_episodes=3, warn=False)
    model.learn(STEPS)
    after, _ = evaluate_policy(model, env, n_eval_episodes=3, warn=False)
    env.close()
    print(f"SAC of Stable-Baselines3 on half-cheetah-dir, forward, {STEPS} steps: return {before:.1f}, then {after:.1f}")
    assert after > before


def family() -> None:
    with tempfile.TemporaryDirectory() as place:
        program = Path(place, "wind_family.py")
        program.write_text(f"#!{sys.executable}\n" + WIND.read_text().split("\n", 1)[1])
        program.chmod(0o755)
        command = [os.environ["GAIT"], "train", "pearl", str(program), "--preset", "quick", "--out", f"{place}/run"]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        returns = [line.split(",") for line in Path(place, "run/evaluations.csv").read_text().splitlines() if ",meta,evaluation," in line]
        print(f"pearl on wind_family.py: {len(returns)} values of the meta-policy measured")
        assert returns


if __name__ == "__main__":
    print(f"Gymnasium {gymnasium.__version__}, Stable-Baselines3 {stable_baselines3.__version__}")
    environments()
    copies()
    family()
    training()
