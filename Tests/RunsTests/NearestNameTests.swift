import Agents
import Core
import TestEnvironments
import Testing

@Suite struct NearestNameTests {
    @Test(arguments: [("", "abc", 3), ("kitten", "sitting", 3), ("ab", "ba", 1), ("flaw", "lawn", 2), ("same", "same", 0)])
    func distanceIsTheTextbookOne(a: String, b: String, distance: Int) {
        #expect(editDistance(a, b) == distance)
        #expect(editDistance(b, a) == distance)
    }

    @Test(arguments: [
        ("pmetarl", "pmeta-rl"), ("PEARL", "pearl"), ("perl", "pearl"), ("pmeta", "pmeta-rl"), ("cure", "metacure"),
        ("maml_trpo", "maml-trpo"), ("pmeta-lr", "pmeta-rl"),
    ])
    func findsWhatWasMeant(written: String, meant: String) {
        #expect(nearestName(to: written, among: ["pmeta-rl", "pearl", "maml-trpo", "promp", "rl2", "metacure"]) == meant)
    }

    @Test func staysSilentWhereNothingIsNear() {
        #expect(nearestName(to: "dreamer", among: ["pmeta-rl", "pearl"]) == nil)
        #expect(nearestName(to: "", among: ["pearl"]) == nil)
        #expect(nearestName(to: "pearl", among: []) == nil)
    }

    @Test func unknownAgentFamilyAndPresetAreUsageErrorsWithTheNearestName() {
        let agent = problem { try testRegistry.agent(named: "tabluar") }
        #expect(agent.exitCode == 64)
        #expect(agent.text.contains("unknown agent 'tabluar'; did you mean 'tabular'?"))
        let preset = problem { try Preset(named: "labtop") }
        #expect(preset.exitCode == 64)
        #expect(preset.text == "unknown preset 'labtop'; did you mean 'laptop'? Known presets: quick, laptop, long, paper")
        let family = problem { try testRegistry.family(named: "lime") }
        #expect(family.exitCode == 64)
        #expect(family.text.contains("did you mean 'line'?"))
        #expect(family.text.contains("Known families: line, line-goals, line-twins"))
    }
}
