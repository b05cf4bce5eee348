import Agents
import Core
import Learning
import MAMLTRPO
import ProMP
import RL2

/// The on-policy agents' advantages, inner steps and outer objectives.
extension LearningCases {
    /// By a rollout, whose episodes end where a state is terminal, and by a trial, which goes on there.
    static func advantages(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let rewards = try file.tensor("rewards", rank: 1).array, values = try file.tensor("values", rank: 1).array
        let terminated = try file.tensor("terminated", rank: 1).array.map { $0 != 0 }
        try file.require(values.count == rewards.count + 1 && terminated.count == rewards.count,
                         "'values' must have one entry more than 'rewards', and 'terminated' as many")
        let discount = Float(try file.number("gamma")), lambda = Float(try file.number("lambda_"))
        let expected = try file.tensor("advantages").array, steps = rewards.count

        var segments: [Rollout.Segment] = []
        for t in rewards.indices where terminated[t] || t + 1 == steps {
            segments.append(.init(rows: (segments.last?.rows.upperBound ?? 0)..<(t + 1), end: terminated[t] ? .terminated : .cut))
        }
        let rollout = Rollout(
            observations: .zeros([steps, 1]), actions: .zeros([steps, 1]), rewards: rewards, segments: segments,
            finalObservations: .zeros([segments.count, 1]), unstableEpisodes: 0)
        comparison.compare(
            "a rollout's advantages",
            rollout.advantages(
                values: Array(values.dropLast()), finals: segments.map { values[$0.rows.upperBound] }, discount: discount, lambda: lambda),
            expected)

        var trial = TrialBatch(steps: steps, tasks: [0], input: RecurrentInput(observation: 1, action: 1))
        trial.rewards = rewards
        trial.ends = terminated.map { $0 ? .terminated : .goesOn }
        comparison.compare(
            "a trial's advantages", trial.advantages(values: values, bootstraps: true, discount: discount, lambda: lambda), expected)
    }

    /// The linear feature baseline, and the advantages that policies learn from.
    static func linearBaseline(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let observations = try file.tensor("observations", rank: 2), finals = try file.tensor("finalObservations", rank: 2)
        let rewards = try file.tensor("rewards", rank: 1).array
        let rows = try file.tensor("segments", rank: 2)
        let numbers = try rows.array.map { try LearningCaseFile.index(Double($0), "a number of 'segments'") }
        try file.require(rows.columns == 3 && rows.rows == finals.rows && observations.rows == rewards.count,
                         "'segments', 'finalObservations', 'observations' and 'rewards' do not fit together")
        let segments = try (0..<rows.rows).map { i -> Rollout.Segment in
            let (start, end) = (numbers[3 * i], numbers[3 * i + 1])
            guard let kind = Rollout.End(rawValue: numbers[3 * i + 2]), start < end, end <= rewards.count else {
                throw LearningCaseFile.Malformed(description: "'segments[\(i)]' is not [first row, row after the last, 0, 1 or 2]")
            }
            return Rollout.Segment(rows: start..<end, end: kind)
        }
        let rollout = Rollout(
            observations: observations, actions: .zeros([rewards.count, 1]), rewards: rewards, segments: segments,
            finalObservations: finals, unstableEpisodes: 0)
        let discount = Float(try file.number("discount")), lambda = Float(try file.number("lambda_"))
        var baseline = LinearFeatureBaseline(observationSize: observations.columns)
        baseline.fit(rollout, discount: discount)
        let values = baseline.values(rollout)
        comparison.compare("values", values.steps, try file.tensor("values").array)
        comparison.compare("finalValues", values.finals, try file.tensor("finalValues").array)
        comparison.compare(
            "advantages", rollout.advantages(values: values.steps, finals: values.finals, discount: discount, lambda: lambda),
            try file.tensor("advantages").array)
        comparison.compare(
            "normalized", rollout.normalizedAdvantages(discount: discount, lambda: lambda).array, try file.tensor("normalized").array)
    }

    /// An inner step, the meta-gradient through it by MAML's and by ProMP's objective, and a product with the Hessian of the
    /// divergence. Policies are those that acted, so that all ratios are 1.
    static func secondOrder(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let policy = try gaussianPolicy(file), rate = Float(try file.number("innerLearningRate"))
        let adaptation = InnerAdaptation(stepSize: rate, surrogate: .likelihoodRatio)
        func batch(_ stage: String, by acting: GaussianPolicy) throws -> PolicyBatch {
            let observations = try file.tensor("\(stage)Observations", rank: 2), actions = try file.tensor("\(stage)Actions", rank: 2)
            let advantages = try file.tensor("\(stage)Advantages", rank: 1)
            try file.require(observations.columns == policy.network.layers[0].inputs && actions.columns == policy.logStd.count
                             && observations.rows == actions.rows && advantages.count == actions.rows, "'\(stage)...' do not fit together")
            return PolicyBatch(
                observations: observations, actions: actions, advantages: advantages.reshaped([advantages.count, 1]), collectedBy: acting)
        }
        let inner = try batch("inner", by: policy), loss = adaptation.loss(policy, inner)
        comparison.compare("innerLoss", loss, try file.number("innerLoss"))
        let innerGradient = try file.tensors("innerGradient")
        comparison.compare("innerGradient", gradients(of: loss, withRespectTo: policy.parameters), innerGradient)
        let adapted = adaptation.adapted(policy, to: [inner], throughGradients: false)
        comparison.compare(
            "adapted policy", adapted.parameters.map { $0.detached() },
            zip(policy.parameters, innerGradient).map { $0.detached() - rate * $1 })

        let task = AdaptedBatches(slot: 0, inner: [inner], outer: try batch("outer", by: adapted))
        let maml = AdaptedObjective(policy: policy, tasks: [task], adaptation: adaptation, firstOrder: false, threads: 1)
        let promp = ProximalObjective(policy: policy, tasks: [task], adaptation: adaptation, clip: 0.2, threads: 1)
        let (outerLoss, gradient) = maml.surrogate()
        let (terms, clippedGradient) = promp.gradient(klPenalty: 5e-4)  // the divergence is least here: it has no gradient
        comparison.compare("outerLoss", [outerLoss, terms.surrogate], Array(repeating: Float(try file.number("outerLoss")), count: 2))
        comparison.compare("metaGradient", gradient, try file.tensors("metaGradient"))
        comparison.compare("ProMP's metaGradient", clippedGradient, try file.tensors("metaGradient"))

        let vector = try file.tensors("vector")
        try file.require(vector.count == gradient.count && zip(vector, gradient).allSatisfy { $0.shape == $1.shape },
                         "'vector' does not have the shapes of the parameters")
        let unadapted = AdaptedObjective(
            policy: policy, tasks: [AdaptedBatches(slot: 0, inner: [], outer: inner)], adaptation: adaptation, firstOrder: false, threads: 1)
        comparison.compare("klHessianVector", unadapted.curvature()(vector), try file.tensors("klHessianVector"))
    }

    /// MAML's and ProMP's objectives away from the policies that acted, and a trust-region step.
    static func metaObjective(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let policy = try gaussianPolicy(file), size = Float(try file.number("innerStepSize"))
        func batch(_ part: LearningCaseFile) throws -> PolicyBatch {
            let observations = try part.tensor("observations", rank: 2), advantages = try part.tensor("advantages", rank: 1)
            let actions = try part.tensor("actions", rank: 2), mean = try part.tensor("oldMean", rank: 2)
            let logStd = try part.tensor("oldLogStd", rank: 1)
            try file.require(observations.columns == policy.network.layers[0].inputs && actions.columns == policy.logStd.count
                             && observations.rows == actions.rows && advantages.count == actions.rows && mean.shape == actions.shape
                             && logStd.count == actions.columns, "'\(part.path)...' do not fit together")
            return PolicyBatch(
                observations: observations, actions: actions, advantages: advantages.reshaped([advantages.count, 1]),
                old: DiagonalGaussian(mean: mean, logStd: logStd))
        }
        func tasks(_ file: LearningCaseFile) throws -> [AdaptedBatches] {
            try file.parts("tasks").enumerated().map { slot, task in
                AdaptedBatches(slot: slot, inner: try task.parts("inner").map(batch), outer: try batch(try task.part("outer")))
            }
        }
        let all = try tasks(file), vector = try file.tensors("vector")
        try file.require(vector.count == policy.parameters.count && zip(vector, policy.parameters).allSatisfy { $0.shape == $1.shape },
                         "'vector' does not have the shapes of the parameters")

        for surrogate in [InnerSurrogate.logLikelihood, .likelihoodRatio] {
            let name = surrogate.rawValue, expected = try file.part("results").part(name)
            let adaptation = InnerAdaptation(stepSize: size, surrogate: surrogate)
            func objective(firstOrder: Bool) -> AdaptedObjective {
                AdaptedObjective(policy: policy, tasks: all, adaptation: adaptation, firstOrder: firstOrder, threads: 1)
            }
            let exact = objective(firstOrder: false), (loss, gradient) = exact.surrogate(), evaluated = exact.evaluate()
            comparison.compare("\(name): loss", [loss, evaluated.loss], Array(repeating: Float(try expected.number("loss")), count: 2))
            comparison.compare("\(name): kl", [evaluated.kl], [Float(try expected.number("kl"))])
            comparison.compare("\(name): gradient", gradient, try expected.tensors("gradient"))
            comparison.compare(
                "\(name): firstOrderGradient", objective(firstOrder: true).surrogate().gradient, try expected.tensors("firstOrderGradient"))
            comparison.compare("\(name): klHessianVector", exact.curvature()(vector), try expected.tensors("klHessianVector"))
        }

        let proximal = try file.part("proximal")
        let objective = ProximalObjective(
            policy: policy, tasks: all, adaptation: InnerAdaptation(stepSize: size, surrogate: .likelihoodRatio),
            clip: Float(try proximal.number("clip")), threads: 1)
        let (terms, gradient) = objective.gradient(klPenalty: Float(try proximal.number("klPenalty"))), evaluated = objective.evaluate()
        comparison.compare(
            "proximal terms", [terms.surrogate, evaluated.surrogate, terms.innerKL, evaluated.innerKL, evaluated.outerKL],
            try ["surrogate", "surrogate", "innerKL", "innerKL", "outerKL"].map { Float(try proximal.number($0)) })
        comparison.compare("proximal gradient", gradient, try proximal.tensors("gradient"))

        try trustRegion(
            try file.part("trustRegion"), policy, tasks: try tasks(try file.part("trustRegion")),
            InnerAdaptation(stepSize: size, surrogate: .logLikelihood), &comparison)
    }

    /// Steps `policy`.
    private static func trustRegion(
        _ file: LearningCaseFile, _ policy: GaussianPolicy, tasks: [AdaptedBatches], _ adaptation: InnerAdaptation,
        _ comparison: inout LearningComparison
    ) throws {
        var region = TrustRegion()
        region.maxKL = Float(try file.number("maxKL"))
        region.conjugateGradientIterations = try file.count("conjugateGradientIterations")
        region.damping = Float(try file.number("damping"))
        region.backtrackRatio = Float(try file.number("backtrackRatio"))
        region.maxBacktracks = try file.count("maxBacktracks")
        let outcome = region.step(
            policy.parameters,
            AdaptedObjective(policy: policy, tasks: tasks, adaptation: adaptation, firstOrder: false, threads: 1))
        try file.require(outcome.isAccepted, "'trustRegion' describes a step that is rejected here")
        comparison.compare(
            "trustRegion", [outcome.lossBefore, outcome.lossAfter, outcome.kl, Float(outcome.backtracks)],
            try ["lossBefore", "lossAfter", "kl", "backtracks"].map { Float(try file.number($0)) })
        comparison.compare("trustRegion's parameters", policy.parameters, try file.tensors("parameters"))
    }

    private static func gaussianPolicy(_ file: LearningCaseFile) throws -> GaussianPolicy {
        let network = try file.network("layers", activation: .tanh), logStd = try file.tensor("logStd", rank: 1).trainableCopy()
        try file.require(network.layers[network.layers.count - 1].outputs == logStd.count, "'logStd' does not fit the layers")
        var unused = RandomStream(seed: 0)
        var policy = GaussianPolicy(inputs: network.layers[0].inputs, hidden: [], actionSize: logStd.count, using: &unused)
        policy.network = network
        policy.logStd = logStd
        return policy
    }
}
