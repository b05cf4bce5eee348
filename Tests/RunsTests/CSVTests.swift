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
