"""Gait from Python: agents and families of your own for Gait, and Gait's families as Gymnasium environments. Needs NumPy.

An agent, trained by `./gait train ./my_agent.py half-cheetah-dir` (make the file executable; its first line is `#!/usr/bin/env python3`):

    import gait

    class Mine(gait.Agent):
        settings = {"learning_rate": 3e-4}
        policies = [gait.PolicyInfo("personal", "personalized policy", tasks="training")]

        def train(self, session):
            envs = [session.make(task) for task in range(len(self.problem.tasks))]
            while session.steps_left > 0:
                ...  # act, envs[0].step(actions), learn
                session.pause({"loss": loss})

        def policy(self, request):
            return frozen_copy_of_the_network_of(request.task)  # observation -> action

        def save(self): ...  # bytes
        def restore(self, data): ...

    if __name__ == "__main__":
        gait.run(Mine)

Gait's families for other programs: `gait.make("half-cheetah-dir", task=0)` is a Gymnasium environment, `copies=10` makes a vector
environment of it. A trained policy: `gait.load("runs/train/half-cheetah-dir/sac-per-task/seed-0").act(observation)`.

The protocol is described in Sources/Programs/PROTOCOL.md of Gait. This file may be copied into other projects (MIT licence).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterable, Sequence

import numpy as np

PROTOCOL = 1

# What messages ask for; a reply has the number of its request plus REPLY.
REFUSAL, HELLO, ALIVE = 0, 1, 2
FAMILY, MAKE, RESET, STEP, CLOSE, PICTURE, STATE = 16, 17, 18, 19, 20, 21, 22
START, TRAIN, SAVE, RESTORE, POLICY, ACT, RELEASE = 32, 33, 34, 35, 36, 37, 38
PAUSE, WARN = 48, 49
REPLY = 0x100

# How a step left its episode.
GOES_ON, TERMINATED, TRUNCATED, UNSTABLE = 0, 1, 2, 3

ADAPTATION = 0xFFFFFFFF


class GaitError(Exception):
    """The other side refused a request; its words say why."""


class BudgetSpent(GaitError):
    """There are no environment steps, or no adaptation episodes, left. In `train` it may pass: the training has ended."""


class Stopped(BaseException):
    """Gait wants the training to end here: it was interrupted. Let it pass."""


# ---------------------------------------------------------------------------------------------------------------------------- channel


class Channel:
    """One end of the socket between Gait and a program."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._head = struct.Struct("<IIII")
        self._buffer = bytearray(1 << 16)
        self._view = memoryview(self._buffer)
        self._start = self._end = 0

    def send(self, kind: int, handle: int = 0, argument: int = 0, payload: bytes = b"") -> None:
        head = self._head.pack(len(payload), kind, handle, argument)
        self.socket.sendall(head + payload if len(payload) < 1 << 16 else head)
        if len(payload) >= 1 << 16:
            self.socket.sendall(payload)

    def receive(self) -> tuple[int, int, int, memoryview]:
        """Kind, handle, argument, payload; the payload is valid until the next call."""
        self._fill(16)
        size, kind, handle, argument = self._head.unpack_from(self._buffer, self._start)
        self._fill(16 + size)
        begin = self._start + 16
        self._start = begin + size
        return kind, handle, argument, self._view[begin : begin + size]

    def _fill(self, count: int) -> None:
        while self._end - self._start < count:
            if self._start == self._end:
                self._start = self._end = 0
            if self._start + count > len(self._buffer):
                rest = bytes(self._view[self._start : self._end])
                self._buffer = bytearray(max(count, len(self._buffer)))
                self._view = memoryview(self._buffer)
                self._view[: len(rest)] = rest
                self._start, self._end = 0, len(rest)
            received = self.socket.recv_into(self._view[self._end :])
            if received == 0:
                raise EOFError("Gait closed the channel")
            self._end += received

    def call(
        self, kind: int, handle: int = 0, argument: int = 0, payload: bytes = b"",
        serve: Callable[[int, int, int, memoryview], None] | None = None,
    ) -> tuple[int, memoryview]:
        """Sends a request and waits for its reply: argument and payload. `serve` answers what the other side asks for meanwhile.

        Raises GaitError, BudgetSpent or Stopped where the request is refused.
        """
        self.send(kind, handle, argument, payload)
        while True:
            answer, number, argument, payload = self.receive()
            if answer == kind + REPLY:
                return argument, payload
            if answer == REFUSAL:
                text = bytes(payload).decode(errors="replace")
                raise (Stopped if argument == 2 else BudgetSpent if argument == 1 else GaitError)(text)
            if answer == ALIVE:
                continue
            if serve is None:
                self.send(REFUSAL, payload=f"a request of kind {answer} can't be answered now".encode())
            else:
                serve(answer, number, argument, payload)


# --------------------------------------------------------------------------------------------------------------- spaces, environments


@dataclass(frozen=True)
class Space:
    """Values are rows of float32: a box of `size` numbers, or one number for each of `counts` choices."""

    kind: str  # box, discrete, multi-discrete
    size: int | None = None
    low: float | None = None
    high: float | None = None
    counts: tuple[int, ...] = ()

    @property
    def columns(self) -> int:
        return self.size if self.kind == "box" else len(self.counts)

    @staticmethod
    def of(words: dict) -> "Space":
        return Space(words["kind"], words.get("size"), words.get("low"), words.get("high"), tuple(words.get("counts") or ()))


@dataclass(frozen=True)
class EnvironmentInfo:
    """What is known of an environment before it is stepped."""

    observation: Space
    action: Space
    episode_limit: int
    time_step: float
    dynamics_vary: bool
    masks_actions: bool
    has_learning_reward: bool

    @staticmethod
    def of(words: dict) -> "EnvironmentInfo":
        return EnvironmentInfo(
            Space.of(words["observation"]), Space.of(words["action"]), words["episodeLimit"], words["timeStep"], words["dynamicsVary"],
            words["masksActions"], words["hasLearningReward"],
        )


class Environments:
    """Copies of one task that step together.

    After `step` and `reset` the attributes hold, for each copy: `observations` [copies, columns], `rewards` [copies], `learning_rewards`
    [copies] or None, `ends` [copies] (GOES_ON, TERMINATED, TRUNCATED, UNSTABLE), `masks` [copies, actions] or None. They are new arrays each
    time. A copy whose episode has ended must be reset before the next step. An UNSTABLE step has no valid next observation and
    should not be learned from.
    """

    def __init__(self, channel: Channel, info: EnvironmentInfo, copies: int, handle: int, request: dict, session: "Session | None" = None) -> None:
        self.channel, self.info, self.copies, self.handle, self.session = channel, info, copies, handle, session
        self._columns = info.observation.columns
        self._actions = info.action.columns
        self._choices = info.action.counts[0] if info.masks_actions else 0
        argument, payload = channel.call(MAKE, handle, payload=json.dumps(request).encode())
        self._take(argument, payload)

    def _take(self, argument: int, payload: memoryview) -> None:
        copies, columns = self.copies, self._columns
        numbers = copies * (columns + 1 + self.info.has_learning_reward)
        values = np.frombuffer(payload, np.float32, numbers).copy()
        self.observations = values[: copies * columns].reshape(copies, columns)
        self.rewards = values[copies * columns : copies * (columns + 1)]
        self.learning_rewards = values[copies * (columns + 1) :] if self.info.has_learning_reward else None
        self.ends = np.frombuffer(payload, np.uint8, copies, 4 * numbers).copy()
        self.masks = None
        if self._choices:
            self.masks = np.frombuffer(payload, np.uint8, copies * self._choices, 4 * numbers + copies).reshape(copies, -1).astype(bool)
        if self.session is not None:
            self.session.steps_left = argument

    def step(self, actions: np.ndarray) -> None:
        """Steps every copy. `actions` is [copies, action columns], or [copies] where there is one column."""
        actions = np.ascontiguousarray(actions, np.float32)
        if actions.size != self.copies * self._actions:
            raise ValueError(f"actions of shape {actions.shape}; ({self.copies}, {self._actions}) expected")
        self._take(*self.channel.call(STEP, self.handle, payload=actions.tobytes()))

    def reset(self, which: np.ndarray | None = None, seed: int | None = None) -> None:
        """Begins episodes in the copies where `which` [copies] is true; in all of them by default."""
        chosen = np.ones(self.copies, np.uint8) if which is None else np.asarray(which, bool).astype(np.uint8)
        payload = chosen.tobytes() + (b"" if seed is None else struct.pack("<Q", seed))
        self._take(*self.channel.call(RESET, self.handle, argument=int(seed is not None), payload=payload))

    def close(self) -> None:
        self.channel.call(CLOSE, self.handle)


# --------------------------------------------------------------------------------------------------------------------- agents for Gait


@dataclass(frozen=True)
class Task:
    """A training task: its name, and its numbers, from which an agent should not learn."""

    name: str
    parameters: dict[str, list[float]]


@dataclass(frozen=True)
class Problem:
    """What an agent is to solve."""

    environment: EnvironmentInfo
    tasks: list[Task]
    budget: int  # environment steps, all tasks together
    threads: int  # that it may use
    seed: int  # of everything that the agent draws


@dataclass(frozen=True)
class PolicyInfo:
    """A policy that an agent yields. Names that reports know: `meta`, `personal`."""

    name: str
    title: str
    tasks: str = "all"  # or "training": the training tasks only
    adapts: bool = False  # it plays in PolicyRequest.environment before it is used


@dataclass(frozen=True)
class PolicyRequest:
    """Which policy Gait wants to play."""

    name: str
    task: int | None  # the training task's number; None for an unseen task, and for a policy that adapts to any task
    seed: int  # of whatever it draws
    environment: Environments | None = None  # to adapt in, one copy, its first episode begun; None for policies that don't adapt
    episodes: int = 0  # that may be played there


class Session:
    """A training that is going on."""

    def __init__(self, runner: "_Runner") -> None:
        self._runner = runner
        self._count = 0
        self.steps_left = 0
        self.updates = 0  # gradient updates so far; set it, for the logs

    def make(self, task: int, copies: int = 1) -> Environments:
        """Copies of a training task. In a resumed run they stand where they stood when it was saved, if they are made in the same order."""
        self._count += 1
        return Environments(
            self._runner.channel, self._runner.problem.environment, copies, self._count, {"task": task, "copies": copies}, self)

    def pause(self, metrics: dict[str, float] | None = None, ends_round: bool = True) -> None:
        """To be called every few seconds at the most, where the agent's state is complete: Gait logs, evaluates, saves and stops here.

        `metrics` are means since the last call. Evaluations are made at the ends of rounds.
        """
        request = {"metrics": {k: float(v) for k, v in (metrics or {}).items()}, "updates": int(self.updates), "endsRound": ends_round}
        self._runner.channel.call(PAUSE, payload=json.dumps(request).encode(), serve=self._runner.serve)

    def warn(self, message: str) -> None:
        """Tells the user something that does not stop the training."""
        self._runner.channel.call(WARN, payload=message.encode())

    def alive(self) -> None:
        """Tells Gait that the agent is at work: for what takes minutes between two other calls."""
        self._runner.channel.send(ALIVE)


Policy = Callable[[np.ndarray], Any]


class Agent:
    """The base class of agents."""

    #: Every setting with its default: numbers, bools, strings, lists of them. `--set learning_rate=1e-4` changes one.
    settings: dict[str, Any] = {}
    #: What it yields, in the order in which evaluations play them.
    policies: Sequence[PolicyInfo] = (PolicyInfo("meta", "meta-policy"),)

    def __init__(self, problem: Problem, settings: dict[str, Any]) -> None:
        self.problem = problem
        self.settings = settings

    def train(self, session: Session) -> None:
        """Trains until `session.steps_left` is 0. Called again after `restore`, in a new process: goes on from there."""
        raise NotImplementedError

    def policy(self, request: PolicyRequest) -> Policy:
        """A policy, which must not change when training goes on: a function from an observation [columns] to an action.

        An object may also have `begin()`, called before each episode, `observe(reward, done)`, what the last action led to, and
        `act(observation, mask=..., stochastic=...)` instead of being called.
        """
        raise NotImplementedError

    def save(self) -> bytes:
        """Everything that the next step of training depends on, but the environments, which Gait saves."""
        raise NotImplementedError("this agent can't be saved: it has no method `save`")

    def restore(self, data: bytes) -> None:
        """Puts back what `save` gave."""
        raise NotImplementedError("this agent can't be restored: it has no method `restore`")


class _Runner:
    """Answers Gait's requests to an agent."""

    def __init__(self, kind: type[Agent], channel: Channel) -> None:
        self.kind, self.channel = kind, channel
        self.problem: Problem | None = None
        self.agent: Agent | None = None
        self.policies: dict[int, Any] = {}
        self.handlers = {
            HELLO: self.hello, START: self.start, TRAIN: self.train, SAVE: self.save, RESTORE: self.restore, POLICY: self.policy, ACT: self.act,
            RELEASE: self.release,
        }

    def serve(self, kind: int, handle: int, argument: int, payload: memoryview) -> None:
        """Answers one request."""
        try:
            handler = self.handlers.get(kind)
            if handler is None:
                raise GaitError(f"a request of kind {kind} is unknown here")
            reply = handler(handle, argument, payload)
        except EOFError:
            raise
        except Exception as error:
            traceback.print_exc()
            self.channel.send(REFUSAL, payload=f"{type(error).__name__}: {error}".encode())
        else:
            self.channel.send(kind + REPLY, handle, payload=reply)

    def hello(self, handle: int, argument: int, payload: memoryview) -> bytes:
        greeting = json.loads(bytes(payload))
        if greeting["protocol"] != PROTOCOL:
            raise GaitError(f"this client speaks version {PROTOCOL} of the protocol, Gait version {greeting['protocol']}")
        summary = (self.kind.__doc__ or self.kind.__name__).strip().split("\n")[0]
        return json.dumps({"protocol": PROTOCOL, "role": "agent", "summary": summary, "settings": self.kind.settings}).encode()

    def start(self, handle: int, argument: int, payload: memoryview) -> bytes:
        words = json.loads(bytes(payload))
        tasks = [Task(task["name"], task["parameters"]) for task in words["tasks"]]
        self.problem = Problem(EnvironmentInfo.of(words["environment"]), tasks, words["budget"], words["threads"], words["seed"])
        self.agent = self.kind(self.problem, words["settings"])
        infos = self.agent.policies
        return json.dumps(
            {"policies": [{"name": p.name, "title": p.title, "tasks": p.tasks, "adapts": p.adapts} for p in infos]}).encode()

    def train(self, handle: int, argument: int, payload: memoryview) -> bytes:
        session = Session(self)
        session.steps_left = argument
        try:
            self.agent.train(session)
        except (BudgetSpent, Stopped):
            pass
        return b""

    def save(self, handle: int, argument: int, payload: memoryview) -> bytes:
        return self.agent.save()

    def restore(self, handle: int, argument: int, payload: memoryview) -> bytes:
        self.agent.restore(bytes(payload))
        return b""

    def policy(self, handle: int, argument: int, payload: memoryview) -> bytes:
        words = json.loads(bytes(payload))
        environment, episodes = None, words.get("episodes", 0)
        if episodes > 0:
            environment = Environments(self.channel, self.problem.environment, 1, ADAPTATION, {})
        self.policies[handle] = self.agent.policy(
            PolicyRequest(words["policy"], words.get("task"), words["seed"], environment, episodes))
        return b""

    def act(self, handle: int, argument: int, payload: memoryview) -> bytes:
        policy, columns = self.policies[handle], self.problem.environment.observation.columns
        values = np.frombuffer(payload, np.float32, 1 + columns).copy()
        if argument & 1:
            if hasattr(policy, "begin"):
                policy.begin()
        elif hasattr(policy, "observe"):
            policy.observe(float(values[0]), bool(argument & 4))
        if hasattr(policy, "act"):
            mask = np.frombuffer(payload, np.uint8, offset=4 * (1 + columns)).astype(bool)
            action = policy.act(values[1:], mask=mask if mask.size else None, stochastic=bool(argument & 2))
        else:
            action = policy(values[1:])
        return np.asarray(action, np.float32).tobytes()

    def release(self, handle: int, argument: int, payload: memoryview) -> bytes:
        self.policies.pop(handle, None)
        return b""


def run(kind: type) -> None:
    """Runs an agent or a family that Gait started. Returns when Gait is done with it."""
    number = os.environ.get("GAIT_CHANNEL")
    if number is None:
        sys.exit(f"{sys.argv[0]} is a program for Gait: gait train {sys.argv[0]} half-cheetah-dir")
    channel = Channel(socket.socket(fileno=int(number)))
    runner = _Runner(kind, channel)
    try:
        while True:
            runner.serve(*channel.receive())
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # Gait is done with it, or gone
