#!/usr/bin/env python3
"""Soft actor-critic for each training task, in PyTorch: an agent for Gait, and an independent check of Gait's `sac-per-task`.

    ./gait train assets/clients/python/sac_per_task.py half-cheetah-dir --preset laptop

One class for a task's networks, one for the agent. After Haarnoja et al. 2018, with the settings and the initialisation of Gait's own.
"""

import io
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import gait


def network(inputs: int, hidden: list[int], outputs: int) -> nn.Sequential:
    sizes = [inputs, *hidden]
    layers = [layer for a, b in zip(sizes, sizes[1:]) for layer in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], outputs))


class Actor(nn.Module):
    """A normal distribution, squashed by tanh."""

    def __init__(self, observations: int, actions: int, hidden: list[int]) -> None:
        super().__init__()
        self.body = network(observations, hidden, 2 * actions)

    def forward(self, observation: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean, log_std = self.body(observation).chunk(2, dim=-1)
        return mean, log_std.clamp(-20, 2)

    def sample(self, observation: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """An action, its log probability, and the mean of the squares of mean and log standard deviation."""
        mean, log_std = self(observation)
        noise = torch.randn_like(mean)
        raw = mean + log_std.exp() * noise
        log_prob = -0.5 * noise.square() - log_std - 0.5 * math.log(2 * math.pi)
        log_prob -= 2 * (math.log(2) - raw - F.softplus(-2 * raw))  # the derivative of tanh
        return raw.tanh(), log_prob.sum(-1), mean.square().mean() + log_std.square().mean()


class SAC:
    """One task: networks, replay buffer, and the environment's last observation."""

    def __init__(self, problem: gait.Problem, settings: dict) -> None:
        self.s = settings
        info = problem.environment
        columns, self.actions = info.observation.columns, info.action.columns
        self.actor = Actor(columns, self.actions, settings["actorHidden"])
        self.critics = nn.ModuleList(network(columns + self.actions, settings["criticHidden"], 1) for _ in range(2))
        self.targets = nn.ModuleList(network(columns + self.actions, settings["criticHidden"], 1) for _ in range(2))
        self.targets.load_state_dict(self.critics.state_dict())
        self.log_alpha = torch.tensor(math.log(settings["entropyCoefficient"]), requires_grad=True)
        self.actor_optimizer = torch.optim.Adam(self.actor.parameters(), settings["actorLearningRate"])
        self.critic_optimizer = torch.optim.Adam(self.critics.parameters(), settings["criticLearningRate"])
        self.alpha_optimizer = torch.optim.Adam([self.log_alpha], settings["entropyLearningRate"])
        capacity = settings["replayCapacity"]
        self.replay = {
            "observation": np.zeros((capacity, columns), np.float32), "action": np.zeros((capacity, self.actions), np.float32),
            "reward": np.zeros(capacity, np.float32), "next": np.zeros((capacity, columns), np.float32),
            "terminal": np.zeros(capacity, np.float32),
        }
        self.stored = self.steps = self.updates = 0

    def collect(self, env: gait.Environments) -> None:
        """One step, stored unless it is unstable."""
        observation = env.observations
        with torch.no_grad():
            action = self.actor.sample(torch.from_numpy(observation))[0].numpy()
        env.step(action)
        self.steps += 1
        if env.ends[0] != gait.UNSTABLE:
            row = self.stored % len(self.replay["reward"])
            terminal = env.ends[0] == gait.TERMINATED
            rewards = env.rewards if env.learning_rewards is None else env.learning_rewards
            for key, value in zip(self.replay, (observation[0], action[0], rewards[0], env.observations[0], terminal)):
                self.replay[key][row] = value
            self.stored += 1
        if env.ends[0] != gait.GOES_ON:
            env.reset()

    def update(self) -> dict[str, float]:
        s = self.s
        rows = np.random.randint(min(self.stored, len(self.replay["reward"])), size=s["batchSize"])
        observation, action, reward, following, terminal = (torch.from_numpy(values[rows]) for values in self.replay.values())
        alpha = self.log_alpha.detach().exp()

        with torch.no_grad():
            next_action, next_log_prob, _ = self.actor.sample(following)
            pair = torch.cat([following, next_action], -1)
            value = torch.min(*(target(pair).squeeze(-1) for target in self.targets)) - alpha * next_log_prob
            wanted = reward + s["discount"] * (1 - terminal) * value
        pair = torch.cat([observation, action], -1)
        critic_loss = sum(F.mse_loss(critic(pair).squeeze(-1), wanted) for critic in self.critics)
        self.critic_optimizer.zero_grad()
        critic_loss.backward()
        self.critic_optimizer.step()

        new_action, log_prob, squares = self.actor.sample(observation)
        pair = torch.cat([observation, new_action], -1)
        value = torch.min(*(critic(pair).squeeze(-1) for critic in self.critics))
        actor_loss = (alpha * log_prob - value).mean() + s["policyRegularization"] * squares
        self.actor_optimizer.zero_grad()
        actor_loss.backward()
        self.actor_optimizer.step()

        alpha_loss = -self.log_alpha * (log_prob.detach().mean() + s["targetEntropy"] * self.actions)
        self.alpha_optimizer.zero_grad()
        alpha_loss.backward()
        self.alpha_optimizer.step()

        with torch.no_grad():
            for target, critic in zip(self.targets.parameters(), self.critics.parameters()):
                target.lerp_(critic, s["targetRate"])
        self.updates += 1
        return {"criticLoss": critic_loss.item(), "actorLoss": actor_loss.item(), "entropyCoefficient": alpha.item()}

    PARTS = ("actor", "critics", "targets", "actor_optimizer", "critic_optimizer", "alpha_optimizer")

    def state(self) -> dict:
        kept = min(self.stored, len(self.replay["reward"]))
        return {
            "numbers": (self.stored, self.steps, self.updates), "log_alpha": self.log_alpha.item(),
            "replay": {key: torch.from_numpy(values[:kept]) for key, values in self.replay.items()},
            **{part: getattr(self, part).state_dict() for part in self.PARTS},
        }

    def load(self, state: dict) -> None:
        self.stored, self.steps, self.updates = state["numbers"]
        self.log_alpha.data.fill_(state["log_alpha"])
        for key, values in state["replay"].items():
            self.replay[key][: len(values)] = values.numpy()
        for part in self.PARTS:
            getattr(self, part).load_state_dict(state[part])


class SACPerTask(gait.Agent):
    """soft actor-critic for each training task, in PyTorch"""

    settings = {
        "actorHidden": [512, 512], "criticHidden": [512, 512], "actorLearningRate": 1e-3, "criticLearningRate": 1e-3, "batchSize": 256,
        "replayCapacity": 100000, "discount": 0.99, "targetRate": 0.005, "policyRegularization": 1e-3, "entropyCoefficient": 0.2,
        "targetEntropy": -1.0, "entropyLearningRate": 1e-3, "updatesPerRound": 50, "stepsPerUpdate": 1, "initialSteps": 1000,
    }
    policies = [gait.PolicyInfo("personal", "personalized policy", tasks="training")]

    def __init__(self, problem: gait.Problem, settings: dict) -> None:
        super().__init__(problem, settings)
        torch.set_num_threads(1)  # these networks are too small for more
        torch.manual_seed(problem.seed)
        np.random.seed(problem.seed % 2**32)
        self.tasks = [SAC(problem, settings) for _ in problem.tasks]

    def train(self, session: gait.Session) -> None:
        envs = [session.make(task) for task in range(len(self.tasks))]
        losses: list[dict[str, float]] = []
        while session.steps_left > 0:
            for task, env in zip(self.tasks, envs):
                for _ in range(self.settings["stepsPerUpdate"]):
                    task.collect(env)
                if task.steps >= self.settings["initialSteps"]:
                    losses.append(task.update())
            updates = self.tasks[-1].updates
            session.updates = sum(task.updates for task in self.tasks)
            if self.tasks[-1].steps % (20 * self.settings["stepsPerUpdate"]) == 0 or session.steps_left == 0:
                means = {key: np.mean([loss[key] for loss in losses]) for key in losses[0]} if losses else {}
                losses.clear()
                session.pause(means, ends_round=updates % self.settings["updatesPerRound"] < 20)

    def policy(self, request: gait.PolicyRequest) -> gait.Policy:
        actor = Actor(self.problem.environment.observation.columns, self.tasks[0].actions, self.settings["actorHidden"])
        actor.load_state_dict(self.tasks[request.task].actor.state_dict())

        @torch.no_grad()
        def act(observation: np.ndarray) -> np.ndarray:
            return actor(torch.from_numpy(observation))[0].tanh().numpy()

        return act

    def save(self) -> bytes:
        file = io.BytesIO()
        randoms = (torch.get_rng_state(), np.random.get_state())
        torch.save({"tasks": [task.state() for task in self.tasks], "randoms": randoms}, file)
        return file.getvalue()

    def restore(self, data: bytes) -> None:
        state = torch.load(io.BytesIO(data), weights_only=False)
        for task, own in zip(self.tasks, state["tasks"]):
            task.load(own)
        torch.set_rng_state(state["randoms"][0])
        np.random.set_state(state["randoms"][1])


if __name__ == "__main__":
    gait.run(SACPerTask)
