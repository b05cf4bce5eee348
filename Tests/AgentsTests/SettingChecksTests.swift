import Agents
import Core
import Testing

@Suite struct SettingChecksTests {
    /// The error's text; nil where the check passes.
    private func refusal(_ check: () throws -> Void) -> String? {
        do { try check() } catch { return "\(error)" }
        return nil
    }

    @Test func theyNameTheKeyWhatWasExpectedAndWhatWasFound() {
        #expect(refusal { try SettingError.checkNumbers([("a", 1), ("b", 3.5)], in: -10...2) }
            == "setting 'b': a number in -10...2 expected, found 3.5")
        #expect(refusal { try SettingError.checkFractions([("clip", 1 as Float)]) }
            == "setting 'clip': a number between 0 and 1 expected, found 1.0")
        #expect(refusal { try SettingError.checkRanges([("size", [3, 2])], in: 0.5...10) }
            == "setting 'size': a range [low, high] with 0.5 <= low <= high <= 10 expected, found [3.0, 2.0]")
        #expect(refusal { try SettingError.checkTasks(train: 0, test: 0) }
            == "setting 'trainTasks': a whole number in 1...10000 expected, found 0")
    }

    @Test func whatIsNotANumberNeverPasses() {
        let value = Float.nan
        #expect(refusal { try SettingError.checkNumbers([("a", value)], in: 0...1) } != nil)
        #expect(refusal { try SettingError.checkFractions([("a", value)]) } != nil)
        #expect(refusal { try SettingError.checkPositive([("a", value)]) } != nil)
        #expect(refusal { try SettingError.checkNotNegative([("a", value)]) } != nil)
        #expect(refusal { try SettingError.checkRates([("a", value)]) } != nil)
        #expect(refusal { try SettingError.checkDiscount(value) } != nil)
        #expect(refusal { try SettingError.checkRanges([("a", [0, .nan])], in: 0...1) } != nil)
        #expect(refusal { try SettingError.checkInitialLogStd(value) } != nil)
    }

    @Test func bothEndsOfARangeBelongToIt() {
        #expect(refusal { try SettingError.checkNumbers([("a", 0), ("b", 1)], in: 0.0...1) } == nil)
        #expect(refusal { try SettingError.checkFractions([("a", 0.0)]) } != nil)
        #expect(refusal { try SettingError.checkRates([("a", 1.0)]) } == nil)
    }
}
