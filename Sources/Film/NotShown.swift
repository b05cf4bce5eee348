import Core

/// Why something can't be shown.
enum NotShown {
    static func environment(family: String) -> GaitError {
        .usage(
            "\(family) can't be shown: MuJoCo does not simulate it, and it has no picture. A family that conforms to PicturedFamily has one, and one that "
                + "is a program has where its environments have the render_mode rgb_array")
    }

    static func recording(file: String, kind: Trajectory.Kind) -> GaitError {
        switch kind {
        case .physics: .failure("\(file): this trajectory shows a robot simulated by MuJoCo, and this program was built without MuJoCo")
        case .picture: .input("\(file): there is no picture of this trajectory's family")
        case .episode: .input("\(file): the program of this trajectory's family draws it, and only from a run: gait render RUN")
        }
    }
}
