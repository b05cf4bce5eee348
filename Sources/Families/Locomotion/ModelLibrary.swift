import Foundation
import MuJoCo

/// The robots' model files in one folder, each compiled once and shared by everything that simulates it.
///
/// Making a library reads no file, so a family can be listed and its tasks drawn even if the assets are missing. Safe to use
/// from any thread.
public final class ModelLibrary: @unchecked Sendable {
    /// Where the `.xml` files are.
    public let folder: URL
    private let lock = NSLock()
    private var compiled: [String: Model] = [:]

    /// `folder` holds the `.xml` files themselves: `assets/models` in this project.
    public init(folder: URL) { self.folder = folder }

    /// The model of `name`.xml, compiled at its first use. Contacts begin at the same distance on every version of MuJoCo, see
    /// `withContactsAsBefore`. Throws `ModelLibraryError` when folder or file is missing and `EngineError.model` when the file is not a model.
    public func model(_ name: String) throws -> Model {
        lock.lock()
        defer { lock.unlock() }
        if let model = compiled[name] { return model }
        let model = try compile(name).withContactsAsBefore(addingMargins: Engine.addsMargins)
        compiled[name] = model
        return model
    }

    /// The model as its file says, compiled anew. Throws as `model` does.
    package func compile(_ name: String) throws -> Model {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), isFolder.boolValue else {
            throw ModelLibraryError.folderMissing(folder.path)
        }
        let file = folder.appendingPathComponent("\(name).xml")
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw ModelLibraryError.modelMissing("\(name).xml", folder: folder.path)
        }
        return try Model(contentsOf: file)
    }

    /// Names of the model files that the folder holds, sorted; empty where there is no folder.
    public var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".xml") }.map { String($0.dropLast(4)) }.sorted()
    }
}

extension Model {
    /// The files were written for engines on which the larger of two geoms' margins decides where their contact begins. On one that adds them,
    /// the same model has half of them. That is exact only where all geoms have the same margin, as in this project's files; other models
    /// stay as they are.
    package func withContactsAsBefore(addingMargins: Bool) throws -> Model {
        guard addingMargins else { return self }
        let margins = try values("geom_margin")
        guard let margin = margins.first, margin != 0, margins.allSatisfy({ $0 == margin }) else { return self }
        return try copy(replacing: ["geom_margin": margins.map { $0 / 2 }])
    }
}

/// Errors for missing model files.
public enum ModelLibraryError: Error, CustomStringConvertible, Equatable {
    case folderMissing(String)
    case modelMissing(String, folder: String)

    public var description: String {
        switch self {
        case .folderMissing(let folder): "there is no models folder at '\(folder)'; the project has it as assets/models"
        case .modelMissing(let file, let folder): "the models folder '\(folder)' has no '\(file)'"
        }
    }
}
