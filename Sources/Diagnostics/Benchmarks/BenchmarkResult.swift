/// One line of `gait bench`.
public struct BenchmarkResult: Sendable, Codable {
    /// `sac-update`, `physics/FAMILY`, `raw/FAMILY`, `train/AGENT/FAMILY`, ...
    public var name: String
    public var threads: Int
    public var value: Double
    public var unit: String

    public init(name: String, threads: Int, value: Double, unit: String) {
        self.name = name
        self.threads = threads
        self.value = value
        self.unit = unit
    }
}
