"""torchgfn (PyPI) on the hyper-grid that Gait has as hyper-grid with `ends: full`: 8 x 8, R0 0.05, 64 terminal states.

    python3 -m venv /tmp/gfn && /tmp/gfn/bin/pip install torchgfn torch
    OMP_NUM_THREADS=1 /tmp/gfn/bin/python Tests/peers/gflownet_torchgfn.py --loss flow-matching --updates 600

Prints the exact L1 error (mean over terminal states) after so many updates of 16 trajectories, and the updates a second on one thread. Gait:

    ./gait train gflownet-per-task hyper-grid --preset paper --set family.ends=full --set family.trainTasks=1 --trajectories 9600 \\
        --evaluate-every 0 --threads 1      # updates_per_second in progress.csv
"""
import argparse
import time

import torch
from gfn.estimators import DiscretePolicyEstimator
from gfn.gflownet import FMGFlowNet, TBGFlowNet
from gfn.gym import HyperGrid
from gfn.preprocessors import KHotPreprocessor
from gfn.samplers import Sampler
from gfn.utils.modules import DiscreteUniform, MLP

parser = argparse.ArgumentParser()
parser.add_argument("--loss", choices=["flow-matching", "trajectory-balance"], default="flow-matching")
parser.add_argument("--updates", type=int, default=600)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--r0", type=float, default=0.05)
arguments = parser.parse_args()

torch.set_num_threads(1)
torch.manual_seed(arguments.seed)
env = HyperGrid(ndim=2, height=8, reward_fn_kwargs={"R0": arguments.r0, "R1": 0.5, "R2": 2.0}, device="cpu", store_all_states=True)
preprocessor = KHotPreprocessor(env.height, env.ndim)


def network(outputs):
    return MLP(input_dim=preprocessor.output_dim, output_dim=outputs, hidden_dim=256, n_hidden_layers=2, activation_fn="relu")


if arguments.loss == "flow-matching":
    estimator = DiscretePolicyEstimator(network(env.n_actions), env.n_actions, preprocessor=preprocessor, is_backward=False)
    model = FMGFlowNet(estimator)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
else:
    estimator = DiscretePolicyEstimator(network(env.n_actions), env.n_actions, preprocessor=preprocessor, is_backward=False)
    backward = DiscretePolicyEstimator(
        DiscreteUniform(env.n_actions - 1), env.n_actions, preprocessor=preprocessor, is_backward=True)
    model = TBGFlowNet(pf=estimator, pb=backward, init_logZ=0.0)
    optimizer = torch.optim.Adam(model.pf_pb_parameters(), lr=1e-3)
    optimizer.add_param_group({"params": model.logz_parameters(), "lr": 0.1})
sampler = Sampler(estimator=estimator)


def exact_l1():
    """By one pass over the grid in topological order."""
    with torch.no_grad():
        probability, reached = {(0, 0): 1.0}, {}
        for total in range(2 * 7 + 1):
            for x in range(max(0, total - 7), min(7, total) + 1):
                cell = (x, total - x)
                if cell not in probability:
                    continue
                states = env.states_from_tensor(torch.tensor([cell]))
                shares = estimator.to_probability_distribution(states, estimator(states)).probs[0]
                for action in range(2):
                    after = (cell[0] + (action == 0), cell[1] + (action == 1))
                    if max(after) <= 7:
                        probability[after] = probability.get(after, 0.0) + probability[cell] * shares[action].item()
                reached[cell] = probability[cell] * shares[2].item()
        cells = sorted(reached)
        rewards = env.reward(env.states_from_tensor(torch.tensor(cells))).double()
        target = rewards / rewards.sum()
        return sum(abs(reached[c] - t.item()) for c, t in zip(cells, target)) / len(cells)


start = time.perf_counter()
for update in range(arguments.updates):
    trajectories = sampler.sample_trajectories(env, n=16, save_logprobs=False)
    optimizer.zero_grad()
    loss = model.loss_from_trajectories(env, trajectories, recalculate_all_logprobs=True)
    loss.backward()
    optimizer.step()
seconds = time.perf_counter() - start
print(f"{arguments.loss}: L1 {exact_l1():.6f} after {16 * arguments.updates} trajectories, {arguments.updates / seconds:.1f} updates/s")
