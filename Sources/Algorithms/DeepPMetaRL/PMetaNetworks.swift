import Agents
import Core
import Learning

/// The networks of one task or of the meta level: actor, twin critics, inference network
/// (phi, theta, zeta; auxiliary omega_i, vartheta_i, varpi_i; meta omega, vartheta, varpi).
package struct PMetaNetworks: Module {
    package var actor: TanhGaussianActor
    package var critics: TwinCritic
    package var encoder: ContextEncoder

    package init(observation: Int, action: Int, contextWidth: Int, settings: PMetaRLSettings, using random: inout RandomStream) {
        actor = TanhGaussianActor(
            inputs: observation + settings.latentSize, hidden: settings.actorHidden, actionSize: action, using: &random)
        critics = TwinCritic(inputs: observation + action + settings.latentSize, hidden: settings.criticHidden, using: &random)
        encoder = ContextEncoder(
            inputs: contextWidth, hidden: settings.encoderHidden, latentSize: settings.latentSize, using: &random)
    }

    package mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        actor.forEachParameter { body("actor.\($0)", &$1) }
        critics.forEachParameter { body("critics.\($0)", &$1) }
        encoder.forEachParameter { body("encoder.\($0)", &$1) }
    }
}
