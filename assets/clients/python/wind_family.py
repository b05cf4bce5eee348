#!/usr/bin/env python3
"""A point that is pushed to a goal against a wind: an example of a family in Python, for Gait.

    ./gait train pearl assets/clients/python/wind_family.py --preset quick
"""

import gymnasium
import numpy as np

import gait


class WindyPoint(gymnasium.Env):
    """x' = x + 0.1 (action + wind) + noise; the reward is minus the distance to the origin. Tasks differ in the wind, which is not observed."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float32)
    action_space = gymnasium.spaces.Box(-2, 2, (2,), np.float32)
    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}
    render_mode = "rgb_array"  # for films; an environment of Gymnasium's own is made with render_mode="rgb_array"

    def __init__(self, wind: list[float]) -> None:
        self.wind = np.asarray(wind, np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.position = self.np_random.uniform(-1, 1, 2).astype(np.float32)
        return self.position.copy(), {}

    def step(self, action):
        self.position += 0.1 * (action + self.wind) + self.np_random.normal(0, 0.01, 2).astype(np.float32)
        return self.position.copy(), -float(np.linalg.norm(self.position)), False, False, {}

    def render(self):
        """The square from -2 to 2 on white: the goal in green, the point in blue."""
        image = np.full((240, 240, 3), 255, np.uint8)
        y, x = np.mgrid[2:-2:240j, -2:2:240j]
        for center, radius, color in [((0, 0), 0.12, (90, 170, 110)), (self.position, 0.08, (40, 100, 175))]:
            image[np.hypot(x - center[0], y - center[1]) < radius] = color
        return image


class WindFamily(gait.Family):
    """push a point to a goal against a wind that differs from task to task"""

    settings = {"trainTasks": 4, "testTasks": 2, "strength": 1.0}
    episode_limit = 30

    def tasks(self, seed):
        draw = np.random.default_rng(seed)

        def some(count):
            winds = draw.normal(0, self.settings["strength"], (count, 2))
            return [gait.Task(f"wind-{index}", {"wind": wind.tolist()}) for index, wind in enumerate(winds)]

        return some(self.settings["trainTasks"]), some(self.settings["testTasks"])

    def environment(self, task):
        return WindyPoint(task.parameters["wind"])


if __name__ == "__main__":
    gait.run(WindFamily)
