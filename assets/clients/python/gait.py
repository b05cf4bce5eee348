"""Gait from Python: agents and families of your own for Gait, and Gait's families as Gymnasium environments. Needs Python 3.9 and NumPy.

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

import contextlib
import functools
import json
import math
import operator
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Sequence

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

# Bytes of a message's payload at the most.
LONGEST = 0xFFFFFFFF

# A buffer that a message made larger than this is given back after it.
KEPT = 1 << 26


class GaitError(Exception):
    """The other side refused a request; its words say why."""


class BudgetSpent(GaitError):
    """There are no environment steps, or no adaptation episodes, left. In `train` it may pass: the training has ended."""


class Stopped(BaseException):
    """Gait wants the training to end here: it was interrupted. Let it pass."""


class _Closed(EOFError):
    """Gait closed the channel. A class of its own: an EOFError may also be one of the user's code."""


# ---------------------------------------------------------------------------------------------------------------------------- channel


def _plain(value: Any) -> Any:
    """NumPy's numbers are numbers."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} of type {type(value).__name__} can't be sent as JSON")


def _json(value: Any) -> bytes:
    """JSON in UTF-8. Gait reads some of it as YAML, where a character beyond U+FFFF can't be two escapes, as `json` writes it otherwise."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    # What YAML may not have as it is, or takes for the end of a line.
    return re.sub("[\ud800-\udfff\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", text).encode()


class Channel:
    """One end of the socket between Gait and a program."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._head = struct.Struct("<IIII")
        self._buffer = bytearray(1 << 16)
        self._view = memoryview(self._buffer)
        self._start = self._end = 0
        self._sending = threading.Lock()  # `alive` may come from a thread

    def send(self, kind: int, handle: int = 0, argument: int = 0, payload: bytes = b"") -> None:
        head = self._head.pack(len(payload), kind, handle, argument)
        with self._sending:
            if self.socket.fileno() < 0:
                raise GaitError("this environment is closed")
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
                if len(self._buffer) > KEPT >= count:
                    self._buffer = bytearray(1 << 16)
                    self._view = memoryview(self._buffer)
            if self._start + count > len(self._buffer):
                rest = bytes(self._view[self._start : self._end])
                self._buffer = bytearray(max(count, len(self._buffer)))
                self._view = memoryview(self._buffer)
                self._view[: len(rest)] = rest
                self._start, self._end = 0, len(rest)
            received = self.socket.recv_into(self._view[self._end :])
            if received == 0:
                raise _Closed("Gait closed the channel")
            self._end += received

    def call(
        self, kind: int, handle: int = 0, argument: int = 0, payload: bytes = b"",
        serve: Callable[[int, int, int, memoryview], None] | None = None,
    ) -> tuple[int, memoryview]:
        """Sends a request and waits for its reply: argument and payload. `serve` answers what the other side asks for meanwhile.

        Raises GaitError, BudgetSpent or Stopped where the request is refused. Anything else that it raises, such as KeyboardInterrupt, closes the
        channel: the reply is still to come, and would be taken for that of the next request.
        """
        try:
            self.send(kind, handle, argument, payload)
            while True:
                answer, number, argument, found = self.receive()
                if answer in (kind + REPLY, REFUSAL):
                    break
                if answer == ALIVE:
                    continue
                if serve is None:
                    self.send(REFUSAL, payload=f"a request of kind {answer} can't be answered now".encode())
                else:
                    serve(answer, number, argument, found)
        except BaseException:
            self.socket.close()
            raise
        if answer == REFUSAL:
            text = bytes(found).decode(errors="replace")
            raise (Stopped if argument == 2 else BudgetSpent if argument == 1 else GaitError)(text)
        return argument, found


# --------------------------------------------------------------------------------------------------------------- spaces, environments


@dataclass(frozen=True)
class Space:
    """Values are rows of float32: a box of `size` numbers, or one number for each of `counts` choices."""

    kind: str  # box, discrete, multi-discrete
    size: int = 0
    low: float | None = None
    high: float | None = None
    counts: tuple[int, ...] = ()

    @property
    def columns(self) -> int:
        return self.size if self.kind == "box" else len(self.counts)

    @staticmethod
    def of(words: dict) -> "Space":
        return Space(words["kind"], words.get("size") or 0, words.get("low"), words.get("high"), tuple(words.get("counts") or ()))


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
        argument, payload = channel.call(MAKE, handle, payload=_json(request))
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
        """Steps every copy. `actions` is [copies, action columns]; an axis of length 1 may be missing."""
        actions = np.ascontiguousarray(actions, np.float32)
        if [n for n in actions.shape if n != 1] != [n for n in (self.copies, self._actions) if n != 1]:
            raise ValueError(f"actions of shape {actions.shape}; ({self.copies}, {self._actions}) expected")
        self._take(*self.channel.call(STEP, self.handle, payload=actions.tobytes()))

    def reset(self, which: np.ndarray | None = None, seed: int | None = None) -> None:
        """Begins episodes in the copies where `which` [copies] is true; in all of them by default.

        `seed` is of everything that they draw. An agent can't choose it: Gait draws the seeds of a training and of an evaluation.
        """
        if seed is not None and (self.session is not None or self.handle == ADAPTATION):
            raise ValueError("reset: an agent can't choose the seed; Gait draws it")
        chosen = np.ones(self.copies, np.uint8) if which is None else np.asarray(which, bool).astype(np.uint8)
        payload = chosen.tobytes() + (b"" if seed is None else struct.pack("<Q", seed))
        self._take(*self.channel.call(RESET, self.handle, argument=int(seed is not None), payload=payload))

    def close(self) -> None:
        self.channel.call(CLOSE, self.handle)


# --------------------------------------------------------------------------------------------------------------------- agents for Gait


@dataclass(frozen=True)
class Task:
    """A task: its name, and its numbers, from which an agent should not learn.

    Each parameter is kept as a list of floats: a number becomes a list of one, an array a list of all its elements.
    """

    name: str
    parameters: dict[str, list[float]]

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise TypeError(f"the task's name is {self.name!r}; a text expected")
        lists = {key: [float(x) for x in np.ravel(numbers)] for key, numbers in self.parameters.items()}
        object.__setattr__(self, "parameters", lists)  # the class is frozen


@dataclass(frozen=True)
class Problem:
    """What an agent is to solve."""

    environment: EnvironmentInfo
    tasks: list[Task]
    budget: int  # environment steps, all tasks together
    threads: int  # that it may use
    seed: int  # of everything that the agent draws: below 2^64, for `np.random.default_rng(seed)`; `np.random.seed` takes less than 2^32


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
    seed: int  # of whatever it draws: below 2^63
    environment: Environments | None = None  # to adapt in, one copy, its first episode begun; None where `episodes` is 0
    episodes: int = 0  # that may be played there

    def alive(self) -> None:
        """As the function `alive`."""
        alive()


def alive() -> None:
    """Tells Gait that this program is at work: for what takes minutes in any method of an agent or a family.

    A thread may call it while the method waits for a library.
    """
    if _Server.current is not None:
        _Server.current.send(ALIVE)


class Session:
    """A training that is going on."""

    def __init__(self, runner: "_Runner") -> None:
        self._runner = runner
        self._count = 0
        self.steps_left = 0
        self.updates = 0  # gradient updates so far, also before a resume; count on, for the logs

    def make(self, task: int, copies: int = 1) -> Environments:
        """Copies of a training task. In a resumed run they stand where they stood when it was saved, if they are made in the same order."""
        self._count += 1
        return Environments(
            self._runner.channel, self._runner.known.environment, copies, self._count, {"task": task, "copies": copies}, self)

    def pause(self, metrics: dict[str, float] | None = None, ends_round: bool = True) -> None:
        """To be called every few seconds, where the agent's state is complete: Gait logs, evaluates, saves and stops here.

        `metrics` are means since the last call. Evaluations are made at the ends of rounds.
        """
        numbers = {key: float(value) for key, value in (metrics or {}).items()}
        for key, value in numbers.items():
            if not math.isfinite(value):
                raise ValueError(f"the metric {key!r} is {value}; the training has diverged, or leave the metric out")
        request = {"metrics": numbers, "updates": int(self.updates), "endsRound": ends_round}
        self._runner.channel.call(PAUSE, payload=_json(request), serve=self._runner.serve)

    def warn(self, message: str) -> None:
        """Tells the user something that does not stop the training."""
        self._runner.channel.call(WARN, payload=message.encode(errors="backslashreplace"))

    def alive(self) -> None:
        """Tells Gait that the agent is at work: for what takes minutes between two other calls."""
        self._runner.channel.send(ALIVE)


Policy = Callable[[np.ndarray], Any]


class Agent:
    """The base class of agents."""

    #: Every setting with its default: numbers, bools, strings, lists of them. A changed one has the default's type: 1 is a whole number, 1.0 is not.
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
        `act(observation, mask=..., stochastic=...)` instead of being called. What an episode's last action led to is told when the next
        episode begins, before `begin()`; after the last episode it is not told, nor after one that was unstable or
        that Gait stopped before its end. That an episode reached its limit is told.
        """
        raise NotImplementedError

    def save(self) -> bytes:
        """Everything that the next step of training depends on, but the environments, which Gait saves. Less than 4 GiB."""
        raise NotImplementedError("this agent can't be saved: it has no method `save`")

    def restore(self, data: bytes) -> None:
        """Puts back what `save` gave."""
        raise NotImplementedError("this agent can't be restored: it has no method `restore`")


class _Server:
    """Answers requests."""

    channel: Channel
    handlers: dict[int, Callable[[int, int, memoryview], bytes]]
    #: To Gait, from its first request on.
    current: Channel | None = None

    def serve(self, kind: int, handle: int, argument: int, payload: memoryview) -> None:
        """Answers one request."""
        _Server.current = self.channel
        try:
            handler = self.handlers.get(kind)
            if handler is None:
                raise GaitError(f"a request of kind {kind} is unknown here")
            reply = handler(handle, argument, payload)
            if len(reply) > LONGEST:
                raise GaitError(f"a reply of {len(reply)} bytes; at most {LONGEST}, 4 GiB, can be sent")
        except _Closed:
            raise
        except Exception as error:
            traceback.print_exc()
            self.channel.send(REFUSAL, payload=f"{type(error).__name__}: {error}".encode(errors="backslashreplace"))
        else:
            self.channel.send(kind + REPLY, handle, payload=reply)


class _Runner(_Server):
    """Answers Gait's requests to an agent."""

    def __init__(self, kind: type[Agent], channel: Channel) -> None:
        self.kind, self.channel = kind, channel
        self._problem: Problem | None = None
        self._agent: Agent | None = None
        self.policies: dict[int, Any] = {}
        self.handlers = {
            HELLO: self.hello, START: self.start, TRAIN: self.train, SAVE: self.save, RESTORE: self.restore, POLICY: self.policy, ACT: self.act,
            RELEASE: self.release,
        }

    @property
    def known(self) -> Problem:
        if self._problem is None:
            raise GaitError("the agent was not started")
        return self._problem

    @property
    def agent(self) -> Agent:
        if self._agent is None:
            raise GaitError("the agent was not started")
        return self._agent

    def hello(self, handle: int, argument: int, payload: memoryview) -> bytes:
        return _greeting("agent", self.kind, payload)

    def start(self, handle: int, argument: int, payload: memoryview) -> bytes:
        words = json.loads(bytes(payload))
        tasks = [Task(task["name"], task["parameters"]) for task in words["tasks"]]
        for method in ("save", "restore"):
            if getattr(self.kind, method) is getattr(Agent, method):
                raise GaitError(f"{self.kind.__name__} has no method `{method}`; every run ends with a checkpoint, which needs it")
        self._problem = Problem(EnvironmentInfo.of(words["environment"]), tasks, words["budget"], words["threads"], words["seed"])
        self._agent = self.kind(self._problem, words["settings"])
        infos = self._agent.policies
        return _json({"policies": [{"name": p.name, "title": p.title, "tasks": p.tasks, "adapts": p.adapts} for p in infos]})

    def train(self, handle: int, argument: int, payload: memoryview) -> bytes:
        session = Session(self)
        session.steps_left = argument
        session.updates = json.loads(bytes(payload) or b"{}").get("updates", 0)
        try:
            self.agent.train(session)
        except (BudgetSpent, Stopped):
            pass
        return b""

    def save(self, handle: int, argument: int, payload: memoryview) -> bytes:
        data = self.agent.save()
        if not isinstance(data, (bytes, bytearray)):
            raise GaitError(f"save() gave {type(data).__name__}; bytes expected")
        return bytes(data)

    def restore(self, handle: int, argument: int, payload: memoryview) -> bytes:
        self.agent.restore(bytes(payload))
        return b""

    def policy(self, handle: int, argument: int, payload: memoryview) -> bytes:
        words = json.loads(bytes(payload))
        environment, episodes = None, words.get("episodes", 0)
        if episodes > 0:
            environment = Environments(self.channel, self.known.environment, 1, ADAPTATION, {})
        self.policies[handle] = self.agent.policy(
            PolicyRequest(words["policy"], words.get("task"), words["seed"], environment, episodes))
        return b""

    def act(self, handle: int, argument: int, payload: memoryview) -> bytes:
        policy, columns = self.policies[handle], self.known.environment.observation.columns
        values = np.frombuffer(payload, np.float32, 1 + columns).copy()
        if (argument & 4 or not argument & 1) and hasattr(policy, "observe"):
            policy.observe(float(values[0]), bool(argument & 4))
        if argument & 1 and hasattr(policy, "begin"):
            policy.begin()
        if hasattr(policy, "act"):
            mask = np.frombuffer(payload, np.uint8, offset=4 * (1 + columns)).astype(bool)
            action = policy.act(values[1:], mask=mask if mask.size else None, stochastic=bool(argument & 2))
        else:
            action = policy(values[1:])
        return np.asarray(action, np.float32).tobytes()

    def release(self, handle: int, argument: int, payload: memoryview) -> bytes:
        self.policies.pop(handle, None)
        return b""


# ------------------------------------------------------------------------------------------------------------------ families for Gait


class Family:
    """The base class of families: Gymnasium environments of your own that Gait's agents train on.

    Random numbers in an episode must come from the generator that `reset(seed=...)` seeds (`self.np_random`): Gait restores a run in the middle
    of an episode by playing it again. A step whose reward or observation is not finite ends the episode as unstable.
    """

    #: Every setting with its default; see Agent.settings.
    settings: dict[str, Any] = {}
    #: Steps after which an episode is truncated, at most 1,000,000; None: what the environments' `spec` says.
    episode_limit: int | None = None
    #: Whether tasks differ in their transitions, not only in their rewards.
    dynamics_vary: bool = True
    #: Whether `info` of `reset` and `step` has `action_mask`, true for each action that can be taken, which agents then keep to.
    masks_actions: bool = False
    #: Whether `info` of `step` has `learning_reward`, from which agents learn while the reward is what counts.
    has_learning_reward: bool = False

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings

    def tasks(self, seed: int) -> tuple[list[Task], list[Task]]:
        """The training tasks and the test tasks, drawn from `seed`. Names are unique within a list.

        Called with other seeds, too, and not at all for a run that is resumed or filmed: nothing that `environment` needs may be kept here.
        """
        raise NotImplementedError

    def environment(self, task: Task) -> Any:
        """A `gymnasium.Env` of a task, whose parameters are lists of floats (see `Task`). All tasks have the same spaces.

        It depends on the task's parameters and the settings alone.
        """
        raise NotImplementedError


class _Converter:
    """A Gymnasium space in Gait's words, and its values as rows of float32. Boxes of actions become -1...1."""

    def __init__(self, space: Any, is_action: bool) -> None:
        kind = type(space).__name__
        self.scale: tuple[np.ndarray, np.ndarray] | None = None
        self.first: Any = 0  # choices are numbered from 0 towards Gait
        if kind == "Box":
            low, high = space.low.reshape(-1), space.high.reshape(-1)
            bounds: tuple[float | None, float | None] = (None, None)
            if is_action:
                if not (np.isfinite(low).all() and np.isfinite(high).all()):
                    raise GaitError("the action space has no bounds; Gait's agents act in -1...1")
                if np.issubdtype(space.dtype, np.integer) and (abs(float(low.min())) > 2**53 or abs(float(high.max())) > 2**53):
                    raise GaitError("the action space has integers beyond 2^53; smaller ones expected")
                # In float64: the width of a box of integers may be beyond their type, and rounding in float32 may lead out of a box.
                self.scale, bounds = (low.astype(np.float64), high.astype(np.float64)), (-1.0, 1.0)
            self.words = {"kind": "box", "size": int(low.size), "low": bounds[0], "high": bounds[1]}
            self.shape, self.dtype = space.shape, space.dtype
        elif kind == "Discrete":
            self.words, self.first = {"kind": "discrete", "counts": [int(space.n)]}, int(space.start)
        elif kind == "MultiDiscrete":
            self.words = {"kind": "multi-discrete", "counts": [int(n) for n in space.nvec.reshape(-1)]}
            self.first, self.shape = np.asarray(getattr(space, "start", 0)).reshape(-1), space.nvec.shape
        else:
            raise GaitError(f"a space of type {kind}; Box, Discrete or MultiDiscrete expected (gymnasium.wrappers.FlattenObservation may help)")
        self.kind = kind

    def row(self, value: Any) -> np.ndarray:
        return np.asarray(value, np.float32).reshape(-1) - self.first

    def value(self, row: np.ndarray) -> Any:
        if self.scale is not None:
            low, high = self.scale
            exact = low + (np.clip(row, -1, 1).astype(np.float64) + 1) * (high - low) / 2
            if np.issubdtype(self.dtype, np.integer):
                exact = np.rint(exact)
            return np.clip(exact.astype(self.dtype), low.astype(self.dtype), high.astype(self.dtype)).reshape(self.shape)
        return int(row[0]) + self.first if self.kind == "Discrete" else (row.astype(np.int64) + self.first).reshape(self.shape)


class _Last:
    """What copies of an environment showed last, as it is sent."""

    def __init__(self, copies: int, columns: int, choices: int, has_learning_reward: bool) -> None:
        self.observations, self.rewards = np.zeros((copies, columns), np.float32), np.zeros(copies, np.float32)
        self.learning_rewards = np.zeros(copies if has_learning_reward else 0, np.float32)
        self.ends, self.masks = np.zeros(copies, np.uint8), np.ones((copies, choices), np.uint8)
        self.has_warned = False

    def set(self, copy: int, observation: np.ndarray, rewards: dict[str, Any], end: int, info: dict[str, Any]) -> None:
        """`rewards` are the reward and, where there is one, that to learn from, by what they are called in messages."""
        for name, value in rewards.items():
            if not isinstance(value, (int, float, np.number, np.bool_)):
                raise GaitError(f"the environment's {name} is {value!r}; a number expected")
        if observation.size != self.observations.shape[1]:
            raise GaitError(f"the environment's observation has {observation.size} numbers; its space has {self.observations.shape[1]}")
        if not self.has_warned and not (all(map(math.isfinite, rewards.values())) and np.isfinite(observation).all()):
            self.has_warned = True
            print(f"not a number: {rewards}, observation {observation.tolist()}; such an episode ends as unstable", file=sys.stderr)
        self.observations[copy], self.ends[copy] = observation, end
        for array, value in zip((self.rewards, self.learning_rewards), rewards.values()):
            array[copy] = value
        if self.masks.size:
            mask = np.asarray(info.get("action_mask", ()), bool).reshape(-1)
            if mask.size != self.masks.shape[1] or not (mask.any() or end != GOES_ON):
                raise GaitError(
                    f"the environment's info['action_mask'] has {mask.size} actions, {mask.sum()} of them possible; {self.masks.shape[1]} expected, "
                    "at least one of them possible")
            self.masks[copy] = mask

    def payload(self) -> bytes:
        return b"".join(part.tobytes() for part in (self.observations, self.rewards, self.learning_rewards, self.ends, self.masks))


class _FamilyRunner(_Server):
    """Answers Gait's requests to a family."""

    def __init__(self, kind: type[Family], channel: Channel) -> None:
        self.kind, self.channel = kind, channel
        self._family: Family | None = None
        self.environments: dict[int, list[Any]] = {}
        self.last: dict[int, _Last] = {}
        self.handlers = {
            HELLO: self.hello, FAMILY: self.describe, MAKE: self.make, RESET: self.reset, STEP: self.step, PICTURE: self.picture, STATE: self.replay,
            CLOSE: self.close,
        }

    @property
    def family(self) -> Family:
        if self._family is None:
            raise GaitError("the family was not asked what it is")
        return self._family

    def hello(self, handle: int, argument: int, payload: memoryview) -> bytes:
        return _greeting("family", self.kind, payload)

    def describe(self, handle: int, argument: int, payload: memoryview) -> bytes:
        words = json.loads(bytes(payload))
        self._family = self.kind(words["settings"])
        train, test = self.family.tasks(words["taskSeed"])
        if not train:
            raise GaitError("the family has no training task")
        for some in (train, test):
            names = [task.name for task in some]
            if len(set(names)) < len(names):
                raise GaitError(f"two tasks have the name {max(names, key=names.count)!r}; results are kept by the names of tasks")
        example = self.family.environment(train[0])
        self.observation, self.action = _Converter(example.observation_space, False), _Converter(example.action_space, True)
        if self.family.masks_actions and self.action.kind != "Discrete":
            raise GaitError(f"masks_actions needs a Discrete action space, found {self.action.kind}")
        limit = self.family.episode_limit or (example.spec and example.spec.max_episode_steps)
        if not limit:
            raise GaitError("episode_limit is missing: the number of steps after which an episode is truncated")
        if not self._repeats(example):
            print(
                "an episode that begins with the same seed and takes the same actions is another one, so this family can't be filmed, and a resumed run "
                "is another one. All that is random in an episode must come from the seed that reset() gets, by self.np_random", file=sys.stderr)
        frames = (getattr(example, "metadata", None) or {}).get("render_fps")
        example.close()

        def words_of(task: Task) -> dict:
            if not all(math.isfinite(x) for numbers in task.parameters.values() for x in numbers):
                raise GaitError(f"the parameters of task {task.name!r} are {task.parameters}; finite numbers expected")
            return {"name": task.name, "parameters": task.parameters}

        environment = {
            "observation": self.observation.words, "action": self.action.words, "episodeLimit": int(limit),
            "timeStep": 1 / frames if frames else 0, "dynamicsVary": bool(self.family.dynamics_vary), "masksActions": bool(self.family.masks_actions),
            "hasLearningReward": bool(self.family.has_learning_reward), "hasPictures": getattr(example, "render_mode", None) == "rgb_array",
        }
        answer = {"environment": environment, "train": [words_of(task) for task in train], "test": [words_of(task) for task in test]}
        return _json(answer)

    def _repeats(self, environment: Any) -> bool:
        """Whether the beginning of an episode can be played again. True where it can't be played at all, which is said when Gait does."""

        def episode() -> list[np.ndarray]:
            random, counts = np.random.default_rng(0), self.action.words.get("counts")
            observation, info = environment.reset(seed=1)
            seen = [self.observation.row(observation)]
            for _ in range(10):
                row = random.integers(counts) if counts else random.uniform(-1, 1, self.action.words["size"])
                if self.family.masks_actions:
                    row = random.choice(np.flatnonzero(info["action_mask"]), 1)
                observation, _, terminated, truncated, info = environment.step(self.action.value(np.asarray(row, np.float32)))
                seen.append(self.observation.row(observation))
                if terminated or truncated:
                    break
            return seen

        try:
            first, second = episode(), episode()
        except Exception:
            return True
        return len(first) == len(second) and all(map(functools.partial(np.array_equal, equal_nan=True), first, second))

    def make(self, handle: int, argument: int, payload: memoryview) -> bytes:
        words = json.loads(bytes(payload))
        task, copies = Task(words["task"]["name"], words["task"]["parameters"]), words["copies"]
        self.environments[handle] = [self.family.environment(task) for _ in range(copies)]
        choices = Space.of(self.action.words).counts[0] if self.family.masks_actions else 0
        self.last[handle] = _Last(copies, Space.of(self.observation.words).columns, choices, self.family.has_learning_reward)
        return b""

    def _begin(self, handle: int, copy: int, seed: int) -> None:
        observation, info = self.environments[handle][copy].reset(seed=seed)
        if not np.isfinite(self.observation.row(observation)).all():
            raise GaitError(f"the environment's reset() gave the observation {observation!r}; finite numbers expected")
        rewards = {"reward": 0.0} | ({"learning reward": 0.0} if self.family.has_learning_reward else {})
        self.last[handle].set(copy, self.observation.row(observation), rewards, GOES_ON, info)

    def _advance(self, handle: int, copy: int, row: np.ndarray) -> None:
        observation, reward, terminated, truncated, info = self.environments[handle][copy].step(self.action.value(row))
        rewards = {"reward": reward} | ({"info['learning_reward']": info.get("learning_reward")} if self.family.has_learning_reward else {})
        end = TERMINATED if terminated else TRUNCATED if truncated else GOES_ON
        self.last[handle].set(copy, self.observation.row(observation), rewards, end, info)

    def reset(self, handle: int, argument: int, payload: memoryview) -> bytes:
        copies = len(self.environments[handle])
        (seed,) = struct.unpack_from("<Q", payload, copies)
        for copy in np.flatnonzero(np.frombuffer(payload, np.uint8, copies)):
            self._begin(handle, int(copy), seed)
        return self.last[handle].payload()

    def step(self, handle: int, argument: int, payload: memoryview) -> bytes:
        copies = len(self.environments[handle])
        for copy, row in enumerate(np.frombuffer(payload, np.float32).copy().reshape(copies, -1)):
            self._advance(handle, copy, row)
        return self.last[handle].payload()

    def picture(self, handle: int, argument: int, payload: memoryview) -> bytes:
        image = np.asarray(self.environments[handle][argument].render())
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise GaitError(f"the environment's render() gave {image.dtype} of shape {image.shape}; uint8 of shape (height, width, 3) expected")
        return struct.pack("<II", image.shape[1], image.shape[0]) + image.tobytes()

    def replay(self, handle: int, argument: int, payload: memoryview) -> bytes:
        """Plays an episode of one copy again."""
        self._begin(handle, argument, struct.unpack_from("<Q", payload)[0])
        for row in np.frombuffer(payload, np.float32, offset=8).copy().reshape(-1, Space.of(self.action.words).columns):
            self._advance(handle, argument, row)
        return self.last[handle].payload()

    def close(self, handle: int, argument: int, payload: memoryview) -> bytes:
        for environment in self.environments.pop(handle):
            environment.close()
        del self.last[handle]
        return b""


def _check_version(version: int | None) -> None:
    if version != PROTOCOL:
        raise GaitError(f"this client speaks version {PROTOCOL} of the protocol, Gait version {version}")


def _greeting(role: str, kind: type[Agent] | type[Family], payload: memoryview) -> bytes:
    _check_version(json.loads(bytes(payload)).get("protocol"))
    summary = (kind.__doc__ or kind.__name__).strip().split("\n")[0]
    return _json({"protocol": PROTOCOL, "role": role, "summary": summary, "settings": kind.settings})


def run(kind: type[Agent] | type[Family]) -> None:
    """Runs an agent or a family that Gait started. Returns when Gait is done with it."""
    number = os.environ.get("GAIT_CHANNEL")
    if number is None:
        how = f"my-agent {sys.argv[0]}" if issubclass(kind, Family) else f"{sys.argv[0]} half-cheetah-dir"
        sys.exit(f"{sys.argv[0]} is a program for Gait; start it by: gait train {how}")
    channel = Channel(socket.socket(fileno=int(number)))
    # Only this process has the channel: where it dies, Gait sees that at once, although workers that it started live on.
    channel.socket.set_inheritable(False)
    os.register_at_fork(after_in_child=channel.socket.close)
    runner: _Server = _FamilyRunner(kind, channel) if issubclass(kind, Family) else _Runner(kind, channel)
    try:
        while True:
            runner.serve(*channel.receive())
    except (_Closed, BrokenPipeError, ConnectionResetError):
        pass  # Gait is done with it, or gone


# ----------------------------------------------------------------------------------------------------------- Gait's families for others


class Server:
    """A `gait serve` process with one of Gait's families: its tasks, and environments of them."""

    def __init__(
        self, family: str, settings: dict[str, Any] | None = None, task_seed: int | None = None, program: str | None = None,
    ) -> None:
        path = program or _find_gait()
        own, other = socket.socketpair()
        with other:
            try:
                self.process = subprocess.Popen([path, "serve", "--channel", str(other.fileno())], pass_fds=[other.fileno()])
            except OSError as error:
                own.close()
                raise GaitError(
                    f"{path} can't be started ({error.strerror}); the environment variable GAIT has the path of the program gait") from None
        self.channel = Channel(own)
        try:
            greeting = json.loads(bytes(self.channel.call(HELLO, payload=_json({"protocol": PROTOCOL}))[1]))
            _check_version(greeting.get("protocol"))
            request: dict[str, Any] = {"name": family, "settings": settings or {}}
            if task_seed is not None:
                request["taskSeed"] = task_seed
            words = json.loads(bytes(self.channel.call(FAMILY, payload=_json(request))[1]))
        except (EOFError, OSError):
            self.close()
            raise GaitError(f"{path} serve could not be started, or is no program of Gait's; its message is above") from None
        except GaitError:
            self.close()
            raise
        self.name, self.info = words["name"], EnvironmentInfo.of(words["environment"])
        self.tasks = {key: [Task(t["name"], t["parameters"]) for t in words[key]] for key in ("train", "test")}
        self._handle = 0

    def make(
        self, task: int | str | dict[str, Any] = 0, copies: int = 1, set: str = "train", seed: int = 0,
    ) -> Environments:
        """Copies of a task: its number or name in a set of tasks, or the parameters of one of your own."""
        request: dict[str, Any] = {"copies": copies, "seed": seed}
        if isinstance(task, dict):
            request["parameters"] = {key: [float(x) for x in np.ravel(value)] for key, value in task.items()}
        else:
            request |= {"task": task if isinstance(task, str) else operator.index(task), "set": set}
        self._handle += 1
        return Environments(self.channel, self.info, copies, self._handle, request)

    def picture(self, environments: Environments, width: int = 320, height: int = 240) -> np.ndarray:
        """What environments of one copy look like now: uint8 [height, width, 3]."""
        if not (0 < width < 1 << 16 and 0 < height < 1 << 16):
            raise ValueError(f"a picture of {width} x {height} pixels; between 1 and 65535 expected")
        _, pixels = self.channel.call(PICTURE, environments.handle, argument=width << 16 | height)
        return np.frombuffer(pixels, np.uint8).reshape(height, width, 3).copy()

    def set_state(self, environments: Environments, state: np.ndarray | None = None) -> np.ndarray:
        """Begins an episode of a robot (one copy) in a state: positions, then velocities, float64. Returns the state."""
        payload = b"" if state is None else np.asarray(state, np.float64).tobytes()
        return np.frombuffer(self.channel.call(STATE, environments.handle, payload=payload)[1], np.float64).copy()

    def step_exactly(self, environments: Environments, action: np.ndarray) -> tuple[np.ndarray, float, int]:
        """One step of a robot (one copy) in float64: observation, reward, end."""
        _, payload = self.channel.call(STEP, environments.handle, argument=1, payload=np.asarray(action, np.float64).tobytes())
        values = np.frombuffer(payload, np.float64, self.info.observation.columns + 1)
        return values[:-1].copy(), float(values[-1]), payload[-1]

    def close(self) -> None:
        """Ends the process."""
        with contextlib.suppress(OSError):
            self.channel.socket.shutdown(socket.SHUT_RDWR)  # a process that was forked may hold it, too
        self.channel.socket.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _find_gait() -> str:
    """The variable GAIT, else `gait` of the project that this file lies in, else `gait` in PATH."""
    named = os.environ.get("GAIT")
    above = [folder / "gait" for folder in list(Path(__file__).resolve().parents)[2:4]]
    candidates = [named] if named else [str(path) for path in above if path.is_file() and os.access(path, os.X_OK)] + [shutil.which("gait")]
    for candidate in candidates:
        if candidate:
            return candidate
    raise GaitError("the program gait was not found; set the environment variable GAIT to its path")


def make(
    family: str, task: int | str | dict[str, Any] = 0, copies: int | None = None, *, set: str = "train", settings: dict[str, Any] | None = None,
    task_seed: int | None = None, seed: int = 0, render_mode: str | None = None, size: tuple[int, int] = (320, 240), program: str | None = None,
) -> Any:
    """A task of one of Gait's families as a `gymnasium.Env`; with `copies`, as a `gymnasium.vector.VectorEnv` of so many.

    `task` is its number or name in `set` ("train" or "test"), or parameters of your own: {"velocity": 2.2}. `gait tasks FAMILY` lists them.
    `settings` are the family's, as `--set family.trainTasks=150` has them: {"trainTasks": 150}. `task_seed` is what its tasks are drawn from, as
    `--task-seed`, by default those of all runs. `seed` is of the episodes that no `reset(seed=...)` begins.
    `size` is the width and height of pictures (render_mode="rgb_array").
    """
    server = Server(family, settings, task_seed, program)
    try:
        single, vector = _gymnasium_classes()
        if copies is None:
            return single(server, server.make(task, 1, set, seed), render_mode, size)
        return vector(server, server.make(task, copies, set, seed), render_mode, size)
    except BaseException:
        server.close()
        raise


@functools.lru_cache
def _gymnasium_classes() -> tuple[type, type]:
    """The classes, made when they are first needed, so that agents don't need Gymnasium."""
    try:
        import gymnasium
    except ImportError as error:
        raise ImportError("gait.make needs Gymnasium (pip install gymnasium); gait.Server(...).make(...) gives environments without it") from error
    from gymnasium import spaces
    from gymnasium.vector.utils import batch_space

    def space(words: Space) -> Any:
        if words.kind == "box":
            low, high = (np.float32(-np.inf if words.low is None else words.low), np.float32(np.inf if words.high is None else words.high))
            return spaces.Box(low, high, (words.size,), np.float32)
        return spaces.Discrete(words.counts[0]) if words.kind == "discrete" else spaces.MultiDiscrete(words.counts)

    class GaitEnv(gymnasium.Env):
        """A task of one of Gait's families. `info` has `unstable`, and where the family has them `action_mask` and `learning_reward`."""

        metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 20}

        def __init__(self, server: Server, copies: Environments, render_mode: str | None, size: tuple[int, int]) -> None:
            if render_mode not in (None, "rgb_array"):
                raise ValueError(f"render_mode {render_mode!r}; None or 'rgb_array' expected")
            self.server, self.copies, self.render_mode, self.size = server, copies, render_mode, size
            self.observation_space, self.action_space = space(server.info.observation), space(server.info.action)
            if server.info.time_step > 0:
                self.metadata = self.metadata | {"render_fps": round(1 / server.info.time_step)}

        def _observation(self) -> Any:
            row = self.copies.observations[0]
            kind = self.server.info.observation.kind
            return row if kind == "box" else np.int64(row[0]) if kind == "discrete" else row.astype(np.int64)

        def _info(self) -> dict[str, Any]:
            info: dict[str, Any] = {"unstable": bool(self.copies.ends[0] == UNSTABLE)}
            if self.copies.masks is not None:
                info["action_mask"] = self.copies.masks[0].astype(np.int8)
            if self.copies.learning_rewards is not None:
                info["learning_reward"] = float(self.copies.learning_rewards[0])
            return info

        def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple[Any, dict]:
            super().reset(seed=seed)
            self.copies.reset(seed=seed)
            return self._observation(), self._info()

        def step(self, action: Any) -> tuple[Any, float, bool, bool, dict]:
            self.copies.step(np.asarray(action, np.float32))
            end = self.copies.ends[0]
            return self._observation(), float(self.copies.rewards[0]), bool(end in (TERMINATED, UNSTABLE)), bool(end == TRUNCATED), self._info()

        def render(self) -> np.ndarray | None:
            return self.server.picture(self.copies, *self.size) if self.render_mode == "rgb_array" else None

        def close(self) -> None:
            self.server.close()

    class GaitVectorEnv(gymnasium.vector.VectorEnv):
        """Copies of a task that step together. One that ends begins anew in the same step; `final_obs` of the infos has its last observation."""

        metadata: dict[str, Any] = {"render_modes": []}

        def __init__(self, server: Server, copies: Environments, render_mode: str | None, size: tuple[int, int]) -> None:
            if render_mode is not None:
                raise ValueError("a vector environment has no pictures; make one copy of the task")
            self.server, self.copies, self.num_envs = server, copies, copies.copies
            self.single_observation_space, self.single_action_space = space(server.info.observation), space(server.info.action)
            self.observation_space = batch_space(self.single_observation_space, self.num_envs)
            self.action_space = batch_space(self.single_action_space, self.num_envs)
            mode = getattr(gymnasium.vector, "AutoresetMode", None)
            self.metadata = self.metadata | ({"autoreset_mode": mode.SAME_STEP} if mode else {})

        def _observations(self) -> np.ndarray:
            rows, kind = self.copies.observations, self.server.info.observation.kind
            return rows if kind == "box" else rows[:, 0].astype(np.int64) if kind == "discrete" else rows.astype(np.int64)

        def _infos(self) -> dict[str, Any]:
            infos: dict[str, Any] = {}
            if self.copies.learning_rewards is not None:
                infos["learning_reward"] = self.copies.learning_rewards.astype(np.float64)
            if self.copies.masks is not None:
                infos["action_mask"] = self.copies.masks.astype(np.int8)
            return infos

        def reset(self, *, seed: int | list[int | None] | None = None, options: dict | None = None) -> tuple[np.ndarray, dict]:
            """A list of seeds counts by its first one: all copies draw from one stream."""
            if isinstance(seed, (list, tuple, np.ndarray)):
                seed = None if len(seed) == 0 or seed[0] is None else int(seed[0])
            super().reset(seed=seed)
            self.copies.reset(seed=seed)
            return self._observations(), self._infos()

        def step(self, actions: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict]:
            self.copies.step(np.asarray(actions, np.float32))
            rewards, ends, infos = self.copies.rewards.astype(np.float64), self.copies.ends, self._infos()
            over = ends != GOES_ON
            if over.any():
                last = self._observations()
                final = np.full(self.num_envs, None, object)
                for copy in np.flatnonzero(over):
                    final[copy] = last[copy]
                unstable = ends == UNSTABLE
                self.copies.reset(over)
                begun = self._infos()
                # Rewards to learn from are those of the step; masks are those of the episodes that begin.
                infos |= {"final_obs": final, "_final_obs": over, "unstable": unstable} | {k: begun[k] for k in ("action_mask",) if k in begun}
            return self._observations(), rewards, (ends == TERMINATED) | (ends == UNSTABLE), ends == TRUNCATED, infos

        def close_extras(self, **kwargs: Any) -> None:
            self.server.close()

    return GaitEnv, GaitVectorEnv


# ------------------------------------------------------------------------------------------------------------------- trained policies


def read_safetensors(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """The arrays of a .safetensors file by name."""
    data = Path(path).read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    types = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "U64": np.uint64, "U8": np.uint8}
    arrays = {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            arrays[name] = np.frombuffer(data[8 + size + begin : 8 + size + end], types[entry["dtype"]]).reshape(entry["shape"])
    return arrays


class TrainedPolicy:
    """A policy of a run, played without Gait: a plain network whose weights are read from the newest checkpoint."""

    def __init__(self, layers: list[tuple[np.ndarray, np.ndarray]], output: Callable[[np.ndarray], np.ndarray]) -> None:
        self.layers, self.output = layers, output

    def act(self, observation: np.ndarray) -> np.ndarray:
        """The deterministic action for an observation [columns], or the actions for observations [batch, columns]."""
        x = np.asarray(observation, np.float32)
        columns = len(self.layers[0][0])
        if x.ndim == 0 or x.shape[-1] != columns:
            raise ValueError(
                f"observations of {columns} columns expected, found the shape {x.shape}; where a family's observation is one of so many states, "
                "its networks take a 1 in the state's own column")
        for index, (weight, bias) in enumerate(self.layers):
            x = x @ weight + bias
            if index < len(self.layers) - 1:
                x = np.maximum(x, 0)
        return self.output(x)


def _squashed_mean(x: np.ndarray) -> np.ndarray:
    """The action of a tanh-squashed Gaussian whose mean and log standard deviation are the columns of x."""
    return np.tanh(x[..., : x.shape[-1] // 2])


def _best(x: np.ndarray) -> np.ndarray:
    """The action of the largest value."""
    return x.argmax(-1)


# Of agents whose policies are plain networks of the observation: each policy's network in the checkpoint, the agent's first policy first, and the
# action that its output gives.
_PLAIN_POLICIES = {
    "sac-per-task": ({"personal": "task-{task}.actor.network"}, _squashed_mean),
    "pmeta-dqn": ({"personal": "task-{task}.learner.network", "meta": "meta"}, _best),
    "dqn-per-task": ({"personal": "task-{task}.learner.network"}, _best),
    "dqn-averaging": ({"average": "averaged", "local": "task-{task}.learner.network"}, _best),
    "dqn": ({"joint": "learner.network"}, _best),
}


def load(run: str | os.PathLike, task: int | str = 0, policy: str | None = None) -> TrainedPolicy:
    """A policy of a run, from its newest checkpoint.

    `task` is the number or the name of a training task; `policy` is named as in `evaluations.csv`, by default the agent's own: `personal`, `average`
    or `joint`. For agents whose policies are plain networks of the observation: `sac-per-task` and, on boxes of observations, `pmeta-dqn`,
    `dqn-per-task`, `dqn-averaging` and `dqn`. Others depend on what they infer of the task, and can be played by `gait evaluate`, `gait record`
    and `gait render` only.
    """
    run = Path(run)
    checkpoints = sorted((run / "checkpoints").glob("step-*"))
    if not checkpoints:
        raise GaitError(f"{run} has no checkpoint")
    text = (run / "config.yaml").read_text(encoding="utf-8")
    found = re.search(r"^agent: (.*)$", text, re.M)
    if found is None:
        raise GaitError(f"{run}/config.yaml names no agent")
    agent = found.group(1).strip("\"'")
    train = re.search(r"^tasks:\n  train:\n(.*?)^  test:", text, re.M | re.S)
    names = [name.strip("\"'") for name in re.findall(r"^ *- name: (.*)$", train.group(1) if train else "", re.M)]
    if isinstance(task, str):
        if task not in names:
            raise GaitError(f"the run has no training task {task!r}; it has {', '.join(names)}")
        task = names.index(task)
    elif not 0 <= task < len(names):
        raise GaitError(f"the run has no training task {task}; it has {len(names)}, from 0 on")
    if agent not in _PLAIN_POLICIES:
        raise GaitError(f"the policies of {agent} are no plain networks of the observation; those of {', '.join(_PLAIN_POLICIES)} are")
    parts, output = _PLAIN_POLICIES[agent]
    if policy is not None and policy not in parts:
        raise GaitError(f"{agent} has no policy {policy!r} that is a plain network; it has {', '.join(parts)}")
    part = parts[policy or next(iter(parts))].format(task=task)
    networks = read_safetensors(checkpoints[-1] / "networks.safetensors")
    layers: list[tuple[np.ndarray, np.ndarray]] = []
    while f"{part}.layers.{len(layers)}.weight" in networks:
        name = f"{part}.layers.{len(layers)}"
        layers.append((networks[name + ".weight"], networks[name + ".bias"]))
    if not layers:
        raise GaitError(f"{checkpoints[-1]} has no network of task {task}")
    return TrainedPolicy(layers, output)
