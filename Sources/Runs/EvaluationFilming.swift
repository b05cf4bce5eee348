import Agents

/// Films a run's evaluations during training. Training does not depend on it.
public protocol EvaluationFilming {
    /// Called at every evaluation point; films where a film is due. Never throws: a failure is a warning.
    func film(_ agent: any Agent, step: Int, shouldStop: () -> Bool, observe: (RunEvent) -> Void)
}

/// Makes the filming of one run. `folder` is where its films go; a run that is resumed at `start` films what comes after.
public typealias EvaluationFilmingMaker = (_ evaluation: Evaluation, _ folder: String, _ start: Int) -> any EvaluationFilming
