import Core
import Environments
import Foundation
import Locomotion
import TestEnvironments
import Testing

@Suite struct TaskTests {
    @Test(arguments: familyNames)
    func taskSetsAreReproducibleAndNamesUnique(name: String) throws {
        for set in TaskSet.allCases {
            let tasks = try family(name).tasks(set, seed: 1337)
            #expect(try tasks == family(name).tasks(set, seed: 1337))
            #expect(Set(tasks.map(\.name)).count == tasks.count)
        }
    }

    @Test(arguments: ["half-cheetah-vel", "walker-2d-params", "ant-dir", "ant-goal", "humanoid-dir", "hopper-params"])
    func continuousFamiliesDrawTenAndThreeTasksThatNeverCoincide(name: String) throws {
        for seed in [0, 1, 1337, UInt64.max] {
            let (train, test) = try (family(name).tasks(.train, seed: seed), family(name).tasks(.test, seed: seed))
            #expect(train.count == 10 && test.count == 3)
            #expect(Set((train + test).map(\.name)).count == 13)
            for task in test { #expect(!train.contains { $0.parameters == task.parameters }) }
        }
        #expect(try family(name).tasks(.train, seed: 1) != family(name).tasks(.train, seed: 2))
    }

    @Test(arguments: [("half-cheetah-dir", "direction", [1, -1]), ("ant-fwd-back", "angle", [0, Double.pi])])
    func directionFamiliesHaveTheSameTwoTasks(name: String, key: String, values: [Double]) throws {
        for set in TaskSet.allCases {
            let tasks = try family(name).tasks(set, seed: 5)
            #expect(tasks.map(\.name) == ["forward", "backward"])
            #expect(tasks.map { $0.parameters } == values.map { [key: [$0]] })
        }
    }

    @Test func speedsFillTheirRange() throws {
        let speeds = try (0..<100).flatMap { try family("half-cheetah-vel").tasks(.train, seed: $0) }.map { $0.parameters["velocity"]![0] }
        #expect(speeds.allSatisfy { (0..<3).contains($0) })
        #expect(abs(speeds.reduce(0, +) / 1000 - 1.5) < 0.1)
        #expect(speeds.min()! < 0.02 && speeds.max()! > 2.98)
    }

    @Test(arguments: ["ant-dir", "humanoid-dir"])
    func headingsFillTheirCircle(name: String) throws {
        let angles = try (0..<100).flatMap { try family(name).tasks(.train, seed: $0) }.map { $0.parameters["angle"]![0] }
        #expect(angles.allSatisfy { (0..<2 * Double.pi).contains($0) })
        #expect(abs(angles.reduce(0, +) / 1000 - .pi) < 0.2)
        #expect(abs(angles.reduce(0) { $0 + cos($1) } / 1000) < 0.08 && abs(angles.reduce(0) { $0 + sin($1) } / 1000) < 0.08)
        let first = try family(name).tasks(.train, seed: 1337)[0]
        #expect(first.name == String(format: "angle=%03.0f", first.parameters["angle"]![0] * 180 / .pi))
    }

    /// Uniform on a disc: the square of the distance is uniform in [0, 9], the angle on the circle.
    @Test func goalsFillTheirDisc() throws {
        let goals = try (0..<100).flatMap { try family("ant-goal").tasks(.train, seed: $0) }.map { $0.parameters["goal"]! }
        let squares = goals.map { $0[0] * $0[0] + $0[1] * $0[1] }
        #expect(squares.allSatisfy { $0 < 9 } && squares.max()! > 8.9)
        #expect(abs(squares.reduce(0, +) / 1000 - 4.5) < 0.3)
        for axis in 0...1 { #expect(abs(goals.reduce(0) { $0 + $1[axis] } / 1000) < 0.15) }
    }

    /// What films show of a task: a line along the heading from the origin, a disc on the goal.
    @Test func tasksAreMarkedOnTheFloor() throws {
        for name in ["ant-dir", "humanoid-dir"] {
            let model = try Episode(family(name), TaskDescription(name: "t", parameters: ["angle": [0.6]])).environment.simulations.models[0]
            let half = try model.values("site_size")[0]
            #expect(try zip(model.values("site_pos"), [half * cos(0.6), half * sin(0.6), 0]).allSatisfy { abs($0 - $1) < 1e-12 })
            #expect(try zip(model.values("site_quat"), [cos(0.3), 0, 0, sin(0.3)]).allSatisfy { abs($0 - $1) < 1e-12 })
        }
        let goal = try Episode(family("ant-goal"), TaskDescription(name: "t", parameters: ["goal": [1, -2]]))
        #expect(try goal.environment.simulations.models[0].values("site_pos") == [1, -2, 0])
        for name in ["ant_heading", "ant_goal", "humanoid"] { #expect(try library.model(name).values("site_pos")[2] < 0) }
    }

    /// log(multiplier) / log(base) is uniform in [-3, 3]: mean 0, variance 3.
    @Test(arguments: [
        ("walker-2d-params", "body_mass", 8, 1.5), ("walker-2d-params", "body_inertia", 24, 1.5),
        ("walker-2d-params", "dof_damping", 9, 1.3), ("walker-2d-params", "geom_friction", 24, 1.5),
        ("hopper-params", "body_mass", 5, 1.5), ("hopper-params", "body_inertia", 15, 1.5),
        ("hopper-params", "dof_damping", 6, 1.3), ("hopper-params", "geom_friction", 15, 1.5),
    ])
    func multipliersHaveTheirDistribution(name: String, array: String, count: Int, base: Double) throws {
        let tasks = try (0..<40).flatMap { try family(name).tasks(.train, seed: $0) }
        let exponents = try tasks.flatMap { try #require($0.parameters["\(array)_multiplier"]) }.map { log($0) / log(base) }
        #expect(exponents.count == 400 * count)
        #expect(exponents.allSatisfy { abs($0) <= 3 })
        let n = Double(exponents.count)
        #expect(abs(exponents.reduce(0, +) / n) < 0.15)
        #expect(abs(exponents.reduce(0) { $0 + $1 * $1 } / n - 3) < 0.2)
    }

    @Test(arguments: [("walker-2d-params", "walker2d"), ("hopper-params", "hopper")])
    func bodiesAreTheCompiledOnesTimesTheirMultipliers(name: String, file: String) throws {
        let task = try family(name).tasks(.train, seed: 1337)[3]
        let model = try Episode(family(name), task).environment.simulations.models[0]
        let compiled = try library.model(file)
        for array in ["body_mass", "body_inertia", "dof_damping", "geom_friction"] {
            let expected = try zip(compiled.values(array), task.parameters["\(array)_multiplier"]!).map { $0 * $1 }
            #expect(try model.values(array) == expected)
        }
        #expect(try model.values("body_invweight0") == compiled.values("body_invweight0"))  // no mj_setConst
    }

    @Test func tasksThatAreNotOfTheFamilyAreErrorsNamingTheKey() {
        func message(_ name: String, _ parameters: [String: [Double]]) -> String {
            do {
                _ = try family(name).makeEnvironment(TaskDescription(name: "t", parameters: parameters), copies: 1)
                return "no error"
            } catch { return "\(error)" }
        }
        #expect(message("half-cheetah-dir", [:]) == "task 't' of half-cheetah-dir has no parameter 'direction'")
        #expect(message("half-cheetah-dir", ["direction": [1, 1]])
            == "task parameter 'direction' of half-cheetah-dir takes 1 number, 2 given")
        #expect(message("half-cheetah-dir", ["direction": [0.5]]).contains("1 or -1 expected"))
        #expect(message("half-cheetah-vel", ["velocity": [.nan]]).contains("a finite number expected"))
        #expect(message("half-cheetah-vel", ["speed": [1]]) == "half-cheetah-vel has no task parameter 'speed'; it has velocity")
        #expect(message("ant-fwd-back", ["angle": []]).contains("'angle' of ant-fwd-back takes 1 number, 0 given"))
        for name in ["ant-fwd-back", "ant-dir", "humanoid-dir"] {
            #expect(message(name, ["angle": [133]]) == "task parameter 'angle' of \(name) is 133.0, a number of radians, at most 2 pi, expected")
            #expect(message(name, ["angle": [-6.28]]) == "no error")
        }
        #expect(message("ant-goal", ["goal": [1]]) == "task parameter 'goal' of ant-goal takes 2 numbers, 1 given")
        #expect(message("humanoid-dir", ["heading": [1]]) == "humanoid-dir has no task parameter 'heading'; it has angle")
        #expect(message("hopper-params", ["body_mass": [1]]).contains("'body_mass' of hopper-params takes 5 numbers, 1 given"))
        #expect(message("walker-2d-params", [:]).contains("has no parameter 'body_mass_multiplier'"))
        #expect(message("walker-2d-params", ["body_mass": [1]]).contains("'body_mass' of walker-2d-params takes 8 numbers, 1 given"))
    }

    @Test func missingAssetsAreErrorsNamingTheFolder() throws {
        let nowhere = try HalfCheetahDir(assets: FamilyAssets(folder: URL(fileURLWithPath: "/nowhere")))
        let task = nowhere.tasks(.train, seed: 1)[0]
        #expect(throws: ModelLibraryError.folderMissing("/nowhere/models")) { try nowhere.makeEnvironment(task, copies: 1) }
        let empty = try TemporaryFolder(), models = FamilyAssets(folder: empty.url).models
        try FileManager.default.createDirectory(at: models, withIntermediateDirectories: true)
        #expect(throws: ModelLibraryError.modelMissing("half_cheetah.xml", folder: models.path)) {
            try HalfCheetahDir(assets: FamilyAssets(folder: empty.url)).makeEnvironment(task, copies: 1)
        }
    }

    @Test(arguments: familyNames)
    func modelsOfAnotherRobotAreErrorsNamingTheFile(name: String) throws {
        let folder = try TemporaryFolder(), other = FamilyAssets(folder: folder.url)
        let pendulum = "<mujoco><worldbody><body name=\"torso\"><joint/><geom size=\"1\"/></body></worldbody></mujoco>"
        for file in library.names { try folder.write(pendulum, "models/\(file).xml") }
        let family = try #require(familyTypes.first { $0.name == name }).init(assets: other)
        #expect(performing: { try family.makeEnvironment(family.tasks(.train, seed: 1)[0], copies: 1) }, throws: { error in
            guard case EnvironmentError.wrongModel(let path, _, _) = error else { return false }
            return path.hasPrefix(folder.path)
        })
    }

    /// The defaults are the papers' tasks; more training tasks begin with the same ones.
    @Test func settingsChangeHowManyTasksThereAreAndTheirRange() throws {
        var settings = HalfCheetahVelSettings()
        settings.trainTasks = 20
        settings.testTasks = 5
        let more = try HalfCheetahVel(settings: settings, assets: assets)
        let tasks = try more.tasks(.train, seed: 1337)
        #expect(try Array(tasks.prefix(10)) == family("half-cheetah-vel").tasks(.train, seed: 1337))
        #expect(try tasks.count == 20 && more.tasks(.test, seed: 1337).count == 5)
        settings.topSpeed = 6
        let faster = try HalfCheetahVel(settings: settings, assets: assets).tasks(.train, seed: 1337)
        #expect(faster.compactMap { $0.parameters["velocity"]?[0] }.max()! > 3)
        var narrow = Walker2DParamsSettings()
        narrow.logScaleLimit = 0
        narrow.trainTasks = 2
        let bodies = try Walker2DParams(settings: narrow, assets: assets).tasks(.train, seed: 1337)
        #expect(bodies.count == 2 && bodies.allSatisfy { $0.parameters.values.joined().allSatisfy { $0 == 1 } })
    }

    @Test func settingsThatCantBeRightAreErrorsNamingTheKey() {
        func key(_ change: (inout HalfCheetahVelSettings) -> Void) -> String? {
            var settings = HalfCheetahVelSettings()
            change(&settings)
            do { _ = try HalfCheetahVel(settings: settings, assets: assets) } catch { return (error as? SettingError)?.key }
            return nil
        }
        #expect(key { $0.trainTasks = 0 } == "trainTasks")
        #expect(key { $0.testTasks = -1 } == "testTasks")
        #expect(key { $0.topSpeed = .nan } == "topSpeed")
        #expect(key { $0.topSpeed = 0.1 } == "trainTasks")  // ten distinct names do not fit
        #expect(key { _ in } == nil)
    }

    @Test func directionsAndGoalsHaveSettings() throws {
        var half = AntDirSettings()
        (half.arc, half.trainTasks) = (90, 40)
        #expect(try AntDir(settings: half, assets: assets).tasks(.train, seed: 1).allSatisfy { $0.parameters["angle"]![0] < .pi / 2 })
        half.trainTasks = 43  // 43 + 3 names do not fit into 90 degrees
        #expect(throws: SettingError.self) { try AntDir(settings: half, assets: assets) }
        var arc = HumanoidDirSettings()
        arc.arc = 361
        #expect(throws: SettingError.self) { try HumanoidDir(settings: arc, assets: assets) }
        var near = AntGoalSettings()
        near.radius = 0.5
        let goals = try AntGoal(settings: near, assets: assets).tasks(.train, seed: 1337).map { $0.parameters["goal"]! }
        #expect(goals.allSatisfy { hypot($0[0], $0[1]) <= 0.5 } && goals.contains { hypot($0[0], $0[1]) > 0.3 })
        near.radius = 0
        #expect(throws: SettingError.self) { try AntGoal(settings: near, assets: assets) }
        var narrow = HopperParamsSettings()
        narrow.logScaleLimit = -1
        #expect(throws: SettingError.self) { try HopperParams(settings: narrow, assets: assets) }
    }

    @Test func aLibraryCompilesEachModelOnce() throws {
        #expect(try library.model("ant") === library.model("ant"))
        #expect(library.names == ["ant", "ant_goal", "ant_heading", "half_cheetah", "hopper", "humanoid", "walker2d"])
    }
}
