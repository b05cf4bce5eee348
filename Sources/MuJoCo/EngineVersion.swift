import CMuJoCo

/// The MuJoCo library.
public enum Engine {
    /// Version of the MuJoCo library in use: `2.2.2`.
    public static var version: String { String(cString: mj_versionString()) }
}
