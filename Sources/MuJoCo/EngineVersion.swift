import CMuJoCo

/// The MuJoCo library.
public enum Engine {
    /// Version of the MuJoCo library in use: `2.2.2`.
    public static var version: String { String(cString: mj_versionString()) }

    /// MuJoCo's number of a version as text: 222 is `2.2.2`, and since 3.5 4001002 is `4.1.2`.
    public static func version(ofNumber number: Int) -> String {
        number < 1_000_000
            ? "\(number / 100).\(number / 10 % 10).\(number % 10)"
            : "\(number / 1_000_000).\(number / 1_000 % 1_000).\(number % 1_000)"
    }

    /// The version of the headers that the program was built with, where it is not the library's. Their structures may differ in layout.
    public static var versionOfOtherHeaders: String? {
        mjVERSION_HEADER == mj_version() ? nil : version(ofNumber: Int(mjVERSION_HEADER))
    }

    /// A contact begins where two geoms are closer than their margins together. Before MuJoCo 3.5 the larger margin counted.
    public static var addsMargins: Bool { mj_version() >= 3_005_000 }
}
