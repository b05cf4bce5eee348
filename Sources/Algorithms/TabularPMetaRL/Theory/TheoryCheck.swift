import Core
import Environments
import Foundation

/// What the theorems of pMeta-RL (arXiv 2209.10072) say of tables, measured with exact operators on `TheoryTasks`. Nothing here is learned from
/// episodes; only Theorem 1's samples of next states are random, and a seed decides them.
///
///     for claim in TheoryCheck.all(seed: 0) { print(claim.title, claim.series.map(\.slope)) }
public enum TheoryCheck {
    /// All claims, in the order of the paper. Takes a few seconds.
    public static func all(seed: UInt64) -> [TheoryClaim] {
        [contraction(seed: seed), samplingError(seed: seed), gradientNorm(), distanceAgainstWeight(), distanceAgainstDiversity()]
    }
}

// MARK: - Theorem 1

extension TheoryCheck {
    static let samplingWeight = 10.0
    /// Exponents p of the learning rates.
    private static let exponents = [1.0, 0.6]
    private static let samplingRepetitions = 20
    private static let samplingLengths = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000]

    /// The error of a personalized table that is learned from samples (7), against the number K of inner iterations. Every iteration samples one
    /// next state for each state and action, and moves by alpha (1 + lambda) = 1 / k^p; the auxiliary table stays, random.
    public static func samplingError(seed: UInt64) -> TheoryClaim {
        let tasks = TheoryTasks(), streams = RandomStreams(seed: seed)
        let series = exponents.map { exponent in
            let runs = (0..<samplingRepetitions).map { repetition in
                var random = streams["theory/sampling/\(exponent)/\(repetition)"]
                return samplingErrors(tasks, exponent: exponent, using: &random)
            }
            let points = samplingLengths.indices.map { index in
                TheoryPoint(x: Double(samplingLengths[index]), y: runs.reduce(0) { $0 + $1[index] } / Double(runs.count))
            }
            return TheorySeries("alpha (1 + lambda) = k^-\(exponent)", points, fitFrom: 100, theorySlope: -exponent / 2)
        }
        return TheoryClaim(
            theorem: "Theorem 1", title: "Error of a sampled personalized table",
            statement: """
                For a large enough K the table that is learned from samples is within a small delta of the exact one. The paper has no rate; with \
                learning rates of k^-p the theory of stochastic approximation gives a slope of -p/2.
                """,
            xTitle: "inner iterations K", yTitle: "largest error of a cell, mean of \(samplingRepetitions) runs", series: series,
            conditions: [
                TheoryCondition(
                    condition: "learning rates whose sum is infinite and whose squares have a finite sum (Lemma 1)",
                    measured: "k^-p with p = 1 and p = 0.6, both above 1/2 and at most 1", isMet: true),
                TheoryCondition(
                    condition: "every pair of a state and an action is updated for ever", measured: "each once in every iteration", isMet: true),
            ],
            remarks: [
                "The proximal term of the paper's (7) has the wrong sign; measured with the proof's, which pulls towards the auxiliary table.",
            ])
    }

    /// The largest error of a cell after each of `samplingLengths`, on the first task.
    private static func samplingErrors(_ tasks: TheoryTasks, exponent: Double, using random: inout RandomStream) -> [Double] {
        let model = tasks.models[0], cells = TheoryTasks.states * TheoryTasks.actions, weight = samplingWeight
        let anchor = (0..<cells).map { _ in random.standardNormal() }
        let exact = tasks.personalized(0, meta: anchor, weight: weight)
        var table = anchor, values = Array(repeating: 0.0, count: TheoryTasks.states), errors: [Double] = []
        for k in 1...(samplingLengths.last ?? 1) {
            let rate = pow(Double(k), -exponent)
            for state in values.indices { values[state] = table[state * 4..<state * 4 + 4].max() ?? 0 }
            for cell in table.indices {
                let outcome = draw(model.outcomes(of: cell / TheoryTasks.actions, by: cell % TheoryTasks.actions), using: &random)
                let target = (weight * anchor[cell] + outcome.reward + TheoryTasks.discount * values[outcome.next]) / (1 + weight)
                table[cell] += rate * (target - table[cell])
            }
            if samplingLengths.contains(k) { errors.append(largestDifference(table, exact)) }
        }
        return errors
    }

    private static func draw(_ outcomes: ArraySlice<TransitionModel.Outcome>, using random: inout RandomStream) -> TransitionModel.Outcome {
        var rest = random.uniform(0, 1)
        for outcome in outcomes.dropLast() {
            if rest < outcome.probability { return outcome }
            rest -= outcome.probability
        }
        return outcomes[outcomes.endIndex - 1]
    }
}

// MARK: - Theorem 2

extension TheoryCheck {
    private static let gradientWeights = [3.0, 10, 30]
    private static let gradientRounds = [1, 3, 10, 30, 100, 130, 180, 240, 320, 420, 560, 750, 1000]
    private static let distanceWeights = [1.0, 3, 10, 30, 100]
    private static let diversities = [0.25, 0.5, 1, 2]

    /// Theorem 2(a): the mean over the first C rounds of the squared gradient of L at the meta table, lambda * (Q - mean of PP_i(Q)), with steps of
    /// 1 / lambda from a table of zeros.
    public static func gradientNorm() -> TheoryClaim {
        let tasks = TheoryTasks(), last = gradientRounds.last ?? 0
        let series = gradientWeights.map { weight in
            var meta = Array(repeating: 0.0, count: TheoryTasks.states * TheoryTasks.actions), sum = 0.0, points: [TheoryPoint] = []
            var personalized = tasks.models.map { _ in meta }
            for round in 1...last {
                personalized = tasks.models.indices.map { tasks.personalized($0, meta: meta, weight: weight, from: personalized[$0]) }
                let next = mean(personalized)
                sum += zip(meta, next).reduce(0) { $0 + weight * weight * ($1.0 - $1.1) * ($1.0 - $1.1) }
                meta = next  // a step of 1 / lambda along the gradient
                if gradientRounds.contains(round) { points.append(TheoryPoint(x: Double(round), y: sum / Double(round))) }
            }
            // Each round brings the meta table (1 - gamma) / (1 + lambda - gamma) of its way.
            let rounds = (1 + weight - TheoryTasks.discount) / (1 - TheoryTasks.discount)
            return TheorySeries(
                "lambda \(short(weight))", points, fitFrom: 100, theorySlope: -1,
                reason: rounds <= 100 ? nil : """
                    The gradient halves only every \(Int((rounds * log(2)).rounded())) rounds or so: after \(last) the mean is not yet on its slope.
                    """)
        }
        let bound = stepBound(weight: 10)
        return TheoryClaim(
            theorem: "Theorem 2(a)", title: "Squared gradient of the meta table",
            statement: """
                The expected squared gradient falls as 1/C (the first term; the others fall more slowly, but are 0 here, where nothing is sampled). \
                Its mean over the first C rounds then has a slope of -1 once the gradient itself, which falls geometrically, is small: \
                the larger lambda, the later.
                """,
            xTitle: "rounds C", yTitle: "mean of the squared gradient over C rounds", series: series,
            conditions: [
                TheoryCondition(
                    condition: "step * L * (3/2 + 12 / (lambda^2 - 8) + 24 lambda^2 / (lambda^2 - 8)) <= 1/4",
                    measured: "steps of 1 / lambda. At lambda 10 the theorem allows \(short(bound.steps)) / L, which is \(short(bound.step)) "
                        + "where L is \(short(bound.smoothness)), its bound; the step of 0.1 is \(short(0.1 / bound.step)) times as large. "
                        + "The condition is far below what converges",
                    isMet: false),
                TheoryCondition(condition: "lambda^2 > 8", measured: "lambda 3, 10 and 30", isMet: true),
                TheoryCondition(
                    condition: "exact personalized tables up to delta", measured: "fixed points to 1e-14, so that delta is 0", isMet: true),
            ])
    }

    /// What Theorem 2's step condition allows: as a multiple of 1 / L, L itself, and their quotient.
    static func stepBound(weight: Double) -> (steps: Double, smoothness: Double, step: Double) {
        let square = weight * weight
        let steps = 0.25 / (1.5 + 12 / (square - 8) + 24 * square / (square - 8))
        // The Jacobian of lambda * (Q - PP(Q)) is lambda * (I - g P) / ((1 + lambda) I - g P), P a matrix of probabilities.
        let smoothness = weight * (1 + TheoryTasks.discount) / (1 + weight - TheoryTasks.discount)
        return (steps, smoothness, steps / smoothness)
    }

    /// Theorem 2(b) against lambda: the mean squared distance between personalized tables and the meta table, once that no longer moves.
    public static func distanceAgainstWeight() -> TheoryClaim {
        let tasks = TheoryTasks()
        let points = distanceWeights.map { TheoryPoint(x: $0, y: distance(tasks, weight: $0)) }
        return TheoryClaim(
            theorem: "Theorem 2(b)", title: "Distance between personalized and meta tables, against lambda", statement: distanceStatement,
            xTitle: "lambda", yTitle: "mean squared distance of a cell",
            series: [
                TheorySeries("diversity 1", points, theorySlope: -2),
                TheorySeries("diversity 1, lambda 30 and 100", Array(points.suffix(2)), theorySlope: -2),
            ],
            conditions: distanceConditions("against lambda", "lambda 1, 3, 10, 30 and 100: not at lambda 1", isMet: false),
            remarks: distanceRemarks)
    }

    /// Theorem 2(b) against the diversity of tasks.
    public static func distanceAgainstDiversity() -> TheoryClaim {
        let series = [10.0, 100].map { weight in
            TheorySeries(
                "lambda \(short(weight))",
                diversities.map { TheoryPoint(x: $0, y: distance(TheoryTasks(diversity: $0), weight: weight)) }, theorySlope: 2)
        }
        return TheoryClaim(
            theorem: "Theorem 2(b)", title: "Distance between personalized and meta tables, against the diversity of tasks",
            statement: distanceStatement, xTitle: "diversity of the tasks' rewards, relative", yTitle: "mean squared distance of a cell",
            series: series,
            conditions: distanceConditions("against the diversity", "lambda 10 and 100", isMet: true), remarks: distanceRemarks)
    }

    private static let distanceStatement = """
        The mean squared distance between the personalized tables and the meta table is of the order of delta^2 + 2 sigma^2 / lambda^2 once the \
        gradient is small, where sigma^2 grows with the square of the diversity of tasks: slopes of -2 against lambda and 2 against the \
        diversity. (The theorem has the sum over tasks, its proof the mean.)
        """

    private static let distanceRemarks = [
        "In the theorem sigma^2 has a second part, 2 lambda^2 gamma R_max / ((lambda^2 - 8) (1 - gamma)), which does not fall with the diversity. "
            + "It is not seen: the distance goes to 0 with the diversity, so that the theorem's bound is loose there.",
    ]

    private static func distanceConditions(_ measurement: String, _ weights: String, isMet: Bool) -> [TheoryCondition] {
        [
            TheoryCondition(condition: "lambda^2 > 8, in the measurement \(measurement)", measured: weights, isMet: isMet),
            TheoryCondition(
                condition: "a small gradient of the meta table", measured: "the meta table's fixed point, reached with steps of 1 / lambda",
                isMet: true),
        ]
    }

    /// Mean over tasks and cells of (PP_i(Q) - Q)^2 at the Q that is the mean of PP_i(Q).
    static func distance(_ tasks: TheoryTasks, weight: Double) -> Double {
        var personalized: [[Double]] = tasks.models.map { _ in tasks.commonTable() }
        let meta = fixedPoint(
            from: tasks.commonTable(), contraction: weight / (1 + weight - TheoryTasks.discount), tolerance: 1e-9
        ) { meta in
            personalized = tasks.models.indices.map { tasks.personalized($0, meta: meta, weight: weight, from: personalized[$0]) }
            return mean(personalized)
        }
        let squares = tasks.models.indices.map { task in
            zip(tasks.personalized(task, meta: meta, weight: weight), meta).map { ($0 - $1) * ($0 - $1) }
        }
        return squares.reduce(0) { $0 + $1.reduce(0, +) } / Double(squares.count * meta.count)
    }

    /// Three significant digits.
    private static func short(_ value: Double) -> String { String(format: "%.3g", value) }
}
