import Foundation
import TestEnvironments
import Testing

/// `gait new-baseline` and `gait new-family` in a copy of what they read and edit. That the copied agent and family compile and work is
/// tested by TemplateBaselineTests and TemplateFamilyTests, which are the templates' own.
@Suite struct NewBaselineTests {
    private let place: Place
    private let project: URL

    init() throws {
        place = try Place()
        project = place["project"]
        for path in ["Package.swift", "assets", "Sources"] {
            let target = project.appendingPathComponent(path)
            try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.copyItem(at: packageFolder.appendingPathComponent(path), to: target)
        }
    }

    private func create(_ name: String, _ more: String..., command: String = "new-baseline") throws -> FinishedProgram {
        let environment = ["GAIT_ASSETS": project.appendingPathComponent("assets").path]
        return try GaitProcess([command, name] + more, in: place, environment: environment).result()
    }

    /// Every file of the project with its content.
    private func everything() throws -> [String: Data] {
        let files = FileManager.default.enumerator(atPath: project.path)?.compactMap { $0 as? String } ?? []
        return files.reduce(into: [:]) { $0[$1] = FileManager.default.contents(atPath: project.appendingPathComponent($1).path) }
    }

    @Test(arguments: [
        ("my-agent", "MyAgent", "my-agent"), ("MyAgent", "MyAgent", "my-agent"), ("sac_2", "Sac2", "sac-2"),
        ("MAMLNext2", "MAMLNext2", "maml-next2"),
    ])
    func namesAreDerivedAndEverythingIsRegistered(name: String, type: String, command: String) throws {
        let before = try everything()
        let result = try create(name, "--json")
        #expect(result.status == 0, "\(result.error)")
        #expect(result.output.contains("\"name\":\"\(command)\"") && result.output.contains("\"target\":\"\(type)\""), "\(result.output)")

        let after = try everything()
        let new = Set(after.keys.filter { before[$0] == nil })
        #expect(new == [
            "baselines/\(type)/\(type).swift", "baselines/\(type)/\(type)Settings.swift", "baselines/\(type)/README.md",
            "baselines/\(type)/NOTES.md",
            "Tests/\(type)Tests/\(type)Tests.swift", "assets/presets/\(command).yaml",
        ])
        for file in new { #expect(!String(decoding: after[file]!, as: UTF8.self).lowercased().contains("template"), "\(file)") }
        let agent = try place.text("project/baselines/\(type)/\(type).swift")
        #expect(agent.contains("public final class \(type): MetaAgent") && agent.contains("name = \"\(command)\""))

        try onlyTheseLinesAreNew(before, after, [
            "Package.swift": ["    \"\(type)\","],
            "Sources/gait/Registry.swift": ["import \(type)", "                AgentEntry(\(type).self),"],
        ])
        let again = try create(name)
        #expect(again.status == 64 && again.error.contains("'\(type)'"), "\(again.error)")
    }

    /// All files of `before` are as they were, but for lines added to some.
    private func onlyTheseLinesAreNew(_ before: [String: Data], _ after: [String: Data], _ added: [String: Set<String>]) throws {
        func lines(_ path: String, _ state: [String: Data]) -> [String] {
            String(decoding: state[path] ?? Data(), as: UTF8.self).components(separatedBy: "\n")
        }
        for (file, added) in added {
            let difference = lines(file, after).difference(from: lines(file, before))
            #expect(difference.removals.isEmpty)
            #expect(Set(difference.insertions.compactMap { if case .insert(_, let line, _) = $0 { line } else { nil } }) == added)
        }
        #expect(before.allSatisfy { key, data in added[key] != nil || after[key] == data })
    }

    @Test func aFamilyIsWrittenAndRegistered() throws {
        let before = try everything()
        let result = try create("slippery-puck", "--json", command: "new-family")
        #expect(result.status == 0 && result.output.contains("Sources/Families/SlipperyPuck"), "\(result.error)")
        let after = try everything(), new = Set(after.keys.filter { before[$0] == nil })
        #expect(new == [
            "Sources/Families/SlipperyPuck/SlipperyPuck.swift", "Sources/Families/SlipperyPuck/SlipperyPuck+Picture.swift",
            "Tests/SlipperyPuckTests/SlipperyPuckTests.swift",
        ])
        for file in new { #expect(!String(decoding: after[file]!, as: UTF8.self).lowercased().contains("template"), "\(file)") }
        let family = try place.text("project/Sources/Families/SlipperyPuck/SlipperyPuck.swift")
        #expect(family.contains("public struct SlipperyPuck: PicturedFamily") && family.contains("name = \"slippery-puck\""))
        try onlyTheseLinesAreNew(before, after, [
            "Package.swift": ["    \"SlipperyPuck\","],
            "Sources/gait/Registry.swift": ["import SlipperyPuck", "                FamilyEntry(SlipperyPuck.self),"],
        ])
        let again = try create("slippery-puck", command: "new-family")
        #expect(again.status == 64 && again.error.contains("'SlipperyPuck'"), "\(again.error)")
        for (name, reason) in [("cart-pole", "a family 'cart-pole'"), ("grids", "'Grids'"), ("pearl", "an agent 'pearl'"), ("-x", "letter")] {
            let refused = try create("--", name, command: "new-family")
            #expect(refused.status == 64 && refused.error.contains(reason), "\(refused.error)")
        }
        #expect(try everything() == after)
    }

    @Test(arguments: [
        ("2fast", "does not begin with a letter"), ("my agent", "only letters"), ("agént", "only letters"), ("x", "2 to 40"), ("agent-", "separator"),
        ("pmetarl", "an agent 'pmeta-rl'"), ("CartPole", "a family 'cart-pole'"), ("learning", "'Learning'"),
        ("my-a/../b", "only letters"), ("tensor", "has a type 'Tensor'"), ("Policy", "has a type 'Policy'"),
        ("Float", "a type of Swift or Foundation"),
        ("data", "a type of Swift or Foundation"), ("evaluation", "has a type 'Evaluation'"),
        ("table", "has a type 'Table'"), ("SVG", "has a type 'SVG'"),
        ("foundation", "'Foundation'"),
    ])
    func namesThatCannotBeAreRefusedAndNothingIsWritten(name: String, reason: String) throws {
        let before = try everything()
        let result = try create(name)
        #expect(result.status == 64)
        #expect(result.error.contains(reason), "\(result.error)")
        #expect(try everything() == before)
    }

    @Test func withoutItsMarkersAFileIsLeftAloneAndWhatToAddIsSaid() throws {
        for (file, marker) in [("Package.swift", "let baselines: [String] = ["), ("Sources/gait/Registry.swift", "agents: [")] {
            let path = "project/\(file)", whole = try place.text(path)
            try place.write(whole.replacingOccurrences(of: marker, with: marker + " /* changed */"), to: path)
            let before = try everything()
            let result = try create("my-agent")
            #expect(result.status == 65)
            #expect(result.error.contains(marker) && result.error.contains("AgentEntry(MyAgent.self)"), "\(result.error)")
            #expect(try everything() == before)
            try place.write(whole, to: path)
        }
    }

    @Test func outsideACheckoutItSaysWhatIsMissing() throws {
        try FileManager.default.removeItem(at: project.appendingPathComponent("Package.swift"))
        let result = try create("my-agent")
        #expect(result.status == 65)
        #expect(result.error.contains("Package.swift is missing"), "\(result.error)")
    }

    @Test func whereAFolderCannotBeWrittenNothingIsLeftBehind() throws {
        try place.write("a file where the folder should be", to: "project/Tests")
        let before = try everything()
        let result = try create("my-agent")
        #expect(result.status == 1)
        #expect(try everything() == before)
    }
}
