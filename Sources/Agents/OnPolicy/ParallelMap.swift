import Dispatch

/// `body` of every index below `count`, on up to `threads` threads, in the order of the indices: what is summed from the results has
/// the same bits for every number of threads. Throws the error of the lowest index.
public func mapInParallel<Value, Failure: Error>(
    _ count: Int, threads: Int, _ body: @Sendable (Int) throws(Failure) -> Value
) throws(Failure) -> [Value] {
    let threads = min(threads, count)
    var values: [Value] = []
    values.reserveCapacity(count)
    guard threads > 1 else {
        for index in 0..<count { values.append(try body(index)) }
        return values
    }
    var results = [Result<Value, Failure>?](repeating: nil, count: count)
    results.withUnsafeMutableBufferPointer { results in
        nonisolated(unsafe) let slots = results
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            for index in stride(from: thread, to: count, by: threads) {
                do throws(Failure) { slots[index] = .success(try body(index)) } catch { slots[index] = .failure(error) }
            }
        }
    }
    for result in results {
        if let result { values.append(try result.get()) }
    }
    return values
}
