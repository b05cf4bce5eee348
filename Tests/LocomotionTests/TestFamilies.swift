import Core
import Environments
import Foundation
import Locomotion
import TestEnvironments

let assets = FamilyAssets(folder: assetsFolder)
let library = ModelLibrary(folder: assets.models)
let familyTypes: [any TaskFamily.Type] = [
    HalfCheetahDir.self, HalfCheetahVel.self, AntFwdBack.self, AntDir.self, AntGoal.self, HumanoidDir.self, Walker2DParams.self,
    HopperParams.self,
]
let allFamilies: [any TaskFamily] = familyTypes.map { type in try! type.init(assets: assets) }
let familyNames = allFamilies.map(\.name)

func family(_ name: String) -> any TaskFamily { allFamilies.first { $0.name == name }! }

extension RandomStream {
    /// Uniform in -1...1.
    mutating func actions(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -1...1, using: &self) } }
}

/// An environment with the batch that it writes into.
struct Episode {
    let environment: any PhysicsEnvironment
    var batch: StepBatch

    init(_ family: any TaskFamily, task: Int = 0, copies: Int = 1) throws {
        try self.init(family, try family.tasks(.train, seed: 1337)[task], copies: copies)
    }

    init(_ family: any TaskFamily, _ task: TaskDescription, copies: Int = 1) throws {
        environment = try family.makeEnvironment(task, copies: copies) as! any PhysicsEnvironment
        batch = StepBatch(copies: copies, observationColumns: environment.description.observation.columns)
    }

    mutating func reset(_ noise: inout RandomStream) throws { try reset(0, &noise) }
    mutating func reset(_ copy: Int, _ noise: inout RandomStream) throws { try environment.reset(copy, into: &batch, using: &noise) }
    mutating func step(_ actions: [Float]) throws { try environment.step(actions, into: &batch) }
    var columns: Int { environment.description.action.columns }
}
