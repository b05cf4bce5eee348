"""A recurrent policy's gradient in PyTorch, at the sizes of `engine/gru-gradient` in `gait bench learning`: a GRU of 64
over 100 steps of 40 tasks, 32 inputs, loss the mean of the squared outputs; forward, and backward to all weights.

    python gru_torch.py [threads]
"""
import statistics
import sys
import time

import torch

threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
torch.set_num_threads(threads)
torch.manual_seed(0)
gru = torch.nn.GRU(32, 64)  # inputs [time, batch, features]
xs = torch.randn(100, 40, 32)
parameters = list(gru.parameters())


def gradient():
    outputs, _ = gru(xs)
    return torch.autograd.grad(outputs.square().mean(), parameters)


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


print(f"torch {torch.__version__} threads {threads} gru-gradient {rate(gradient):.1f} passes/s")
