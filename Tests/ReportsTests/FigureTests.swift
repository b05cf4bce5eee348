import Foundation
import Reports
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite struct FigureTests {
    static let seven = Report(SyntheticAgents.all()).files
    static let long = Report(SyntheticAgents.all(seeds: 1, prefix: "an-agent-with-a-name-that-goes-on-and-on-<&>-")).files
    static let lonely = Report([SyntheticAgents.run("pearl", seed: 0)]).files
    static let huge = Report([1, 2].map { SyntheticAgents.run("pearl", seed: $0, start: -1e300, level: 1e300) }).files
    static let reports = [seven, long, lonely, huge]

    @Test func everyFigureThatTheDataAllowIsThere() {
        #expect(Self.seven.keys.filter { $0.hasSuffix(".svg") }.sorted() == [
            "adaptation-half-cheetah-dir.svg", "adaptation-half-cheetah-vel.svg", "curves-half-cheetah-dir.svg", "curves-half-cheetah-vel.svg",
            "curves.svg", "profiles.svg", "tasks-half-cheetah-dir.svg", "tasks-half-cheetah-vel.svg", "unseen-half-cheetah-vel.svg",
        ])
        #expect(Self.lonely.keys.filter { $0.hasSuffix(".svg") }.sorted() == [
            "adaptation-half-cheetah-vel.svg", "curves-half-cheetah-vel.svg", "tasks-half-cheetah-vel.svg", "unseen-half-cheetah-vel.svg",
        ])
        #expect(Report(SyntheticAgents.all(["one-vel", "two-vel"], seeds: 1)).files["unseen.svg"] != nil)
    }

    @Test func aPolicyKeepsItsColorInEveryFigureAndNoOtherHasIt() throws {
        var colors: [String: Set<String>] = [:]
        for name in Self.seven.keys where name.hasSuffix(".svg") {
            colors.merge(try #require(Picture(Self.seven, name)).colors) { $0.union($1) }
        }
        #expect(colors.count == 7)
        #expect(colors.values.allSatisfy { $0.count == 1 })
        #expect(Set(colors.values).count == 7)
    }

    /// Eight agents, as readers with and without each kind of colour blindness see them (Machado, Oliveira and Fernandes, 2009).
    @Test func agentsAreToldApartByColorsWithAnyColorVision() {
        func linear(_ color: String) -> [Double] {
            [1, 3, 5].map { start in
                let digits = color.dropFirst(start).prefix(2), share = Double(Int(digits, radix: 16) ?? 0) / 255
                return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
            }
        }
        func lab(_ rgb: [Double]) -> [Double] {
            func root(_ t: Double) -> Double { t > 0.008856 ? cbrt(t) : 7.787 * t + 16 / 116 }
            let x = root((0.4124 * rgb[0] + 0.3576 * rgb[1] + 0.1805 * rgb[2]) / 0.9505)
            let y = root(0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2])
            let z = root((0.0193 * rgb[0] + 0.1192 * rgb[1] + 0.9505 * rgb[2]) / 1.089)
            return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
        }
        let visions: [[[Double]]] = [
            [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
            [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
            [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
        ]
        #expect(LineStyles.colors.count == 8)
        for vision in visions {
            let seen = LineStyles.colors.map { pair in
                let rgb = linear(pair.0)
                return lab(vision.map { row in min(1, max(0, row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2])) })
            }
            for a in seen.indices {
                for b in seen.indices where b > a {
                    let distance = zip(seen[a], seen[b]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
                    #expect(distance > 16, "\(LineStyles.colors[a].0) and \(LineStyles.colors[b].0): \(distance)")
                }
            }
        }
    }

    /// 13 lines: the policies that know their task from training, and those that adapt.
    @Test func anOverviewThatWouldBeTooFullIsTwo() throws {
        let runs = SyntheticAgents.all().map { run in
            var run = run
            run.evaluations += run.evaluations.filter { $0.policy == "meta" && $0.phase == .evaluation && $0.taskSet == .train }.map { row in
                var row = row
                row.policy = "meta-stored"
                return row
            }
            return run
        }
        let files = Report(runs).files
        let known = try #require(Picture(files, "curves.svg")).colors.keys, adapted = try #require(Picture(files, "curves-adapted.svg")).colors.keys
        #expect(known.count == 7 && known.allSatisfy { $0.hasSuffix("z from stored context") || $0.hasSuffix("personalized policies") })
        #expect(adapted.count == 6 && adapted.allSatisfy { $0.hasSuffix("meta-policy") })
        #expect(Self.seven["curves-adapted.svg"] == nil)
    }

    /// Also where an agent has variants on one family, and another is missing on it.
    @Test func otherFamiliesAndVariantsDoNotMoveColors() throws {
        let runs = SyntheticAgents.all().filter { !($0.family == "half-cheetah-dir" && $0.agent == "maml-trpo") }
        var other = SyntheticAgents.run("pearl", "half-cheetah-dir", seed: 0, tasks: 2, unseen: 0)
        other.settings = ["batchSize": "7"]
        let files = Report(runs + [other]).files
        let first = try #require(Picture(files, "curves-half-cheetah-dir.svg")).colors
        let second = try #require(Picture(files, "curves-half-cheetah-vel.svg")).colors
        #expect(first["rl2"] == second["rl2"] && first["promp"] == second["promp"])
        #expect(first["pearl (a)"] == second["pearl"] && first["pearl (b)"] != second["pearl"])
    }

    /// Dotted lines lie where the last points are, by their marks.
    @Test func finalLevelsAreDotted() throws {
        let picture = try #require(Picture(Self.seven, "curves-half-cheetah-vel.svg"))
        let dotted = picture.elements("line").filter { $0["stroke-dasharray"] == "1 3" && $0["stroke"] != "#666666" }
        #expect(dotted.count == 7)
        for (series, marks) in Dictionary(grouping: picture.marks, by: { $0["data-series"] ?? "" }) {
            let last = try #require(marks.last)
            #expect(last["data-x"] == "1,000,000 steps", "\(series)")
            #expect(dotted.contains { $0["y1"] == last["cy"] && $0["y2"] == last["cy"] && $0["stroke"] == last["data-color"] })
        }
    }

    /// pearl, by hand: level -90, start -375, seeds 0 to 2, tasks 0 to 9; the last mark has 1 - exp(-5) of the way.
    @Test func marksSayMeanAndRange() throws {
        let marks = try #require(Picture(Self.seven, "curves-half-cheetah-vel.svg")).marks
        let last = try #require(marks.last { $0["data-series"] == "pearl" })
        func mean(_ seed: Double) -> Double {
            let final = -90 + (4.5 * 0.03 + seed * 0.05) * 285
            return -375 + (final + 375) * (1 - exp(-5))
        }
        let text = [mean(1), mean(0), mean(2)].map { String(format: "%.1f", abs($0)) }
        #expect(last["data-y"] == "−\(text[0]) (−\(text[1]) to −\(text[2]))")
        #expect(marks.filter { $0["data-series"] == "pearl" }.count == 21)
    }

    @Test func picturesStaySmallAndWellFormed() throws {
        for files in Self.reports {
            for (name, text) in files where name.hasSuffix(".svg") {
                #expect(text.utf8.count < 170_000, "\(name)")
                #expect(XMLParser(data: Data(text.utf8)).parse(), "\(name)")
                #expect(!text.contains("nan") && !text.contains("inf"), "\(name)")
            }
        }
    }

    @Test func wordsNeitherOverlapNorLeaveThePicture() throws {
        for files in Self.reports {
            for name in files.keys.filter({ $0.hasSuffix(".svg") }).sorted() {
                let picture = try #require(Picture(files, name)), words = picture.words
                let size = try #require(picture.elements("svg").first)
                let width = Double(size["width"] ?? "") ?? 0, height = Double(size["height"] ?? "") ?? 0
                for (index, a) in words.enumerated() {
                    #expect(a.left >= 0 && a.right <= width && a.top >= 0 && a.bottom <= height, "\(name): \(a.text)")
                    for b in words[(index + 1)...] where a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom {
                        Issue.record("\(name): '\(a.text)' and '\(b.text)'")
                    }
                }
            }
        }
    }

    @Test func runsThatDoNotCountAreDashedAndInNoMean() throws {
        let whole = SyntheticAgents.all(["half-cheetah-vel"]).filter { $0.agent == "pearl" }
        var stopped = SyntheticAgents.run("pearl", seed: 7, level: 9000)
        stopped.state = .stopped
        var broken = SyntheticAgents.run("pearl", seed: 8)
        broken.evaluations[3].value = .nan
        let before = Report(whole).files, after = Report(whole + [stopped, broken]).files
        for name in before.keys where name.hasSuffix(".svg") {
            let values = try [before, after].map { files in
                try #require(Picture(files, name)).marks.map { [$0["data-series"], $0["data-x"], $0["data-y"]] }
            }
            #expect(values[0] == values[1], "\(name)")
        }
        for name in ["curves", "unseen", "adaptation"] {
            #expect(after["\(name)-half-cheetah-vel.svg"]?.contains("stroke-dasharray=\"4 3\"") == true, "\(name)")
            #expect(before["\(name)-half-cheetah-vel.svg"]?.contains("stroke-dasharray=\"4 3\"") == false, "\(name)")
        }
        #expect(after["tasks-half-cheetah-vel.svg"]?.contains("2 runs that are not included in means are left out.") == true)
        let only = Report([stopped]).files
        #expect(only["curves-half-cheetah-vel.svg"] != nil && only["tasks-half-cheetah-vel.svg"] == nil)
    }

    @Test func agentsOnOtherTasksAreNamedInTheCaption() throws {
        var other = SyntheticAgents.run("rl2", seed: 0, tasks: 4, unseen: 1)
        other.tasks = "others"
        let files = Report([SyntheticAgents.run("pearl", seed: 0), other]).files
        #expect(files["profiles.svg"] == nil)
        for name in ["curves", "unseen", "adaptation", "tasks"] {
            #expect(files["\(name)-half-cheetah-vel.svg"]?.contains("Not all agents had the same tasks") == true, "\(name)")
        }
    }

    /// 26 tasks of seven lines: several rows, every task in one of them.
    @Test func everyTaskHasItsPlace() throws {
        let runs = SyntheticAgents.names.map { SyntheticAgents.run($0, seed: 0, tasks: 26, personal: $0 == "pmeta-rl") }
        let picture = try #require(Picture(Report(runs).files, "tasks-half-cheetah-vel.svg"))
        #expect(Set(picture.marks.compactMap { $0["data-x"] }).count == 29)
        #expect(picture.marks.count == 26 * 7 + 3 * 6)
        #expect((Double(picture.elements("svg").first?["width"] ?? "") ?? 9999) < 900)
    }
}
