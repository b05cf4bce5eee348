import Core
import Launching
import Runs
import TestEnvironments
import Testing

@Suite struct SeedListTests {
    @Test(arguments: [
        ("3", [3], "3"), ("10-14", [10, 11, 12, 13, 14], "10-14"), ("0-2,7", [0, 1, 2, 7], "0-2,7"), (" 5 , 1 - 2 ", [5, 1, 2], "5,1-2"),
        ("7-7", [7], "7"), ("18446744073709551615", [UInt64.max], "18446744073709551615"),
    ])
    func theCommandLineNamesSeeds(text: String, seeds: [UInt64], shortest: String) throws {
        let list = try SeedList(text)
        #expect(list.seeds == seeds)
        #expect(list.text == shortest)
        #expect(try SeedList(list.text) == list)
    }

    @Test(arguments: ["", "x", "3-", "-3", "1,,2", "1-2-3", "4-2", "1,1", "0-2,1", "0-99999999", "1.5", "0-18446744073709551615", "a b"])
    func whatNamesNoSeedsIsAUsageError(text: String) {
        #expect(problem { try SeedList(text) }.exitCode == 64)
    }

    /// They were once taken for the digits of one number.
    @Test(arguments: [("0 1 2", "'0,1,2'"), ("5, 1 2", "'5,1,2'"), ("1 2 - 4", "'1,2-4'")])
    func seedsWithBlanksBetweenThemAreShownWithCommas(text: String, right: String) {
        let found = problem { try SeedList(text) }
        #expect(found.exitCode == 64 && found.text.contains("commas between them expected, such as \(right), found '\(text)'"), "\(found.text)")
    }

    private func read(_ yaml: String) throws -> SeedList {
        let root = try ConfigurationValue(yaml: "quick: \(yaml)", origin: .program)
        return try root.decode([String: SeedList].self, origin: .program)["quick"] ?? SeedList([])
    }

    /// As files always had it, a whole number is a count there.
    @Test(arguments: [
        ("3", [0, 1, 2]), ("1", [0]), ("10-14", [10, 11, 12, 13, 14]), ("[3]", [3]), ("[10, 12-14]", [10, 12, 13, 14]), ("3-3", [3]),
        ("\"10,12\"", [10, 12]),
    ])
    func aFileCountsOrNamesThem(yaml: String, seeds: [UInt64]) throws {
        #expect(try read(yaml).seeds == seeds)
    }

    @Test(arguments: [
        ("0", "at least 1 expected, found 0"), ("many", "a count of seeds, or seeds such as"), ("[]", "at least one seed"), ("99999", "at most"),
        ("1 2", "a count of seeds, or seeds with commas between them expected, such as '1,2', found '1 2'"),
    ])
    func aFilesMistakesSayWhatWasExpected(yaml: String, reason: String) {
        let found = problem { try read(yaml) }
        #expect(found.text.contains(reason), "\(found.text)")
    }

    @Test(arguments: [[0, 1, 2], [3], [10, 11], [5, 2]] as [[UInt64]]) func writingAndReadingKeepsThem(seeds: [UInt64]) throws {
        let text = try ConfigurationValue(encoding: ["quick": SeedList(seeds)]).yaml
        #expect(try ConfigurationValue(yaml: text, origin: .program).decode([String: SeedList].self, origin: .program)["quick"]?.seeds == seeds)
    }
}
