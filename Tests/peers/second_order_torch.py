"""Second-order passes in PyTorch, at the sizes of `engine/meta-gradient` and `engine/hessian-vector` in `gait bench
learning`: a tanh network 20 -> 64 -> 64 -> 6 on 4000 rows (20 trajectories of 200 steps), mean squared error.

    python second_order_torch.py [threads]

meta-gradient: one inner gradient step of size 0.1, differentiated through. hessian-vector: the exact product of the loss's
Hessian with a vector. Both the usual way, by torch.autograd.grad with create_graph, and by torch.func.
"""
import statistics
import sys
import time

import torch
from torch.func import functional_call, grad, jvp

threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
torch.set_num_threads(threads)
torch.manual_seed(0)
network = torch.nn.Sequential(
    torch.nn.Linear(20, 64), torch.nn.Tanh(), torch.nn.Linear(64, 64), torch.nn.Tanh(), torch.nn.Linear(64, 6))
x, y = torch.randn(4000, 20), torch.randn(4000, 6)
parameters = list(network.parameters())
named = {name: p.detach() for name, p in network.named_parameters()}
vector = [p.detach() for p in parameters]
named_vector = dict(named)


def loss(ps):
    h = x
    for i in range(0, 6, 2):
        h = torch.nn.functional.linear(h, ps[i], ps[i + 1])
        if i < 4:
            h = torch.tanh(h)
    return (h - y).square().mean()


def named_loss(ps):
    return (functional_call(network, ps, (x,)) - y).square().mean()


def meta_gradient():
    inner = torch.autograd.grad(loss(parameters), parameters, create_graph=True)
    return torch.autograd.grad(loss([p - 0.1 * g for p, g in zip(parameters, inner)]), parameters)


def hessian_vector():
    inner = torch.autograd.grad(loss(parameters), parameters, create_graph=True)
    return torch.autograd.grad(sum((g * v).sum() for g, v in zip(inner, vector)), parameters)


def meta_gradient_func():
    def outer(ps):
        inner = grad(named_loss)(ps)
        return named_loss({name: ps[name] - 0.1 * inner[name] for name in ps})
    return grad(outer)(named)


def hessian_vector_func():
    return jvp(grad(named_loss), (named,), (named_vector,))[1]


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


for name, body in [
    ("meta-gradient", meta_gradient), ("hessian-vector", hessian_vector),
    ("meta-gradient (torch.func)", meta_gradient_func), ("hessian-vector (torch.func)", hessian_vector_func),
]:
    print(f"torch {torch.__version__} threads {threads} {name} {rate(body):.1f} passes/s")
