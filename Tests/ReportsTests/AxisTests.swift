import Reports
import Testing

@Suite struct AxisTests {
    @Test func ticksAreOneTwoOrFiveTimesAPowerOfTen() {
        #expect(Axis(covering: [-730, 970], intervals: 5).ticks == [-1000, -500, 0, 500, 1000])
        #expect(Axis(covering: [0, 7.3], intervals: 5).ticks == [0, 2, 4, 6, 8])
        #expect(Axis(from: 0, to: 60_000, intervals: 5).ticks == [0, 20_000, 40_000, 60_000])
    }

    @Test func everyValueLiesOnTheAxis() {
        for values in [[-0.001, 0.002], [12_345, 12_346], [5, 5], [0, 0], [-3e7, 2], [-1e250, 1e250], [-4e200]] as [[Double]] {
            let axis = Axis(covering: values, intervals: 5)
            #expect(values.allSatisfy { axis.low <= $0 && $0 <= axis.high })
            #expect(axis.ticks.count >= 2 && axis.ticks.count <= 12)
        }
    }

    @Test func stepLabelsShareAUnit() {
        #expect(Axis(from: 0, to: 2_400_000, intervals: 5).stepLabels == ["0", "0.5M", "1M", "1.5M", "2M"])
        #expect(Axis(from: 0, to: 60_000, intervals: 5).stepLabels == ["0", "20k", "40k", "60k"])
        #expect(Axis(from: 0, to: 500, intervals: 5).stepLabels == ["0", "100", "200", "300", "400", "500"])
    }

    @Test func labelsHaveNoMoreDecimalsThanNeeded() {
        #expect(Axis(covering: [-0.4, 0.4], intervals: 4).labels == ["−0.4", "−0.2", "0", "0.2", "0.4"])
        #expect(Axis(covering: [0, 0.1], intervals: 4).labels == ["0", "0.05", "0.1"])
    }

    @Test func nothingToShowStillGivesAnAxis() {
        #expect(Axis(covering: [], intervals: 5).ticks.count >= 2)
        #expect(Axis(covering: [.nan, .infinity], intervals: 5).ticks.count >= 2)
    }
}
