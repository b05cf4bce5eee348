import Foundation
import Testing

/// What surrounds a program on a cluster or in a script: streams that are closed or full, signals that come more than once, the same
/// command again.
@Suite(.serialized) struct FaultTests {
    private func state(_ place: Place, _ run: String) throws -> String {
        let text = try place.text("\(run)/status.json")
        return try #require(text.split(separator: "\n").first { $0.contains("\"state\"") }.map(String.init))
    }

    @Test(arguments: [
        ("nosuch", "2>/dev/full", 64), ("nosuch", "2>&-", 64), ("list", ">/dev/full", 1), ("list", ">&-", 1), ("list", ">/dev/null 2>&-", 0),
        ("list", "> >(head -1 >/dev/null)", 141),
    ])
    func standardStreamsThatAreClosedOrFullEndInTheRightStatus(command: String, shell: String, status: Int32) throws {
        // A pipe that is closed early may have taken everything before that.
        let found = try GaitProcess([command], in: Place(), shell: shell).result().status
        #expect(found == status || status == 141 && found == 0)
    }

    @Test func anArgumentInAnotherEncodingIsRefused() throws {
        let place = try Place()
        let result = try GaitProcess(["list"], in: place, shell: "--json=$'\\xff'").result()
        #expect(result.status == 64 && result.error.contains("UTF-8"), "\(result.error)")
    }

    @Test func aFullDiskUnderTheMessagesDoesNotStopARun() throws {
        let place = try Place()
        let result = try GaitProcess(training("run", family: "sparse-point-robot", steps: 800), in: place, shell: "2>/dev/full").result()
        #expect(result.status == 0)
        #expect(try state(place, "run").contains("finished"))
    }

    @Test func whenNobodyReadsTheOutputAnyMoreTheRunIsSavedAndGoesOn() throws {
        let place = try Place(), often = ["--evaluate-every", "200", "--json"]
        let whole = training("whole", family: "sparse-point-robot", steps: 4000, more: often)
        #expect(try GaitProcess(whole, in: place).result().status == 0)
        let broken = training("broken", family: "sparse-point-robot", steps: 4000, more: often)
        let result = try GaitProcess(broken, in: place, shell: "| head -1").result()
        #expect(result.status == 141, "\(result.error)")
        #expect(try state(place, "broken").contains("interrupted") && !place.checkpoints("broken").isEmpty)
        // The same command again goes on with it, and once more finds it finished.
        for _ in 0..<2 { #expect(try GaitProcess(broken, in: place).result().status == 0) }
        #expect(try place.text("broken/evaluations.csv") == place.text("whole/evaluations.csv"))
    }

    /// As a service manager sends it: to every process, to those as well that their parent has asked already.
    @Test func toBeAskedToStopManyTimesIsToBeAskedOnce() throws {
        let place = try Place()
        let process = try GaitProcess(training("run", family: "sparse-point-robot", steps: 4_000_000), in: place)
        #expect(process.wait { place.exists("run/config.yaml") })
        for _ in 0..<20 {
            process.send(SIGTERM)
            usleep(500)
        }
        #expect(try process.result().status == 143)
        #expect(try state(place, "run").contains("interrupted") && !place.checkpoints("run").isEmpty)
    }
}
