import Core
import Foundation

/// Finds the `assets` folder (models, experiments, budgets, reference data) wherever the program is started from.
public enum AssetsFolder {
    /// Names of a folder's YAML files without their endings, in alphabetical order; none where there is no such folder.
    public static func names(in folder: String) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }

    /// `GAIT_ASSETS` where set; else an `assets` folder beside the executable or in a folder above it, the executable's
    /// symbolic link followed or not; else one in the current folder or above.
    /// Throws `GaitError.input` saying where it looked.
    public static func find(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        executable: String? = RunningProgram.starter ?? CommandLine.arguments.first,
        currentFolder: String = FileManager.default.currentDirectoryPath
    ) throws -> String {
        if let named = environment["GAIT_ASSETS"], !named.isEmpty {
            if isAssets(named) { return absolute(named, in: currentFolder) }
            throw GaitError.input("GAIT_ASSETS is \(named), which is not an assets folder: a folder with 'models' in it expected")
        }
        var starts: [String] = []
        if let executable {
            let path = absolute(executable, in: currentFolder)
            starts.append((path as NSString).deletingLastPathComponent)
            let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
            starts.append((resolved as NSString).deletingLastPathComponent)
        }
        starts.append(currentFolder)
        var looked: [String] = []
        for start in starts {
            var folder = start
            while true {
                let candidate = folder == "/" ? "/assets" : folder + "/assets"
                if isAssets(candidate) { return candidate }
                if !looked.contains(candidate) { looked.append(candidate) }
                if folder == "/" || folder.isEmpty { break }
                folder = (folder as NSString).deletingLastPathComponent
            }
        }
        throw GaitError.input(
            "the assets folder (models, experiments, budgets.yaml) is missing; looked for \(looked.joined(separator: ", ")). "
                + "Set GAIT_ASSETS to the 'assets' folder of the project")
    }

    private static func isAssets(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path + "/models", isDirectory: &isFolder) && isFolder.boolValue
    }

    private static func absolute(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") ? path : folder + "/" + path
    }
}
