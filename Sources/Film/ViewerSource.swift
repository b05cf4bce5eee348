/// What a window can be asked to show. An answer is false where there is nothing of its kind.
public protocol ViewerSource: AnyObject {
    /// What to show now.
    func panels() throws -> [Film.Panel]
    /// The next or the last task; false where there is only one.
    func changeTask(by step: Int) -> Bool
    /// The next choice of policies; false where there is only one.
    func changePolicy() -> Bool
}
