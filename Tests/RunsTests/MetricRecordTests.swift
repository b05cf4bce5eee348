import Core
import Environments
import Formats
import Foundation
import Runs
import TestEnvironments
import Testing

/// evaluations.csv: a number a row, and what earlier versions and other programs write.
@Suite struct MetricRecordTests {
    private func read(_ text: String) throws -> [MetricRecord] {
        let folder = try TemporaryFolder()
        try text.write(toFile: folder.path + "/evaluations.csv", atomically: true, encoding: .utf8)
        return try MetricRecord.read(folder.path + "/evaluations.csv")
    }

    /// What `read` says, without the folder.
    private func fault(_ text: String) -> String {
        let text = problem { try read(text) }.text
        return text.range(of: "evaluations.csv").map { String(text[$0.lowerBound...]) } ?? text
    }

    private func record(
        _ phase: MetricRecord.Phase, _ episode: Int?, _ metric: String, _ value: Double, policy: String = "meta"
    ) -> MetricRecord {
        MetricRecord(step: 400, taskSet: .train, task: "forward", policy: policy, phase: phase, episode: episode, metric: metric, value: value)
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        var far = record(.evaluation, 3, "l1", 1.25e-300, policy: "meta-k20")
        (far.spent, far.taskSet, far.task) = (17, .test, "a,\"b\"")
        let records = [record(.adaptation, nil, "adaptationSteps", 387), record(.evaluation, 0, "return", .infinity), far]
        let folder = try TemporaryFolder(), path = folder.path + "/evaluations.csv"
        var table = try TableFile(creating: path, columns: MetricRecord.columns)
        try table.append(records.map(\.fields))
        #expect(try MetricRecord.read(path) == records)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == CSV(header: MetricRecord.columns, rows: records.map(\.row)).text)
    }

    /// An episode a row, as before metrics had names.
    @Test func theEarlierFormIsReadAsTheSameNumbers() throws {
        let earlier = """
            step,task_set,task,policy,phase,episode,return,length,adaptation_steps,unstable
            400,train,forward,meta,adaptation,0,-1.5,,387,0
            400,train,forward,meta,adaptation,1,2,,387,0
            400,train,forward,meta,evaluation,0,7,200,387,0
            400,train,forward,meta,evaluation,1,8,31,387,1
            400,train,forward,personal,evaluation,0,9,200,0,0

            """
        let expected = [
            record(.adaptation, nil, "adaptationSteps", 387), record(.adaptation, 0, "return", -1.5), record(.adaptation, 1, "return", 2),
            record(.evaluation, 0, "return", 7), record(.evaluation, 0, "length", 200), record(.evaluation, 1, "return", 8),
            record(.evaluation, 1, "length", 31), record(.evaluation, 1, "unstable", 1),
            record(.evaluation, 0, "return", 9, policy: "personal"), record(.evaluation, 0, "length", 200, policy: "personal"),
        ]
        #expect(try read(earlier) == expected)
        // As pandas writes it back (a number is missing in `length`), and R with its row names.
        #expect(try read(earlier.replacingOccurrences(of: ",200,", with: ",200.0,").replacingOccurrences(of: ",31,", with: ",31.0,")) == expected)
        #expect(try read(earlier.replacingOccurrences(of: ",,", with: ",NA,")) == expected)
    }

    @Test func otherProgramsMayRewriteTheTable() throws {
        let text = """
            "","metric","value","step","task_set","task","policy","phase","episode","spent"
            "1","return",2.0,400,"train","forward","meta","evaluation",0.0,400
            "2","adaptationSteps",387.0,400,"train","forward","meta","adaptation",NA,400
            "3","return",,400,"train","forward","meta","evaluation",1.0,

            """
        let records = try read(text)
        #expect(records.prefix(2) == [record(.evaluation, 0, "return", 2), record(.adaptation, nil, "adaptationSteps", 387)])
        #expect(records[2].value.isNaN && records[2].spent == 400 && records[2].episode == 1)
    }

    @Test func aTornLastLineIsLeftOut() throws {
        let head = MetricRecord.columns.joined(separator: ",") + "\n", row = "400,400,train,forward,meta,evaluation,0,return,2\n"
        #expect(try read(head + row + "400,400,train,forw") == [record(.evaluation, 0, "return", 2)])
        #expect(try read(head + row + "400,400,train,\"forw") == [record(.evaluation, 0, "return", 2)])
    }

    @Test func whatCannotBeReadIsNamedByLineAndColumn() {
        let head = MetricRecord.columns.joined(separator: ",") + "\n"
        func row(_ fields: String) -> String { fault(head + "0,0,train,t,meta,evaluation,0,return,1\n" + fields + "\n") }
        #expect(row("1,1,train,t,meta,evaluation,0,return,fast") == "evaluations.csv, line 3: column 'value': a number expected, found 'fast'")
        #expect(row("x,1,train,t,meta,evaluation,0,return,1") == "evaluations.csv, line 3: column 'step': a number expected, found 'x'")
        #expect(
            row("-1,1,train,t,meta,evaluation,0,return,1")
                == "evaluations.csv, line 3: column 'step': a number from 0 to 1e15 expected, found -1")
        #expect(row("1.5,1,train,t,meta,evaluation,0,return,1") == "evaluations.csv, line 3: column 'step': a number expected, found '1.5'")
        #expect(row("1,1,trian,t,meta,evaluation,0,return,1")
            == "evaluations.csv, line 3: column 'task_set': one of train, test expected, found 'trian'; did you mean 'train'?")
        #expect(row("1,1,train,t,,evaluation,0,return,1") == "evaluations.csv, line 3: column 'policy': a name expected, found nothing")
        #expect(row("1,1,train,t,meta,evaluation,0,,1") == "evaluations.csv, line 3: column 'metric': a name expected, found nothing")
        #expect(row("1,1,train,t,meta,evaluation,0,return") == "evaluations.csv, line 3: 9 fields expected, 8 found")
        #expect(fault("step,metric\n").hasPrefix("evaluations.csv, line 1: column 'task_set' is missing; found step, metric"))
        #expect(fault("") == "evaluations.csv, line 1: a header line expected")
    }

    @Test func aRunOfAnEarlierVersionSaysWhyItCannotGoOn() throws {
        let folder = try TemporaryFolder(), path = folder.path + "/evaluations.csv"
        try "step,task_set,task,policy,phase,episode,return,length,adaptation_steps,unstable\n".write(toFile: path, atomically: true, encoding: .utf8)
        let found = problem { try MetricRecord.requireThisVersion(path) }
        #expect(found.exitCode == 65 && found.text.contains("begun by an earlier version of Gait") && found.text.contains("not resumed"))
        _ = try TableFile(creating: path, columns: MetricRecord.columns)
        try MetricRecord.requireThisVersion(path)
    }
}

@Suite struct PolicyNameTests {
    @Test func titlesExplainSuffixes() {
        #expect(PolicyName.title("meta") == "meta-policy" && PolicyName.title("personal") == "personalized policies")
        #expect(PolicyName.title("personal-stored") == "personalized policies, z from stored context")
        #expect(PolicyName.title("meta-k20") == "meta-policy, after 20 adaptation episodes")
        #expect(PolicyName.title("meta-fresh-k1") == "meta-policy, z from fresh context, after 1 adaptation episode")
        #expect(PolicyName.title("cross") == "cross" && PolicyName.title("model-average") == "model-average")
        #expect(
            PolicyName.title("cross-k2", declared: ["cross": "policies of other tasks"])
                == "policies of other tasks, after 2 adaptation episodes")
        #expect(PolicyName.title("k2") == "k2" && PolicyName.title("meta-k02") == "meta-k02" && PolicyName.title("") == "")
    }

    /// The title that a run records for a policy replaces the one that its name stands for. With one of them, all are recorded.
    @Test func titlesThatSayMoreThanTheirNamesAreRecorded() throws {
        func recorded(_ titles: [(name: String, title: String)]) throws -> [String: String] {
            let folder = try TemporaryFolder(), directory = RunDirectory(folder.path)
            try directory.write(titles: titles)
            return try directory.policyTitles()
        }
        let personal = (name: "personal", title: "personalized policy")
        #expect(try recorded([("meta", "meta-policy"), personal, ("plain", "plain")]).isEmpty)
        #expect(try recorded([("meta", "meta-policy"), ("meta-k2", "meta-policy, after 2 adaptation episodes")]).isEmpty)
        let fresh = (name: "personal-fresh", title: "personalized policy, z from fresh context")
        #expect(try recorded([("meta", "meta-policy"), personal, fresh]).isEmpty)
        // Earlier runs have recorded it.
        #expect(PolicyName.title("personal-fresh", declared: ["personal-fresh": fresh.title]) == "personalized policies, z from fresh context")
        let titles = try recorded([
            ("meta", "meta-policy, after 20 adaptation episodes"), ("meta-k2", "meta-policy, after 2 adaptation episodes"), personal,
        ])
        #expect(PolicyName.title("meta", declared: titles) == "meta-policy, after 20 adaptation episodes")
        #expect(PolicyName.title("meta-k2", declared: titles) == "meta-policy, after 2 adaptation episodes")
        #expect(PolicyName.title("personal", declared: titles) == "personalized policies")
    }

    @Test func theOrderIsPersonalMetaOthers() {
        let names = ["cross", "meta-k20", "meta", "average", "personal-stored", "meta-k2", "personal"]
        #expect(names.sorted(by: PolicyName.precedes) == ["personal", "personal-stored", "meta", "meta-k2", "meta-k20", "average", "cross"])
    }
}
