#!/usr/bin/env python3
"""A family with masked actions and a reward of its own to learn from. Its environments check that no masked action comes."""

import os

import gait
import numpy as np


class Box:
    """As gymnasium.spaces.Box, as far as the client looks at it."""

    def __init__(self, size):
        self.shape, self.dtype = (size,), np.dtype(np.float32)
        self.low, self.high = np.full(size, -1, np.float32), np.full(size, 1, np.float32)


class Discrete:
    """As gymnasium.spaces.Discrete."""

    n, start = 4, 0


class Steps:
    spec = None
    metadata = {"render_fps": 10}

    def __init__(self, best, fault):
        self.render_mode = None if fault == "blind" else "rgb_array"
        self.best, self.fault, self.observation_space, self.action_space = best, fault, Box(2), Discrete()
        if fault == "choice":
            self.observation_space = Discrete()

    def info(self):
        mask = np.arange(4) != self.count % 4
        return {"action_mask": mask[:3] if self.fault == "mask" and self.count else mask, "learning_reward": 3.0 * self.reward}

    def reset(self, seed=None, options=None):
        self.count, self.reward = 0, 0.0
        start = {"start": np.nan, "choice": 3, "random": np.random.rand(2)}.get(self.fault, np.zeros(2))
        return np.asarray(start, np.float32), self.info()

    def step(self, action):
        assert action != self.count % 4, "a masked action"
        self.count, self.reward = self.count + 1, float(action == self.best)
        reward = {"none": self.reward, "NaN": np.nan, "nothing": None}.get(self.fault, self.reward)
        after = {"shape": np.zeros(1), "choice": 7}.get(self.fault, np.array([self.count / 10, 0]))
        return np.asarray(after, np.float32), reward, False, self.count == 10, self.info()

    def render(self):
        """As bright as it is late, from red at the left to green at the right."""
        if self.fault == "crash":
            os._exit(3)
        image = np.zeros((6, 8, 3), np.uint8)
        image[:, :4, 0] = image[:, 4:, 1] = 20 * self.count
        return image[0] if self.fault == "flat" else image

    def close(self):
        pass


class Masked(gait.Family):
    """Ten steps; one of four actions is masked, another one at each step."""

    settings = {"fault": "none"}
    episode_limit, masks_actions, has_learning_reward = 10, True, True

    def tasks(self, seed):
        names = ["same", "same"] if self.settings["fault"] == "names" else ["first", "second"]
        scale = np.nan if self.settings["fault"] == "parameters" else 1
        # Parameters may be given in any of these forms; `environment` always gets lists of floats.
        return [gait.Task(name, {"best": best, "scale": np.array([scale])}) for best, name in enumerate(names)], []

    def environment(self, task):
        assert all(type(numbers) is list and type(numbers[0]) is float for numbers in task.parameters.values()), task.parameters
        return Steps(int(task.parameters["best"][0]), self.settings["fault"])


if __name__ == "__main__":
    gait.run(Masked)
