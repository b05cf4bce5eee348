import Environments
import Film
import Foundation
import Runs
import TestEnvironments
import Testing
import gait

/// Whether there is a Python with NumPy.
private let hasNumPy = (try? FinishedProgram(["python3", "-c", "import numpy"]))?.status == 0

/// The client for Python. Where there is no Python with NumPy, these tests are left out.
@Suite(.serialized, .enabled(if: hasNumPy, "python3 with NumPy is not installed")) struct PythonClientTests {
    private static let scripts = packageFolder.appendingPathComponent("Tests/python")
    private static let variables = [
        "PYTHONPATH": assetsFolder.appendingPathComponent("clients/python").path, "GAIT": GaitProcess.executable.path, "PYTHONDONTWRITEBYTECODE": "1",
    ]

    private func python(_ arguments: [String], in place: Place) throws -> FinishedProgram {
        let own = Self.variables.merging(["GAIT_ASSETS": assetsFolder.path]) { $1 }
        return try FinishedProgram(
            ["python3"] + arguments, environment: ProcessInfo.processInfo.environment.merging(own) { $1 }, in: place.url)
    }

    @Test(.needsMuJoCo) func theClientGivesTheRecordedTransitions() throws {
        let script = Self.scripts.appendingPathComponent("check_rollouts.py").path
        let result = try python([script, assetsFolder.appendingPathComponent("reference").path], in: Place())
        #expect(result.status == 0 && result.output.contains("agree"), "\(result.text)")
    }

    /// A reply that nobody waited for would be taken for that of the next request.
    @Test func anInterruptedRequestClosesItsEnvironments() throws {
        let result = try python(["-c", """
            import gait
            server = gait.Server("cart-pole")
            environments, receive = server.make(), server.channel.receive
            def interrupt():
                raise KeyboardInterrupt
            server.channel.receive = interrupt
            try:
                environments.step([0])
            except KeyboardInterrupt:
                server.channel.receive = receive
            try:
                environments.step([1])
            except gait.GaitError as error:
                print(error)
            server.close()
            """], in: Place())
        #expect(result.status == 0 && result.lines == ["this environment is closed"], "\(result.text)")
    }

    /// Either side of `gait serve` refuses the other's version of the protocol, and every request is answered.
    @Test func anotherVersionOfTheProtocolIsRefused() throws {
        let place = try Place()
        try place.writeProgram("""
            #!/usr/bin/env python3
            import socket, sys, gait
            channel = gait.Channel(socket.socket(fileno=int(sys.argv[3])))
            channel.receive()
            channel.send(gait.HELLO + gait.REPLY, payload=b'{"protocol": 7}')
            """, to: "newer.py")
        let result = try python(["-c", """
            import gait, os, socket, subprocess
            def refused(ask):
                try:
                    ask()
                except gait.GaitError as error:
                    print(error)
            refused(lambda: gait.Server("cart-pole", program="./newer.py"))
            own, other = socket.socketpair()
            server = subprocess.Popen([os.environ["GAIT"], "serve", "--channel", str(other.fileno())], pass_fds=[other.fileno()])
            channel = gait.Channel(own)
            refused(lambda: channel.call(gait.HELLO, payload=b'{"protocol": 7}'))
            refused(lambda: channel.call(gait.HELLO, payload=b'{}'))
            refused(lambda: channel.call(gait.PICTURE))
            own.shutdown(socket.SHUT_RDWR)
            server.wait()
            """], in: place)
        let lines = result.lines
        #expect(result.status == 0 && lines.count == 4 && result.error.isEmpty, "\(result.text)")
        for (line, words) in zip(lines, [
            "this client speaks version 1 of the protocol, Gait version 7", "the client speaks version 7 of the protocol, this Gait version 1",
            "the client names no version of the protocol", "picture: choose a family first",
        ]) { #expect(line.contains(words)) }
    }

    /// It learns a little, and a run that was killed ends with the same state.
    @Test func anAgentInPythonIsTrainedAndResumed() throws {
        let place = try Place()
        func train(_ run: String) -> [String] {
            [
                "train", Self.scripts.appendingPathComponent("numpy_agent.py").path, "sparse-point-robot", "--preset", "quick", "--steps", "4000",
                "--evaluate-every", "2000", "--checkpoint-every", "400", "--set", "family.trainTasks=2", "--out", run,
            ]
        }
        let whole = try GaitProcess(train("whole"), in: place, environment: Self.variables).result()
        #expect(whole.status == 0, "\(whole.error)")
        let process = try GaitProcess(train("killed"), in: place, environment: Self.variables)
        #expect(process.wait { !place.checkpoints("killed").isEmpty })
        process.send(SIGKILL)
        #expect(try process.result().status == SIGKILL, "it was killed too late")
        let resumed = try GaitProcess(["resume", "killed"], in: place, environment: Self.variables).result()
        #expect(resumed.status == 0, "\(resumed.error)")
        func evaluations(_ run: String) throws -> String { try place.text("\(run)/evaluations.csv") }
        #expect(try evaluations("killed") == evaluations("whole"))
        // At first it stands still and returns 0.
        let records = try MetricRecord.read(place["whole/evaluations.csv"].path)
        func meanReturn(at step: Int) -> Double? { records.filter { $0.step == step }.mean(of: PolicyName.personal, on: .train) }
        let first = try #require(meanReturn(at: 0)), last = try #require(meanReturn(at: 4000))
        #expect(last > first, "\(first) \(last)")
        // Its count of updates begins anew in each process.
        func updates(_ run: String) throws -> Substring? {
            try place.text("\(run)/status.json").split(separator: "\n").first { $0.contains("\"updates\"") }
        }
        #expect(try updates("killed") == updates("whole") && updates("whole")?.contains(" : 0") == false)
        // Of two episodes that it may adapt for it plays one, and begins another.
        #expect(try evaluations("whole").contains(",adaptation,0,return,") && !evaluations("whole").contains(",adaptation,1,return,"))
    }

    @Test func whatAnAgentMayNotDoIsSaid() throws {
        let place = try Place()
        for (fault, message) in [
            ("env.reset(seed=3)", "ValueError: reset: an agent can't choose the seed; Gait draws it"),
            ("session.pause({'step': 7.0, 'updates': 8.0, 'agent_updates': 9.0, 'loss': 2.0})", ""),
        ] {
            try place.writeProgram("""
                #!/usr/bin/env python3
                import gait

                class Own(gait.Agent):
                    policies = [gait.PolicyInfo("meta", "meta-policy", adapts=True)]
                    def train(self, session):
                        env = session.make(0)
                        \(fault)
                        while session.steps_left > 0:
                            if env.ends[0]: env.reset()
                            env.step([[0.0, 0.0]])
                    def policy(self, request): return lambda observation: [[0.0, 0.0]]
                    def save(self): return b""
                    def restore(self, data): pass

                gait.run(Own)
                """, to: "own.py")
            try? FileManager.default.removeItem(at: place["own"])
            let result = try GaitProcess(
                ["train", "./own.py", "sparse-point-robot", "--preset", "quick", "--steps", "400", "--out", "own"], in: place, environment: Self.variables
            ).result()
            #expect(message.isEmpty ? result.status == 0 : result.status == 1 && result.error.contains(message), "\(result.error)")
        }
        // A metric that is called like one of Gait's columns is not lost.
        let rows = try place.text("own/progress.csv").split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        #expect(rows[0].contains("loss") && rows[0].contains("agent_step") && rows[1].contains("7.0"), "\(rows)")
    }

    /// An agent written for one test, with a line for what its training does first; its policy refuses unless it is told of every step.
    private func writeAgent(_ first: String, to place: Place) throws {
        try place.writeProgram("""
            #!/usr/bin/env python3
            import os, time
            import numpy as np
            import gait

            class Told:
                acted = observed = ended = begun = 0

                def begin(self):
                    if self.acted:
                        print("a further episode begins")
                    assert self.ended == self.begun, "the end of the episode before was not told"
                    self.begun += 1

                def observe(self, reward, done):
                    self.observed, self.ended = self.observed + 1, self.ended + done

                def act(self, observation, mask=None, stochastic=False):
                    assert self.observed == self.acted, f"{self.acted} actions, {self.observed} rewards"
                    self.acted += 1
                    return np.zeros(2)

            class Agent(gait.Agent):
                \"\"\"is told of its steps 🚀\"\"\"
                settings = {"sign": "🚀"}

                def train(self, session):
                    \(first)
                    env = session.make(0)
                    while session.steps_left > 0:
                        env.step(np.zeros(2))
                        if env.ends[0] != gait.GOES_ON:
                            env.reset()

                def policy(self, request):
                    assert self.settings["sign"] == "🚀"
                    return Told()

                def save(self):
                    return b""

                def restore(self, data):
                    pass

            gait.run(Agent)
            """, to: "agent.py")
    }

    private func trainAgent(in place: Place) throws -> FinishedProgram {
        try GaitProcess(
            ["train", "./agent.py", "sparse-point-robot", "--preset", "quick", "--steps", "100", "--evaluation-episodes", "3", "--out", "run"], in: place,
            environment: Self.variables.merging(["GAIT_PROGRAM_PATIENCE": "20"]) { $1 }).result()
    }

    /// Its policies are told the reward of every step and the end of every episode but the last; its texts may have characters beyond U+FFFF.
    @Test func aPolicyIsToldOfEveryStep() throws {
        let place = try Place()
        try writeAgent("pass", to: place)
        let result = try trainAgent(in: place)
        #expect(result.status == 0 && result.error.contains("a further episode begins"), "\(result.error)")
    }

    /// Gait sees at once that an agent is gone, although a process that it started lives on.
    @Test func anAgentsWorkersDoNotHoldItsChannel() throws {
        let place = try Place()
        try writeAgent("os.fork() and os._exit(7); time.sleep(40); os._exit(0)", to: place)
        let result = try trainAgent(in: place)
        #expect(result.status == 1 && result.error.contains("with exit status 7"), "\(result.error)")
    }

    /// The policy that `gait.load` reads acts as Gait does.
    @Test func aTrainedPolicyIsPlayedWithoutGait() throws {
        let place = try Place()
        let trained = try place.gait(
            "train", "sac-per-task", "sparse-point-robot", "--preset", "quick", "--steps", "600", "--evaluate-every", "0",
            "--set", "actorHidden=[16]", "--set", "criticHidden=[16]", "--set", "batchSize=8", "--out", "run")
        #expect(trained.status == 0, "\(trained.error)")
        #expect(try place.gait("record", "run", "--task", "2", "--policy", "personal", "--out", "episode.npz").status == 0)
        let result = try python(["-c", """
            import gait, numpy
            names = [task.name for task in gait.Server("sparse-point-robot").tasks["train"]]
            episode = numpy.load("episode.npz")
            steps = len(episode["actions"])
            for task in (2, names[2]):
                found = gait.load("run", task=task).act(episode["observations"][:steps])
                print(numpy.abs(found - episode["actions"]).max())
                assert numpy.allclose(found, episode["actions"], atol=1e-5)
            assert not numpy.allclose(gait.load("run", task=1).act(episode["observations"][:steps]), episode["actions"], atol=1e-3)
            """], in: place)
        #expect(result.status == 0, "\(result.text)")
    }

    /// The family's own environments refuse masked actions.
    @Test(arguments: [
        ("none", 0, "finished"), ("mask", 1, "has 3 actions, 2 of them possible; 4 expected"), ("nothing", 1, "the environment's reward is None"),
        ("NaN", 0, "such an episode ends as unstable"), ("names", 1, "two tasks have the name 'same'"),
        ("shape", 1, "the environment's observation has 1 numbers; its space has 2"), ("start", 1, "the environment's reset() gave the observation"),
        ("choice", 1, "an observation is 7.0; a whole number in 0...3 expected"), ("parameters", 1, "the parameters of task 'first' are"),
    ])
    func aFamilyHasMasksAndRewardsToLearnFrom(fault: String, status: Int32, message: String) throws {
        let place = try Place(), family = Self.scripts.appendingPathComponent("masked_family.py").path
        let result = try GaitProcess(
            ["train", "pearl", family, "--preset", "quick", "--steps", "600", "--set", "targetEntropy=0.3", "--set", "batchSize=8",
             "--set", "family.fault=\(fault)", "--out", "run"], in: place, environment: Self.variables).result()
        #expect(result.status == status && result.error.contains(message), "\(result.error)")
        guard fault == "none" else { return }
        // In its own process, its rewards come through: learning rewards are three times the others.
        let served = try python(["-c", """
            import gait, numpy
            server = gait.Server("\(family)")
            copies = server.make(numpy.int64(0), copies=2)
            copies.reset()
            assert copies.masks.tolist() == [[False, True, True, True]] * 2
            copies.step(numpy.array([1, 2]))
            for wrong in (4, -1, 0.5):
                try:
                    copies.step(numpy.array([0, wrong]))
                    raise SystemExit("a choice that there isn't")
                except gait.GaitError as error:
                    assert f"step: copy 1: the action is {float(wrong)}; a whole number in 0...3 expected" in str(error), error
            copies.step(numpy.array([0, 2]))
            assert copies.rewards.tolist() == [1, 0] and copies.learning_rewards.tolist() == [3, 0]
            server.close()
            try:
                copies.step(numpy.array([0, 0]))
            except gait.GaitError as error:
                assert "closed" in str(error)
            """], in: place)
        #expect(served.status == 0, "\(served.text)")
    }

    /// A film asks the family for its pictures, and plays episodes again for it.
    @Test func aFamilyDrawsItself() throws {
        let place = try Place(), family = Self.scripts.appendingPathComponent("masked_family.py").path
        let shown = try python(["-c", """
            import gait, numpy
            server = gait.Server("\(family)")
            copies = server.make(0)
            copies.reset()
            def picture():
                pixels = server.channel.call(gait.PICTURE, copies.handle, argument=64 << 16 | 48)[1]
                # The family's picture fills it.
                pixels = numpy.frombuffer(pixels, numpy.uint8).reshape(48, 64, 3)
                assert (pixels[:, :32] == pixels[0, 0]).all() and (pixels[:, 32:] == pixels[47, 63]).all()
                return pixels[[0, 0], [0, 63]].tolist()
            for step in range(1, 6):
                copies.step(numpy.array([1 if step % 4 != 2 else 3]))
                assert picture() == [[20 * step, 0, 0], [0, 20 * step, 0]], picture()
            copies.reset()
            assert picture() == [[0, 0, 0], [0, 0, 0]]
            """], in: place)
        #expect(shown.status == 0, "\(shown.text)")

        func gait(_ words: [String]) throws -> FinishedProgram { try GaitProcess(words, in: place, environment: Self.variables).result() }
        func train(_ fault: String, _ more: [String] = []) throws -> FinishedProgram {
            try gait([
                "train", "pearl", family, "--preset", "quick", "--steps", "600", "--set", "targetEntropy=0.3", "--set", "batchSize=8",
                "--set", "family.fault=\(fault)", "--out", fault,
            ] + more)
        }
        let trained = try train("none", ["--video-every", "600"])
        #expect(trained.status == 0, "\(trained.error)")
        #expect(try gait(["record", "none", "--out", "episode.npz"]).status == 0)
        let recorded = try gait(["render", "episode.npz", "--out", "film.png"])
        #expect(recorded.status == 65 && recorded.error.contains("only from a run: gait render RUN"), "\(recorded.error)")
        #expect(try train("blind").status == 0 && train("flat").status == 0)
        let blind = try gait(["render", "blind", "--out", "film.png"])
        #expect(blind.status == 64 && blind.error.contains("have the render_mode rgb_array"), "\(blind.error)")
        guard (try? FFmpeg.require(to: "film")) != nil else { return }
        #expect(place.exists("none/videos/step-600.mp4"))
        let film = try gait(["render", "none", "--policy", "meta", "--size", "64x48", "--json", "--out", "film.png"])
        #expect(film.output.contains("\"frames\":11,") && film.output.contains("\"drawnBy\":\"the family itself\""), "\(film.text)")
        let random = try train("random")
        #expect(random.status == 0 && random.error.contains("is another one, so this family can't be filmed"), "\(random.error)")
        #expect(!trained.error.contains("is another one"))
        let other = try gait(["render", "random", "--policy", "meta", "--out", "other.png"])
        #expect(other.status == 1 && other.error.contains("it plays another episode, seen after 0 steps"), "\(other.error)")
        // What happens to the pictures does no harm to the training.
        let crashed = try train("crash", ["--video-every", "300"])
        #expect(crashed.status == 0 && crashed.error.contains("no film of step") && crashed.error.contains("exit status 3"), "\(crashed.error)")
        let flat = try gait(["render", "flat", "--out", "flat.png"])
        #expect(flat.status == 1 && flat.error.contains("uint8 of shape (8, 3); uint8 of shape (height, width, 3) expected"), "\(flat.error)")
        #expect(!place.exists("flat.png"))
    }

    /// What can't be loaded is said, whatever the agent.
    @Test func mistakesInLoadingAreNamed() throws {
        let place = try Place()
        let trained = try place.gait(
            "train", "dqn", "cart-pole", "--preset", "quick", "--rounds", "1", "--evaluate-every", "0", "--set", "hidden=[16]", "--out", "run")
        #expect(trained.status == 0, "\(trained.error)")
        let result = try python(["-c", """
            import gait, numpy
            def message(action):
                try:
                    action()
                except (gait.GaitError, ValueError) as error:
                    return str(error)
            points = gait.Server("sparse-point-robot").make(0, copies=3)
            assert "(3, 2) expected" in message(lambda: points.step(numpy.zeros((2, 3))))
            assert "no training task 99; it has 5" in message(lambda: gait.load("run", task=99))
            assert "no training task -1" in message(lambda: gait.load("run", task=-1))
            assert "observations of 4 columns expected" in message(lambda: gait.load("run").act(numpy.zeros(3)))
            assert "can't be started" in message(lambda: gait.Server("cart-pole", program="/nowhere/gait"))
            assert "is no program of Gait's" in message(lambda: gait.Server("cart-pole", program="/bin/true"))
            """], in: place)
        #expect(result.status == 0, "\(result.text)")
    }

    @Test(arguments: [("pmeta-dqn", ["personal", "meta"]), ("dqn-averaging", ["average", "local"]), ("dqn", ["joint"])])
    func trainedValuesChooseActionsWithoutGait(agent: String, policies: [String]) throws {
        let place = try Place()
        let trained = try place.gait(
            "train", agent, "cart-pole", "--preset", "quick", "--rounds", "2", "--evaluate-every", "0", "--set", "hidden=[16]", "--out", "run")
        #expect(trained.status == 0, "\(trained.error)")
        for policy in policies {
            #expect(try place.gait("record", "run", "--task", "2", "--policy", policy, "--out", "\(policy).npz").status == 0)
            let result = try python(["-c", """
                import gait, numpy, sys
                episode = numpy.load("\(policy).npz")
                found = gait.load("run", task=2, policy="\(policy)").act(episode["observations"][:len(episode["actions"])])
                same = (found == episode["actions"].reshape(found.shape)).mean()
                print(same)
                assert same == 1
                try:
                    gait.load("run", policy="cross")
                    sys.exit("a policy that is none")
                except gait.GaitError as error:
                    assert "\(policies[0])" in str(error)
                """], in: place)
            #expect(result.status == 0, "\(result.text)")
        }
    }

    /// An EOFError may be the user's own, as of a file that is cut off. It is quoted as any other.
    @Test func anEndOfFileInTheUsersCodeIsQuoted() throws {
        let place = try Place()
        try place.writeProgram("""
            #!/usr/bin/env python3
            import gait, pickle
            class Broken(gait.Family):
                def tasks(self, seed):
                    return pickle.loads(b"")
            gait.run(Broken)
            """, to: "broken.py")
        let result = try GaitProcess(["tasks", "./broken.py"], in: place, environment: Self.variables).result()
        #expect(result.status != 0 && result.error.contains("EOFError: Ran out of input"), "\(result.error)")
    }

    /// An agent may make environments as it goes, with the same numbers again in a resumed run: they draw other episodes. Numbers of NumPy are numbers.
    @Test func environmentsThatAreMadeAsTheAgentGoesDrawOtherEpisodes() throws {
        let place = try Place()
        try place.writeProgram("""
            #!/usr/bin/env python3
            import gait, json, numpy as np
            class Roaming(gait.Agent):
                seen = []
                def train(self, session):
                    while session.steps_left > 0:
                        environment = session.make(np.int64(len(self.seen) % len(self.problem.tasks)))
                        self.seen.append(environment.observations[0].tolist())
                        for _ in range(4):
                            environment.step(np.zeros((1, 1)))
                        if len(self.seen) % 3:
                            environment.close()
                        session.pause({}, ends_round=np.bool_(True))
                def policy(self, request):
                    gait.alive()
                    return lambda observation: 0
                def save(self):
                    with open("seen.json", "w") as file:
                        json.dump(self.seen, file)
                    return json.dumps(self.seen).encode()
                def restore(self, data):
                    self.seen = json.loads(data)
            gait.run(Roaming)
            """, to: "roaming.py")
        for command in [
            ["train", "./roaming.py", "cart-pole", "--preset", "quick", "--steps", "44", "--evaluation-episodes", "1", "--out", "run"],
            ["resume", "run", "--steps", "88"],
        ] {
            let result = try GaitProcess(command, in: place, environment: Self.variables).result()
            #expect(result.status == 0, "\(result.error)")
            // Some that were left open are asked for with other tasks.
            #expect(result.error.contains("it begins anew") == (command[0] == "resume"), "\(result.error)")
        }
        let seen = try JSONDecoder().decode([[Double]].self, from: Data(contentsOf: place["seen.json"]))
        #expect(seen.count == 22 && Set(seen).count == 22)
    }

    /// Actions in -1...1 become values of the space, whatever its type and bounds.
    @Test func scaledActionsAreInTheirSpace() throws {
        let result = try python(["-c", """
            import gait, numpy as np
            class Box:
                def __init__(self, low, high, dtype):
                    self.low, self.high, self.dtype = np.array([low], dtype), np.array([high], dtype), np.dtype(dtype)
                    self.shape = self.low.shape
            random = np.random.default_rng(0)
            boxes = [Box(-1, 0.1, np.float32), Box(-128, 127, np.int8), Box(0, 4, np.int64)]
            boxes += [Box(*sorted(random.normal(size=2)), np.float32) for _ in range(2000)]
            for box in boxes:
                converter = gait._Converter(box, True)
                values = [converter.value(np.array([x], np.float32)) for x in (-1, -0.3, 0, 1, 7)]
                assert all((box.low <= value).all() and (value <= box.high).all() and value.dtype == box.dtype for value in values), (box.low, box.high, values)
                assert values[0] == box.low and values[3] == box.high, (box.low, box.high, values)
            assert gait._Converter(boxes[2], True).value(np.array([0.4], np.float32)) == 3  # 2.8
            print("in their space")
            """], in: Place())
        #expect(result.status == 0 && result.output.contains("in their space"), "\(result.text)")
    }
}
