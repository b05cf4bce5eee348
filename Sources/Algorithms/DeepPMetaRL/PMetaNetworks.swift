import Agents
import Core
import Learning

/// The networks of one task or of the meta level: actor, twin critics, inference network
/// (phi, theta, zeta; auxiliary omega_i, vartheta_i, varpi_i; meta omega, vartheta, varpi).
package struct PMetaNetworks: Module {
    package var actor: TanhGaussianActor
    package var critics: TwinCritic
    package var encoder: ContextEncoder

    /// Size of z: `settings.latentSize`, or `tasks` where z is one-hot.
    let latentSize: Int

    package init(
        observation: Int, action: Int, contextWidth: Int, tasks: Int = 1, settings: PMetaRLSettings, using random: inout RandomStream
    ) {
        latentSize = settings.taskEmbedding == .oneHot ? tasks : settings.latentSize
        actor = TanhGaussianActor(
            inputs: observation + latentSize, hidden: settings.actorHidden, actionSize: action, precision: settings.precision, using: &random)
        critics = TwinCritic(
            inputs: observation + action + latentSize, hidden: settings.criticHidden, precision: settings.precision, using: &random)
        encoder = ContextEncoder(
            inputs: contextWidth, hidden: settings.encoderHidden, latentSize: settings.latentSize, precision: settings.precision,
            using: &random)
    }

    package mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        actor.forEachParameter { body("actor.\($0)", &$1) }
        critics.forEachParameter { body("critics.\($0)", &$1) }
        encoder.forEachParameter { body("encoder.\($0)", &$1) }
    }
}
