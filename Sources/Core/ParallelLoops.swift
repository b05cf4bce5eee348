import Dispatch

/// `body` of every index below `count`, on up to `threads` threads, in the order of the indices: what is summed from the results
/// has the same bits for every number of threads. Which thread takes which index does not depend on time. Throws the error of the
/// lowest index that failed.
///
/// Cost: one dispatch, some microseconds; none for one thread.
public func mapInParallel<Value: Sendable, Failure: Error>(
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
        nonisolated(unsafe) let slots = results  // an index is written by one thread, and read when all threads are done
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            for index in stride(from: thread, to: count, by: threads) {
                do throws(Failure) { slots[index] = .success(try body(index)) } catch {
                    slots[index] = .failure(error)
                    return
                }
            }
        }
    }
    // An index behind a failed one of its thread was not reached; the failure has a lower index and is thrown first.
    for result in results {
        if let result { values.append(try result.get()) }
    }
    return values
}

/// Calls `body` for every index below `count` on up to `threads` threads. Throws the error of the lowest index that failed.
public func forEachInParallel<Failure: Error>(
    _ count: Int, threads: Int, _ body: @Sendable (Int) throws(Failure) -> Void
) throws(Failure) {
    _ = try mapInParallel(count, threads: threads, body)
}

/// `body` of every element, in their order, as above.
///
///     let rates = try mapInParallel(tasks, threads: 2) { try $0.learn() }
///
/// Elements may be objects with state of their own: each place of the array is handed to one thread. Such a class is
/// `@unchecked Sendable` and says so; no object may be in two places of the array.
public func mapInParallel<Element: Sendable, Value: Sendable, Failure: Error>(
    _ elements: [Element], threads: Int, _ body: @Sendable (Element) throws(Failure) -> Value
) throws(Failure) -> [Value] {
    try mapInParallel(elements.count, threads: threads) { index throws(Failure) in try body(elements[index]) }
}

/// Calls `body` with every element, as above.
public func forEachInParallel<Element: Sendable, Failure: Error>(
    _ elements: [Element], threads: Int, _ body: @Sendable (Element) throws(Failure) -> Void
) throws(Failure) {
    _ = try mapInParallel(elements, threads: threads, body)
}
