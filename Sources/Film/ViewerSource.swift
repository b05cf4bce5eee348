/// What a window can show.
public protocol ViewerSource: AnyObject {
    /// What to show now.
    func panels() throws -> [Film.Panel]
    /// The next or the last task; false where there is only one.
    func changeTask(by step: Int) -> Bool
    /// The next choice of policies; false where there is only one.
    func changePolicy() -> Bool
}
