import Core
import Foundation

/// Slurm's queue, as `squeue` lists it: jobs that wait, are at work or are ending. Jobs that ended are not in it.
public struct SlurmQueue: Sendable, Equatable {
    /// A job, or one element of an array.
    public struct Job: Sendable, Equatable {
        /// As Slurm's programs take it: `17`, or `17_3` for element 3 of an array.
        public var id: String
        /// `17`; the same for all elements of an array.
        public var array: String
        public var element: Int?
        /// Slurm's word: PENDING, RUNNING, COMPLETING, ...
        public var state: String
        /// Why it waits: Priority, Resources, BeginTime, ...; nil where it does not.
        public var reason: String?
        public var node: String?
        /// The script that it runs.
        public var script: String

        var isPending: Bool { ["PENDING", "REQUEUED", "REQUEUE_HOLD", "SPECIAL_EXIT", "SUSPENDED"].contains(state) }
        /// It is saving and leaves the queue soon, or waits for the node to be tidied up.
        public var isEnding: Bool { state == "COMPLETING" }
        var isRunning: Bool { ["RUNNING", "COMPLETING", "CONFIGURING", "STAGE_OUT"].contains(state) }
    }

    public var jobs: [Job]

    /// The queue's entries for these submissions. Throws what running `squeue` throws.
    public init(of submissions: [SlurmSubmission]) throws {
        let ids = submissions.flatMap(\.ids)
        do {
            let question = ["squeue", "--noheader", "--array", "--jobs", ids.joined(separator: ","), "--format", Self.format]
            self.init(ids.isEmpty ? "" : try SlurmPrograms.output(of: question))
        } catch let error as SlurmError where error.message.contains("Invalid job id") {
            self.init("")  // ended, and forgotten by Slurm
        }
    }

    /// The script comes last: its path may have any character.
    static let format = "%i|%F|%K|%T|%r|%N|%o"

    /// Reads what `squeue` printed in the format above; lines that are none are left out.
    public init(_ text: String) {
        jobs = text.split(whereSeparator: \.isNewline).compactMap { line in
            let fields = line.split(separator: "|", maxSplits: 6, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 7 else { return nil }
            let hasReason = !["", "None", "(null)"].contains(fields[4])
            return Job(
                id: fields[0], array: fields[1], element: Int(fields[2]), state: fields[3], reason: hasReason ? fields[4] : nil,
                node: fields[5].isEmpty ? nil : fields[5], script: fields[6])
        }
    }

    /// Jobs by the names of their runs. Numbers of jobs begin again on another cluster: only jobs with the submission's own script count.
    public func jobs(of submissions: [SlurmSubmission]) -> [String: Job] {
        var result: [String: Job] = [:]
        for submission in submissions {
            let first = Dictionary(submission.jobs.map { ($0.id, $0.first) }, uniquingKeysWith: { $1 })
            for job in jobs where job.script.hasPrefix(submission.script) {
                guard let start = first[job.array], let element = job.element, submission.runs.indices.contains(start + element) else { continue }
                result[submission.runs[start + element]] = job
            }
        }
        return result
    }

    /// The submission's job that writes the report, while it is in the queue.
    public func report(of submission: SlurmSubmission) -> Job? {
        jobs.first { $0.array == submission.report && $0.script.hasPrefix(submission.reportScript) }
    }
}
