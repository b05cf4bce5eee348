/// The studies that suites can name. Adding one is a line here.
public enum Studies {
    public static let all: [any Study.Type] = [
        Theorems.self, MountainCarMaps.self, PointRobotContexts.self, FlowTheorems.self, FlowSimilarity.self,
        FlowPictures.self,
    ]
}
