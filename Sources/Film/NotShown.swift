import Core

/// Why something cannot be seen.
enum NotShown {
    static func environment(family: String) -> GaitError {
        .usage(
            "\(family) cannot be shown: it is neither simulated by MuJoCo nor has a picture. Let its family conform to PicturedFamily to film it")
    }

    static func recording(file: String, kind: Trajectory.Kind) -> GaitError {
        switch kind {
        case .physics: .failure("\(file): this trajectory is of a robot that MuJoCo simulates, and this gait was built without MuJoCo")
        case .picture: .input("\(file): there is no picture of this trajectory's family")
        }
    }
}
