"""Records the constants and transitions of ant-dir, ant-goal, humanoid-dir and hopper-params in assets/reference, with MuJoCo's own Python
bindings on the model files that the families' authors use. It shares no code with the families.

    python3.10 -m venv /tmp/mj && /tmp/mj/bin/pip install mujoco==2.2.2 'numpy<2'
    /tmp/mj/bin/python Tests/peers/family_cases_mujoco.py ANT HUMANOID HOPPER FOLDER

ANT: rlkit/envs/assets/ant.xml of github.com/katerakelly/oyster; HUMANOID: envs/mujoco/assets/humanoid.xml of Gymnasium 0.29.1;
HOPPER: rand_param_envs/gym/envs/mujoco/assets/hopper.xml of github.com/dennisl88/rand_param_envs. Writes FOLDER/models and FOLDER/rollouts.
With `--check FILE...` instead of FOLDER it compares recorded rollouts of ant-fwd-back with its own ant, to see that both are made alike.
"""
import json
import pathlib
import re
import sys

import mujoco
import numpy as np

ARRAYS = """body_parentid jnt_type jnt_bodyid geom_type geom_bodyid geom_contype geom_conaffinity geom_condim actuator_trnid jnt_limited qpos0
qpos_spring body_pos body_quat body_ipos body_iquat body_mass body_inertia jnt_pos jnt_axis jnt_range jnt_stiffness jnt_margin jnt_solref
jnt_solimp dof_damping dof_armature geom_size geom_pos geom_quat geom_friction geom_margin geom_gap geom_solref geom_solimp actuator_gear
actuator_ctrlrange""".split()


def load(path):
    text = pathlib.Path(path).read_text()
    # The foot's frame in hopper.xml is written as a quotient, which MuJoCo does not compute. Where the frame is changes nothing.
    return mujoco.MjModel.from_xml_string(text.replace("0.13/2", "0.065"))


def constants(model):
    record = {"mujoco_version": mujoco.mj_version()}
    for key in "nq nv nu nbody ngeom njnt".split():
        record[key] = int(getattr(model, key))
    record["timestep"], record["integrator"] = model.opt.timestep, int(model.opt.integrator)
    record["solver"], record["iterations"] = int(model.opt.solver), int(model.opt.iterations)
    for key in ARRAYS:
        record[key] = np.asarray(getattr(model, key), float).ravel().tolist()
    record["gravity"] = model.opt.gravity.tolist()
    return record


class System:
    """What the families of one robot have in common; `result` gives observation, reward and whether the episode ends."""

    contacts = False
    scale = 1.0

    def __init__(self, model, task):
        self.model, self.task, self.data = model, task, mujoco.MjData(model)
        for name, values in task.items():
            if name in ("body_mass", "body_inertia", "dof_damping", "geom_friction"):
                array = getattr(model, name)
                array[:] = np.reshape(values, array.shape)

    @property
    def dt(self):
        return self.model.opt.timestep * self.frame_skip

    def set(self, qpos, qvel):
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[:], self.data.qvel[:] = qpos, qvel
        mujoco.mj_forward(self.model, self.data)

    def torso(self):
        return self.data.xpos[mujoco.mj_name2id(self.model, mujoco.mjtObj.mjOBJ_BODY, "torso")].copy()

    def center(self):
        mass = self.model.body_mass[:, None]
        return (mass * self.data.xipos).sum(0) / mass.sum()

    def step(self, action):
        before = self.data.qpos.copy(), self.torso(), self.center()
        self.data.ctrl[:] = self.scale * np.asarray(action)
        for _ in range(self.frame_skip):
            mujoco.mj_step(self.model, self.data)
        if self.contacts:
            mujoco.mj_rnePostConstraint(self.model, self.data)
        after = self.data.qpos.copy(), self.torso(), self.center()
        return self.result(before, after, np.asarray(action))


class Ant(System):
    frame_skip, contacts = 5, True

    def noise(self, random):
        return random.uniform(-0.1, 0.1, 15), 0.1 * random.standard_normal(14)

    def contact(self):
        return np.square(np.clip(self.data.cfrc_ext, -1, 1)).sum()


class AntDir(Ant):
    lowest, sees_contacts = 0.2, False

    def result(self, before, after, action):
        heading = np.array([np.cos(self.task["angle"]), np.sin(self.task["angle"])])
        speed = (after[1] - before[1])[:2] @ heading / self.dt
        reward = speed - 0.5 * np.square(action).sum() - 0.0005 * self.contact() + 1
        seen = [self.data.qpos[2:], self.data.qvel]
        height = self.data.qpos[2]
        return np.concatenate(seen), reward, not self.lowest <= height <= 1.0


class AntGoal(Ant):
    def result(self, before, after, action):
        distance = np.abs(after[1][:2] - np.asarray(self.task["goal"])).sum()
        reward = -distance - 0.1 * np.square(action).sum() - 0.0005 * self.contact()
        seen = [self.data.qpos, self.data.qvel, np.clip(self.data.cfrc_ext, -1, 1).ravel()]
        return np.concatenate(seen), reward, False


class HumanoidDir(System):
    frame_skip, contacts, scale = 5, True, 0.4

    def noise(self, random):
        noise = random.uniform(-0.01, 0.01, 24)
        # Lower than at a reset, so that few steps already press the feet on the floor, some of them hard.
        noise[2] -= random.uniform(0.05, 0.38)
        return noise, random.uniform(-0.01, 0.01, 23)

    def result(self, before, after, action):
        heading = np.array([np.cos(self.task["angle"]), np.sin(self.task["angle"])])
        data = self.data
        progress = 0.25 * (heading * (after[2] - before[2])[:2]).sum() / self.model.opt.timestep
        impact = min(0.5e-6 * np.square(data.cfrc_ext).sum(), 10)
        reward = progress - 0.1 * np.square(data.ctrl).sum() - impact + 5
        seen = [data.qpos[2:], data.qvel, data.cinert.ravel(), data.cvel.ravel(), data.qfrc_actuator, data.cfrc_ext.ravel()]
        return np.concatenate(seen), reward, bool(data.qpos[2] < 1.0 or data.qpos[2] > 2.0)


class Hopper(System):
    frame_skip = 4

    def noise(self, random):
        return random.uniform(-0.005, 0.005, 6), random.uniform(-0.005, 0.005, 6)

    def result(self, before, after, action):
        reward = (after[0][0] - before[0][0]) / self.dt + 1 - 0.001 * np.square(action).sum()
        state = np.concatenate([self.data.qpos, self.data.qvel])
        goes_on = (np.abs(state[2:]) < 100).all() and state[1] > 0.7 and abs(state[2]) < 0.2
        return np.concatenate([self.data.qpos[1:], np.clip(self.data.qvel, -10, 10)]), reward, not goes_on


def record(system, family, seed, steps, teacher_forced):
    """One trajectory of `steps` steps, or as many transitions, each from a state on trajectories that end as episodes do."""
    random = np.random.default_rng(seed)
    model = system.model

    def start():
        noise = system.noise(random)
        system.set(model.qpos0 + noise[0], noise[1])

    start()
    content = {
        "mujoco_version": mujoco.mj_version(), "family": family, "task": {k: np.ravel(v).tolist() for k, v in system.task.items()},
        "frame_skip": system.frame_skip, "dt": system.dt, "teacher_forced": teacher_forced, "qpos0": system.data.qpos.tolist(),
        "qvel0": system.data.qvel.tolist(), "steps": []}
    while len(content["steps"]) < steps:
        step = {}
        # Beyond the range, too: MuJoCo clamps controls, and costs are of the action as given.
        action = random.uniform(-1.2, 1.2, model.nu)
        if teacher_forced:
            qpos, qvel = system.data.qpos.copy(), system.data.qvel.copy()
            system.set(qpos, qvel)
            step["qpos_before"], step["qvel_before"] = qpos.tolist(), qvel.tolist()
        step["action"], step["torso_xpos_before"] = action.tolist(), system.torso().tolist()
        observation, reward, ends = system.step(action)
        step.update(qpos=system.data.qpos.tolist(), qvel=system.data.qvel.tolist(), torso_xpos=system.torso().tolist())
        step.update(observation=observation.tolist(), reward=float(reward), terminated=bool(ends))
        content["steps"].append(step)
        if teacher_forced and ends:
            start()
    return content


def multipliers(model, seed):
    """Values of the varied arrays as rand_param_envs draws them."""
    random = np.random.default_rng(seed)
    task = {}
    for name, base in [("body_mass", 1.5), ("body_inertia", 1.5), ("dof_damping", 1.3), ("geom_friction", 1.5)]:
        array = getattr(model, name)
        task[name] = (array * base ** random.uniform(-3, 3, array.shape)).ravel().tolist()
    return task


def write(folder, name, content):
    path = pathlib.Path(folder) / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(re.sub(r"\.0(?=[,\]}])", "", json.dumps(content)) + "\n")
    ends = [s["terminated"] for s in content.get("steps", [])]
    print(path, path.stat().st_size, f"{sum(ends)} of {len(ends)} steps end an episode" if ends else "")


def check(ant, path):
    content = json.loads(pathlib.Path(path).read_text())
    system = AntDir(load(ant), content["task"])
    system.set(content["qpos0"], content["qvel0"])
    worst = 0.0
    for step in content["steps"]:
        if content["teacher_forced"]:
            system.set(step["qpos_before"], step["qvel_before"])
        observation, reward, ends = system.step(step["action"])
        found, expected = np.append(observation, [reward, ends]), np.append(step["observation"], [step["reward"], step["terminated"]])
        worst = max(worst, np.abs(found - expected).max())
    print(path, f"largest difference {worst:.1e}")


ant, humanoid, hopper, folder = sys.argv[1:5]
if folder == "--check":
    for path in sys.argv[5:]:
        check(ant, path)
    sys.exit()
for name, path in [("humanoid", humanoid), ("hopper", hopper)]:
    write(folder, f"models/{name}", constants(load(path)))
cases = [
    ("ant-dir", "40deg", AntDir, ant, {"angle": np.deg2rad(40)}, 40), ("ant-dir", "250deg", AntDir, ant, {"angle": np.deg2rad(250)}, 40),
    ("ant-goal", "near", AntGoal, ant, {"goal": [0.1, -0.2]}, 30), ("ant-goal", "far", AntGoal, ant, {"goal": [-1.5, 2.2]}, 30),
    ("humanoid-dir", "100deg", HumanoidDir, humanoid, {"angle": np.deg2rad(100)}, 12),
    ("hopper-params", "a", Hopper, hopper, 1, 40), ("hopper-params", "b", Hopper, hopper, 2, 40),
]
for seed, (family, name, system, path, task, steps) in enumerate(cases):
    for kind, teacher_forced in [("open-loop", False), ("single-steps", True)]:
        model = load(path)
        given = multipliers(model, task) if isinstance(task, int) else task
        count = 30 if system is HumanoidDir and teacher_forced else steps
        write(folder, f"rollouts/{family}_{name}_{kind}", record(system(model, given), family, seed, count, teacher_forced))
