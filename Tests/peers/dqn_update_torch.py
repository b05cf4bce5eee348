"""An update of double DQN in PyTorch, at the sizes of `dqn-update` in `gait bench learning`: network 4-512-512-2, a batch of 64 n-step
transitions with importance weights; target, loss, backward, one step of Adam. Eager mode.

    python dqn_update_torch.py [threads]
"""
import statistics
import sys
import time

import torch
from torch import nn

threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
torch.set_num_threads(threads)
torch.manual_seed(0)
OBSERVATION, HIDDEN, ACTIONS, BATCH = 4, 512, 2, 64


def network():
    return nn.Sequential(
        nn.Linear(OBSERVATION, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, ACTIONS))


online, target = network(), network()
target.load_state_dict(online.state_dict())
optimizer = torch.optim.Adam(online.parameters(), lr=1e-3, foreach=True)
observation, following = torch.randn(BATCH, OBSERVATION), torch.randn(BATCH, OBSERVATION)
action = torch.randint(ACTIONS, (BATCH, 1))
reward, bootstrap, weight = torch.randn(BATCH, 1), torch.full((BATCH, 1), 0.99**3), torch.rand(BATCH, 1)


def update():
    with torch.no_grad():
        best = online(following).argmax(1, keepdim=True)
        y = reward + bootstrap * target(following).gather(1, best)
    loss = (weight * (y - online(observation).gather(1, action)).square()).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def rate(body, seconds=3.0, windows=10):
    """Calls a second of processor time, the median of short windows, as `gait bench learning` counts."""
    for _ in range(5):
        body()
    rates = []
    for _ in range(windows):
        calls, start = 0, time.process_time()
        while time.process_time() - start < seconds / windows:
            body()
            calls += 1
        rates.append(calls / (time.process_time() - start))
    return statistics.median(rates)


print(f"torch {torch.__version__} threads {threads} dqn-update {rate(update):.1f} updates/s")
