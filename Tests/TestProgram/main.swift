@preconcurrency import Foundation  // C's stdout is a variable, which nobody sets
import Programs

// An agent for tests, which is not good at anything: it acts by a number that counts its updates, and fails as its setting `fault` says. With the
// argument `family`, a family: two tasks on a line.

let channel = Channel(Int32(ProcessInfo.processInfo.environment["GAIT_CHANNEL"] ?? "") ?? -1, patience: 0)
let isFamily = CommandLine.arguments.contains("family")

setvbuf(stdout, nil, _IONBF, 0)  // seen although it crashes or hangs
let agent = CountingAgent(channel)
do { try isFamily ? LineFamily(channel).run() : agent.run() } catch ChannelError.ended {} catch {
    print("test program: \(error)")
    exit(3)
}
while agent.lingers { sleep(1) }
