#!/usr/bin/env python3
"""Replays the transitions recorded for `gait verify` through the Python client, and compares. Arguments: the folder of references.

The client's numbers must be those that `gait verify` finds: the same tolerances, relative to the larger of the recorded number and a floor.
"""

import json
import sys
from pathlib import Path

import numpy as np

import gait

cases = failures = 0
for path in sorted(Path(sys.argv[1], "rollouts").glob("*.json")):
    record = json.loads(path.read_text())
    forced = record["teacher_forced"]
    tolerance, floor = (1e-8, 1e-4) if forced else (1e-5, 1e-2)
    server = gait.Server(record["family"])
    env = server.make({key: np.ravel(value) for key, value in record["task"].items()})
    largest = 0.0

    def compare(found, expected):
        global largest
        found, expected = np.ravel(found).astype(float), np.ravel(expected).astype(float)
        assert found.shape == expected.shape, f"{found.shape} instead of {expected.shape}"
        # NumPy's maximum, because Python's forgets that something is no number.
        largest = float(np.maximum(largest, np.max(np.abs(found - expected) / np.maximum(np.abs(expected), floor))))

    if not forced:
        server.set_state(env, np.concatenate([record["qpos0"], record["qvel0"]]))
    for step in record["steps"]:
        if forced:
            server.set_state(env, np.concatenate([step["qpos_before"], step["qvel_before"]]))
        observation, reward, end = server.step_exactly(env, step["action"])
        compare(observation, step["observation"])
        compare(reward, step["reward"])
        compare(end == gait.TERMINATED, step["terminated"])
        compare(server.set_state(env), np.concatenate([step["qpos"], step["qvel"]]))
    server.close()
    cases += 1
    failures += not largest <= tolerance
    print(f"{'ok' if largest <= tolerance else 'MISMATCH'}  {path.stem}  error {largest:.1e}  tolerance {tolerance:.0e}")
print(f"{cases - failures} of {cases} agree")
sys.exit(failures > 0 or cases == 0)
