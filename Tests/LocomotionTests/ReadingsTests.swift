import Core
import Environments
import Foundation
import Locomotion
import MuJoCo
import TestEnvironments
import Testing

@Suite struct ReadingsTests {
    /// Runs `body` with the family's model in a folder of its own.
    private func withReaching<Result>(_ xml: String = Reaching.xml, _ body: (Reaching) throws -> Result) throws -> Result {
        let folder = try TemporaryFolder(), assets = FamilyAssets(folder: folder.url)
        try folder.write(xml, "models/arm.xml")
        return try body(Reaching(assets: assets))
    }

    @Test func aFamilyWithATargetSiteAndAnotherTrackedBodyNeedsNothingElsewhere() throws {
        try withReaching { family in
            for task in family.tasks(.train, seed: 1) {
                var episode = try Episode(family, task, copies: 2), noise = RandomStream(seed: 1)
                for copy in 0..<2 { try episode.reset(copy, &noise) }
                // At rest the fingertip is where geometry has it.
                let start = episode.environment.observation(0), shoulder = start[0]
                #expect(abs(start[3] - cos(shoulder)) < 1e-12 && abs(start[4] - sin(shoulder)) < 1e-12 && shoulder != 0)
                #expect(Array(start[6...]) == task.parameters["target"]! + [0])
                for step in 0..<49 {
                    try episode.step([1, step % 2 == 0 ? 1 : -1, 0.3, 0.3])
                    for copy in 0..<2 {
                        let environment = episode.environment, simulations = environment.simulations
                        let tip = try simulations.values(.bodyPosition, named: "fingertip", copy), seen = environment.observation(copy)
                        let target = try simulations.values(.sitePosition, named: "target", copy)
                        #expect(environment.reward(copy) == -hypot(tip[0] - target[0], tip[1] - target[1]))
                        #expect(Array(seen[3..<6]) == tip && Array(seen[6...]) == target)
                        #expect(seen[2...2].elementsEqual(try simulations.values(.sensor, named: "elbow speed", copy)))
                        // The buoy's ball joint comes first: 4 positions, 3 velocities.
                        #expect(seen[0] == environment.positions(copy)[4] && seen[1] == environment.positions(copy)[5])
                        // Sensors and places lag the integrated state by one substep of 0.01 s.
                        let lag = environment.positions(copy)[4] - environment.velocities(copy)[3] * 0.01
                        let elbow = environment.positions(copy)[5] - environment.velocities(copy)[4] * 0.01
                        #expect(abs(tip[0] - 0.5 * (cos(lag) + cos(lag + elbow))) < 1e-12)
                    }
                }
                #expect(episode.batch.truncated == [false, false])
                try episode.step([0, 0, 0, 0])
                #expect(episode.batch.truncated == [true, true])
            }
        }
    }

    @Test func aRestoredStateGivesTheSameBits() throws {
        try withReaching { family in
            let task = family.tasks(.train, seed: 1)[0]
            var one = try Episode(family, task), other = try Episode(family, task), noise = RandomStream(seed: 2)
            try one.reset(&noise)
            for _ in 0..<9 { try one.step([0.7, -0.2]) }
            try StateCoder.restore(StateCoder.save(one.environment), other.environment)
            for _ in 0..<20 {
                try one.step([0.1, 0.5])
                try other.step([0.1, 0.5])
                #expect(one.batch.observations == other.batch.observations && one.batch.rewards == other.batch.rewards)
            }
        }
    }

    @Test(arguments: [
        ("name=\"fingertip\"", "name=\"finger\"", "a body named 'fingertip' expected"),
        ("<site name=\"target\"", "<site name=\"goal\"", "a site named 'target' expected"),
        ("name=\"elbow speed\"", "name=\"speed\"", "a sensor named 'elbow speed' expected"),
        ("timestep=\"0.01\"", "timestep=\"0.02\"", "0.04, 0.02 seconds between two actions expected"),
        ("<motor joint=\"elbow\" gear=\"0.5\"/>", "", "1, 2 controls expected"),
        ("<framepos name=\"tip place\" objtype=\"site\" objname=\"tip\"/>", "<jointpos name=\"tip place\" joint=\"elbow\"/>",
         "7, 9 observation columns expected"),
    ])
    func aModelThatLacksWhatATaskReadsIsAnErrorNamingIt(part: String, other: String, message: String) throws {
        let changed = Reaching.xml.replacingOccurrences(of: part, with: other)
        #expect(changed != Reaching.xml)
        try withReaching(changed) { family in
            #expect(performing: { try family.makeEnvironment(family.tasks(.train, seed: 1)[0], copies: 1) }, throws: { error in
                "\(error)".contains(message) && "\(error)".contains("arm.xml")
            })
        }
    }

    /// Time step and sizes come from the model; the families' descriptions, which are known without it, agree.
    @Test(arguments: familyNames) func descriptionsAgreeWithTheModels(name: String) throws {
        let family = family(name), environment = try Episode(family).environment, model = environment.simulations.models[0]
        #expect(Double(environment.frameSkip) * model.timeStep == family.description.timeStep)
        #expect(model.controlCount == family.description.action.columns)
        #expect(environment.observation(0).count == family.description.observation.columns)
    }
}
