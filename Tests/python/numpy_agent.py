#!/usr/bin/env python3
"""A linear policy for each task, improved by random changes: an agent that needs only NumPy, for tests of the client."""

import io

import numpy as np

import gait


class RandomSearch(gait.Agent):
    """random search for a linear policy for each training task"""

    settings = {"noise": 0.3}
    policies = [gait.PolicyInfo("personal", "personalized policy", tasks="training"), gait.PolicyInfo("meta", "meta-policy", adapts=True)]

    def __init__(self, problem, settings):
        super().__init__(problem, settings)
        info = problem.environment
        self.random = np.random.default_rng(problem.seed)
        self.weights = np.zeros((len(problem.tasks), info.observation.columns + 1, info.action.columns))
        self.best = np.full(len(problem.tasks), -np.inf)

    def actions(self, weights, observations):
        return np.tanh(np.concatenate([observations, np.ones((*observations.shape[:-1], 1))], -1) @ weights)

    def episode(self, env, weights):
        """The mean return of the copies."""
        total = 0.0
        while True:
            env.step(self.actions(weights, env.observations))
            total += env.rewards.mean()
            if (env.ends != gait.GOES_ON).all():
                env.reset()
                return total

    def train(self, session):
        envs = [session.make(task, copies=2) for task in range(len(self.problem.tasks))]
        while session.steps_left > 0:
            for task, env in enumerate(envs):
                candidate = self.weights[task] + self.random.normal(0, self.settings["noise"], self.weights[task].shape)
                result = self.episode(env, candidate)
                if result > self.best[task]:
                    self.weights[task], self.best[task] = candidate, result
                session.updates += 1
            session.pause({"best": self.best.mean()})

    def policy(self, request):
        if request.task is not None:
            weights = self.weights[request.task].copy()
        else:
            returns = []
            for weights in self.weights[: request.episodes]:
                returns.append(self.episode(request.environment, weights) if len(returns) < request.episodes - 1 else -np.inf)
            weights = self.weights[int(np.argmax(returns))].copy()
        return lambda observation: self.actions(weights, observation)

    def save(self):
        file = io.BytesIO()
        np.savez(file, weights=self.weights, best=self.best, random=np.frombuffer(repr(self.random.bit_generator.state).encode(), np.uint8))
        return file.getvalue()

    def restore(self, data):
        state = np.load(io.BytesIO(data))
        self.weights, self.best = state["weights"], state["best"]
        self.random.bit_generator.state = eval(state["random"].tobytes().decode())


if __name__ == "__main__":
    gait.run(RandomSearch)
