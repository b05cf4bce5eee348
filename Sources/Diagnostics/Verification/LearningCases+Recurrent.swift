import Agents
import Core
import Learning
import RL2

/// RL2's recurrent policy.
extension LearningCases {
    /// The policy's hidden states, from its trials' starts.
    static func gatedRecurrentUnit(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
        let sequence = try file.tensor("sequence", rank: 3)
        let policy = try recurrentPolicy(file, inputs: sequence.columns)
        let hidden = policy.hiddenStates(sequence), loss = hidden.squared().mean()
        comparison.compare("outputs", hidden, try file.tensor("outputs"))
        comparison.compare("loss", loss, try file.number("loss"))
        for createGraph in [false, true] {
            let found = gradients(of: loss, withRespectTo: policy.gru.parameters, createGraph: createGraph)
            for (name, gradient) in zip(names, found) { comparison.compare("grad_\(name)", gradient, try file.tensor("grad_\(name)")) }
        }
    }

    /// PPO's loss on whole trials, its gradient, and the actions of the policy in use, one observation at a time.
    static func recurrentPolicy(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let inputs = try file.tensor("inputs", rank: 3), (steps, trials) = (inputs.shape[0], inputs.shape[1])
        let input = RecurrentInput(observation: try file.count("observation"), action: try file.count("action"))
        try file.require(inputs.columns == input.width, "'inputs' do not have the columns of 'observation' and 'action'")
        let weights = try file.part("parameters")
        var policy = try recurrentPolicy(weights, inputs: input.width)
        policy.mean = Linear(
            weight: try weights.tensor("meanWeight", rank: 2).trainableCopy(), bias: try weights.tensor("meanBias", rank: 1).trainableCopy())
        policy.value = Linear(
            weight: try weights.tensor("valueWeight", rank: 2).trainableCopy(), bias: try weights.tensor("valueBias", rank: 1).trainableCopy())
        policy.logStd = try weights.tensor("logStd", rank: 1).trainableCopy()
        let actions = try file.tensor("actions", rank: 2), old = try file.tensor("oldLogProbability").array
        let advantages = try file.tensor("advantages").array, targets = try file.tensor("targets").array
        try file.require(actions.shape == [steps * trials, input.action] && policy.mean.outputs == input.action
                         && policy.logStd.count == input.action && policy.mean.inputs == policy.gru.hidden
                         && policy.value.inputs == policy.gru.hidden
                         && [old, advantages, targets].allSatisfy { $0.count == steps * trials },
                         "'actions', 'oldLogProbability', 'advantages', 'targets' or 'parameters' do not fit 'inputs'")
        var batch = TrialBatch(steps: steps, tasks: Array(repeating: 0, count: trials), input: input)
        batch.inputs.rows(0..<steps).copy(from: inputs)
        batch.actions.copy(from: actions.reshaped(batch.actions.shape))
        batch.logProbabilities = old
        let minibatch = batch.minibatch(copies: Array(0..<trials), advantages: advantages, targets: targets)
        var settings = RL2Settings()
        settings.baseline = .valueHead
        settings.clip = Float(try file.number("clip"))
        settings.valueWeight = Float(try file.number("valueLossWeight"))
        settings.entropyWeight = Float(try file.number("entropyWeight"))
        let loss = policy.loss(minibatch, settings: settings)
        comparison.compare(
            "losses", [loss.total.scalar, loss.valueError ?? .nan, loss.kl, loss.clipFraction, loss.entropy],
            try ["loss", "valueError", "kl", "clipFraction", "entropy"].map { Float(try file.number($0)) })
        let slopes = try file.part("gradients")
        let names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh", "meanWeight", "meanBias", "valueWeight", "valueBias", "logStd"]
        comparison.compare("gradient", gradients(of: loss.total, withRespectTo: policy.parameters), try names.map { try slopes.tensor($0) })
        comparison.compare("means", policy.distribution(policy.hiddenStates(inputs)).mean, try file.tensor("means"))

        let scale = Float(try file.number("actionScale")), row = inputs.array
        var controls = [Float](repeating: 0, count: actions.count)
        for trial in 0..<trials {
            let actor = RecurrentActor(policy, input: input, actionScale: scale)
            var action = [Float](repeating: 0, count: input.action)
            actor.beginEpisode()
            for t in 0..<steps {
                let start = (t * trials + trial) * input.width, next = start + trials * input.width
                try actor.act(Array(row[start..<start + input.observation]), into: &action)
                controls.replaceSubrange((t * trials + trial) * input.action..<(t * trials + trial + 1) * input.action, with: action)
                guard t + 1 < steps else { break }
                actor.observe(
                    action: Array(row[next + input.observation..<next + input.observation + input.action]),
                    reward: row[next + input.rewardColumn], done: row[next + input.doneColumn] != 0)
            }
        }
        comparison.compare("controls", controls, try file.tensor("controls").array)
    }

    /// A policy with the recorded recurrent unit and heads of its own.
    private static func recurrentPolicy(_ file: LearningCaseFile, inputs: Int) throws -> RecurrentPolicy {
        let names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
        let weights = try names.enumerated().map { try file.tensor($1, rank: $0 < 2 ? 2 : 1).trainableCopy() }
        let size = weights[1].columns
        try file.require(weights[1].rows == 3 * size && weights[0].shape == [3 * size, inputs] && inputs > 3
                         && weights[2].count == 3 * size && weights[3].count == 3 * size, "the weights' shapes do not fit together")
        var unused = RandomStream(seed: 0)
        var policy = RecurrentPolicy(
            input: RecurrentInput(observation: inputs - 3, action: 1), hidden: size, initialLogStd: 0, using: &unused)
        policy.gru = GRU(inputWeight: weights[0], stateWeight: weights[1], inputBias: weights[2], stateBias: weights[3])
        return policy
    }
}
