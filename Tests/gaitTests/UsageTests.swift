import Environments
import Foundation
import Runs
import TestEnvironments
import Testing
import gait

/// For usage that is the same for every family.
private let family = hasMuJoCo ? "half-cheetah-dir" : "cart-pole"

/// Invalid usage ends with status 64, the reason and the nearest valid choice.
@Suite struct UsageTests {
    private static let misspelt: [([String], String)] = [
        (["trian", "pmeta-rl", family], "'train'"),
        (["train", "pmeta-lr", family], "'pmeta-rl'"),
        (["train", "pmeta-rl", "half-cheeta-dir"], "'half-cheetah-dir'"),
        (["train", "pmeta-rl", family, "--preset", "qiuck"], "'quick'"),
        (["train", "pmeta-rl", family, "--set", "batchsize=3"], "'batchSize'"),
        (["train", "pmeta-rl", family, "--stepss", "3"], "'--steps'"),
        (["reproduce", "fig-4"], "'fig4'"),
        (["reproduce", "fig5", "--set", "proximalweight=3"], "'proximalWeight'"),
        (["tasks", "ant-fwd-bakc"], "'ant-fwd-back'"),
        (["list", "famlies"], "'families'"),
        (["bench", "lerning"], "'learning'"),
        (["bench", "train", "--agent", "perl"], "'pearl'"),
        (["bench", "physics", "--family", "ant-fwd"], "'ant-fwd-back'"),
        (["evaluate", "somewhere", "--tasks", "tset"], "'test'"),
    ]
    private static let robots = ["'half-cheetah-dir'", "'ant-fwd-back'"]

    @Test(arguments: misspelt.filter { hasMuJoCo || !robots.contains($0.1) })
    func theNearestChoiceIsNamed(arguments: [String], suggestion: String) throws {
        let result = try GaitProcess(arguments, in: Place()).result()
        #expect(result.status == 64)
        #expect(result.error.lowercased().contains("did you mean \(suggestion.lowercased())?"), "\(result.error)")
        #expect(result.output.isEmpty)
    }

    private static let invalid: [([String], String)] = [
        (["train", "pmeta-rl", family, "--set", "batchSize=many"], "batchSize"),
        (["train", "pmeta-rl", family, "--set", "batchSize"], "key=value"),
        (["train", "pmeta-rl", family, "--steps", "0"], "at least 1"),
        (["train", "pmeta-rl", family, "--steps", "-4"], "at least 1 expected, found -4"),
        (["train", "pmeta-rl", family, "--steps", "9000000000000000000"], "at most 1,000,000,000,000"),
        (["train", "pearl", "hyper-grid", "--rounds", "3"], "pearl counts its budget in steps or trajectories; give --steps or --trajectories"),
        (["train", "ppo", "hyper-grid", "--preset", "quick", "--steps", "3"], "ppo counts its budget in trajectories; give --trajectories"),
        (["train", "pmeta-rl", family, "--evaluation-episodes", "0"], "--evaluation-episodes: at least 1"),
        (["train", "pmeta-rl", family, "--seed", "-1"], "'-1' is invalid for '--seed"),
        (["train", "pmeta-rl", family, "--threads", "0"], "at least 1"),
        (["reproduce", "fig4", "--jobs", "0"], "at least 1"),
        (["reproduce", "fig4", "--seeds", "3-1"], "the first must not be larger than the last"),
        (["reproduce", "fig4", "--seeds", "many"], "seeds such as 3, 10-14 or 0-2,7 expected"),
        (["reproduce", "precision", "--set", "precision=float32"], "the experiment sets it itself, for 'pmeta-rl precision=float32'"),
        (["reproduce", "pgflowmeta", "--set", "batchSize=3"], "give a setting to one of its experiments"),
        (["train", "pmeta-rl"], "<family>"),
        (["reproduce", "fig4", "--seeds", "0 1 2"], "such as '0,1,2', found '0 1 2'"),
        // What an unset variable of a shell leaves. Nothing is trained here without the check, either.
        (["train", "pmeta-rl", family, "--steps", "0", "--out", ""], "'--out <dir>': the path of a file or a folder expected"),
        (["reproduce", "fig4", "--report-only", "--out", ""], "'--out <dir>': the path of a file or a folder expected"),
        (["reproduce", "fig4", "--report-only", "--from", ""], "'--from <dir>': the path of a file or a folder expected"),
        (["report", "somewhere", "--out", ""], "'--out <dir>': the path of a file or a folder expected"),
        (["render", "somewhere", "--out", "x.mp4", "--size", "640x3000000000"], "each at most 16384"),
        (["record", "somewhere", "--out", "x.npz", "--episodes", "9999999999"], "--episodes: "),
        (["resume", ""], "'<dir>': the path of a file or a folder expected"),
        (["report", "somewhere", ""], "'<dir>': the path of a file or a folder expected"),
        (["render", "somewhere", "--out", ""], "--out : a name that ends in one of .mp4"),
        (["record", "somewhere", "--out", ""], "--out : a name that ends in .npz expected"),
        (["reproduce", "fig4", "--report-only", "--agents", ""], "--agents: unknown agent ''. Known agents of this experiment: pmeta-rl"),
        (["reproduce", "pgflowmeta", "--report-only", "--families", ""], "--families: unknown family ''. Known families of pgflowmeta"),
        (["reproduce", "pgflowmeta", "--report-only", "--parts", ","], "--parts: unknown part ''. Known parts of pgflowmeta"),
        (["train", "pmeta-rl", family, "--steps", "0", "--patience", "inf"], "--patience: 0 to 604800 seconds expected, found inf"),
        (["train", "pmeta-rl", family, "--steps", "0", "--patience", "nan"], "--patience: 0 to 604800 seconds expected, found nan"),
        (["train", "pmeta-rl", family, "--steps", "0", "--patience", "1e30"], "--patience: 0 to 604800 seconds expected, found 1e+30"),
        (["train", "pmeta-rl", family, "--steps", "0", "--patience", "-1"], "--patience: 0 to 604800 seconds expected, found -1.0"),
    ]

    @Test(arguments: invalid.filter { hasMuJoCo || $0.0[0] != "reproduce" })
    func numbersAndMissingWordsAreNamed(arguments: [String], reason: String) throws {
        let result = try GaitProcess(arguments, in: Place()).result()
        #expect(result.status == 64)
        #expect(result.error.contains(reason), "\(result.error)")
    }

    @Test(arguments: [
        [], ["--help"], ["help"], ["list", "-h"], ["doctor", "--help"], ["verify", "--help"], ["tasks", "--help"], ["help", "train"],
        ["train", "--help"], ["resume", "--help"], ["evaluate", "--help"], ["reproduce", "--help"], ["report", "--help"], ["bench", "--help"],
        ["new-baseline", "--help"],
    ])
    func helpIsPrintedAndIsNoFailure(arguments: [String]) throws {
        let result = try GaitProcess(arguments, in: Place()).result()
        #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
        #expect(result.output.contains("USAGE: gait"), "\(result.output)")
    }

    @Test func everyLineOfJSONIsAnObjectWithAName() throws {
        let place = try Place()
        for arguments in [["list", "--json"], ["tasks", family, "--json"], ["doctor", "--json"]] {
            let result = try GaitProcess(arguments, in: place).result()
            // `doctor` ends with 1 where something is missing.
            #expect(result.status == 0 || arguments[0] == "doctor" && result.status == 1, "\(arguments): \(result.error)")
            #expect(result.lines.count > 1)
            for line in result.lines {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                #expect(object?["name"] is String, "\(line)")
            }
        }
    }

    @Test(.needsMuJoCo) func aTaskSetIsTheSameForEveryoneAndAnotherSeedGivesAnother() throws {
        let place = try Place()
        let first = try place.gait("tasks", "half-cheetah-vel", "--json")
        #expect(first.status == 0 && first.lines.count == 13)
        #expect(try place.gait("tasks", "half-cheetah-vel", "--json").output == first.output)
        #expect(try place.gait("tasks", "half-cheetah-vel", "--json", "--task-seed", "5").output != first.output)
    }

    /// Runs of earlier versions, and numbers in reports, are of these tasks.
    @Test(.needsMuJoCo) func theTasksOfTheStandardSeedAreThoseOfEarlierVersions() throws {
        #expect(RunRequest.standardTaskSeed == 1337)
        let cheetah = try Registry.standard(assets: assetsFolder.path).family(named: "half-cheetah-vel")
        let tasks = try cheetah.tasks(.train, seed: RunRequest.standardTaskSeed)
        let velocity = try #require(tasks.first?.parameters["velocity"]?.first)
        #expect(abs(velocity - 2.0606198900733146) < 1e-12)
    }

    @Test func theProgramFindsItsAssetsFromAnyFolderAndThroughALink() throws {
        let place = try Place()
        let listed = try place.gait("list", "experiments")
        #expect((hasMuJoCo ? listed.output : listed.error).contains("fig4"))  // left out with a note where there are no robots
        try FileManager.default.createSymbolicLink(at: place["linked"], withDestinationURL: GaitProcess.executable)
        let result = try FinishedProgram([place["linked"].path, "list", "experiments"], in: place.url)
        #expect(result.status == 0, "\(result.text)")
    }
}
