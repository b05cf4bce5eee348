import Formats
import Testing

@Suite struct CSVTests {
    @Test func textAndTableAreInverse() throws {
        let table = CSV(
            header: ["task", "return"],
            rows: [["v=1.5", "-3.25"], ["with, comma", "with \"quotes\""], ["two\nlines", ""], ["", "ümlaut – dash"]])
        #expect(try CSV(table.text, file: "x.csv") == table)
    }

    @Test func readsCarriageReturnsAndBlankLinesAndAByteOrderMark() throws {
        #expect(try CSV("\u{FEFF}a,b\r\n1,2\r\n\r\n3,4", file: "x.csv") == CSV(header: ["a", "b"], rows: [["1", "2"], ["3", "4"]]))
    }

    /// As a spreadsheet in German saves it, as R's write.table does, and as pandas writes a column that lacks a number.
    @Test(arguments: ["step;value\n200,0;1,5\n7;-2e-3\n", "step\tvalue\n200\t1.5\n7\t-0.002\n", "step,value\n200.0,1.5\n7.0,-0.002\n"])
    func numbersAreReadInWhateverNotation(text: String) throws {
        let table = try CSV.Reader(CSV(text, file: "x.csv"), file: "x.csv", required: ["step", "value"])
        #expect(try (0..<2).map { try table.count($0, "step") } == [200, 7])
        #expect(try (0..<2).map { try table.whole($0, "step") } == [200, 7])
        #expect(try (0..<2).map { try table.value($0, "value") } == [1.5, -0.002])
        #expect(throws: TableError(file: "x.csv", line: 2, "column 'value': a whole number from 0 on expected, found '\(table.string(0, "value"))'")) {
            try table.whole(0, "value")
        }
    }

    @Test func aShortLineIsNamed() {
        #expect(throws: TableError(file: "x.csv", line: 4, "2 fields expected, 1 found")) {
            try CSV("a,b\n1,\"2\n2\"\n3\n", file: "x.csv")
        }
    }

    @Test func anOpenQuoteAndAnEmptyFileAreErrors() {
        #expect(throws: TableError(file: "x.csv", line: 2, "a quote that is never closed")) {
            try CSV("a,b\n1,\"2", file: "x.csv")
        }
        #expect(throws: TableError(file: "x.csv", line: 1, "a header line expected")) { try CSV("", file: "x.csv") }
    }

    @Test func aTornLastLineOfAKilledRunCanBeLeftOut() throws {
        let table = try CSV("a,b\n1,2\n3", file: "x.csv", ignoringTornEnd: true)
        #expect(table.rows == [["1", "2"]])
    }

    @Test func anEmptyFieldIsARowWhereThereIsOneColumn() throws {
        #expect(try CSV("a\n1\n\n2\n", file: "x.csv").rows == [["1"], [""], ["2"]])
    }
}
