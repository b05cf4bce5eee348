import ClassicControl
import DQN
import DQNPMetaRL
import DeepPMetaRL
import Environments
import Foundation
import GFlowNet
import Grids
import MAMLTRPO
import MetaCURE
import Navigation
import PEARL
import PGFlowMeta
import PPO
import Programs
import ProMP
import RL2
import Runs
import SACPerTask
import TabularPMetaRL
import VariBAD

extension Registry {
    /// Every agent and family there is. Adding one is a line here.
    public static func standard(assets: String) -> Registry {
        var registry = Registry(
            agents: [
                AgentEntry(PMetaRL.self),
                AgentEntry(PMetaQ.self),
                AgentEntry(QAveraging.self),
                AgentEntry(QPerTask.self),
                AgentEntry(PEARL.self),
                AgentEntry(MetaCURE.self),
                AgentEntry(MAMLTRPO.self),
                AgentEntry(ProMP.self),
                AgentEntry(RL2.self),
                AgentEntry(SACPerTask.self),
                AgentEntry(VariBAD.self),
                AgentEntry(PMetaDQN.self),
                AgentEntry(DQNPerTask.self),
                AgentEntry(DQN.self),
                AgentEntry(DQNAveraging.self),
                AgentEntry(PGFlowMeta.self),
                AgentEntry(GFlowMeta.self),
                AgentEntry(GFlowNetPerTask.self),
                AgentEntry(GFlowNet.self),
                AgentEntry(PPO.self),
            ],
            families: EngineParts.families + [
                FamilyEntry(CartPole.self),
                FamilyEntry(MountainCar.self),
                FamilyEntry(Gridworld.self),
                FamilyEntry(HyperGrid.self),
                FamilyEntry(FrozenLake.self),
                FamilyEntry(CliffWalking.self),
                FamilyEntry(SparsePointRobot.self),
            ],
            absentFamilies: EngineParts.absentFamilies,
            assets: FamilyAssets(folder: URL(fileURLWithPath: assets)), presets: assets + "/presets")
        registry.programs = ProgramLibrary(families: registry.families.map(\.name), version: Gait.version)
        return registry
    }

    /// For commands that need no model files and so work without the assets folder.
    static var withoutAssets: Registry { standard(assets: (try? AssetsFolder.find()) ?? "assets") }
}
