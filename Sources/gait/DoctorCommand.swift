import ArgumentParser
import Core
import Foundation
import Learning
import MuJoCo
import Runs

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Shows what this machine has, what is missing and how to install it.",
        discussion: "The exit status is 1 if something that training needs is missing.")

    @OptionGroup var output: OutputOptions

    func run() throws {
        let findings = Self.examine()
        for finding in findings {
            if output.json { Console.json(finding) }
        }
        if !output.json {
            Console.table(findings.map { finding in
                let mark = finding.found ? "ok" : finding.needed ? "MISSING" : "missing"
                return [mark, finding.name, finding.detail + (finding.remedy.map { "; install it with: \($0)" } ?? "")]
            })
        }
        if findings.contains(where: { $0.needed && !$0.found }) { throw ExitCode(1) }
    }

    /// One line.
    private struct Finding: Encodable {
        var name: String
        var found: Bool
        /// Training is impossible without it.
        var needed: Bool
        var detail: String
        /// The command that installs it, if it is missing.
        var remedy: String?
    }

    private static func examine() -> [Finding] {
        [
            Finding(name: "gait", found: true, needed: true, detail: "\(Gait.version), Swift \(Versions.compiler)"),
            Finding(name: "system", found: true, needed: true, detail: Versions.operatingSystem()),
            Finding(name: "processor", found: true, needed: true, detail: processor),
            Finding(name: "MuJoCo", found: true, needed: true, detail: Engine.version),
            blas, assets, openGL,
            library("EGL", "libEGL.so.1", for: "films without a window, on a graphics card or the processor", package: "libegl1"),
            library("OSMesa", "libOSMesa.so.8", "libOSMesa.so.6", for: "films without a window, on the processor", package: "libosmesa6"),
            library("GLFW", "libglfw.so.3", for: "shows policies in a window", package: "libglfw3"),
            program("ffmpeg", for: "writes videos", package: "ffmpeg"),
            program("rsvg-convert", for: "writes a report's figures as PNG", package: "librsvg2-bin"),
        ]
    }

    private static var processor: String {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        return "\(Versions.processorModel()), \(cores) core\(cores == 1 ? "" : "s")"
    }

    private static var blas: Finding {
        do {
            try BLAS.open()
            let library = loadedFile(containing: "openblas").map { " (\($0))" } ?? ""
            return Finding(name: "BLAS", found: true, needed: true, detail: "\(BLAS.configuration)\(library), kernels \(BLAS.coreName)")
        } catch {
            return Finding(name: "BLAS", found: false, needed: true, detail: "\(error)", remedy: install("libopenblas-dev"))
        }
    }

    private static var assets: Finding {
        do {
            return Finding(name: "assets", found: true, needed: true, detail: try AssetsFolder.find())
        } catch {
            return Finding(name: "assets", found: false, needed: true, detail: "\(error)")
        }
    }

    /// Whether one of a library's files can be loaded: the first that can.
    private static func library(_ name: String, _ files: String..., for purpose: String, package: String) -> Finding {
        for file in files {
            guard let handle = dlopen(file, RTLD_LAZY | RTLD_LOCAL) else { continue }
            dlclose(handle)
            return Finding(name: name, found: true, needed: false, detail: "\(file): \(purpose)")
        }
        return Finding(name: name, found: false, needed: false, detail: purpose, remedy: install(package))
    }

    /// Opens the OpenGL that films would be drawn with.
    private static var openGL: Finding {
        do {
            return Finding(name: "OpenGL", found: true, needed: false, detail: "\(try Renderer.findOpenGL()): draws films")
        } catch {
            let isOff = ProcessInfo.processInfo.environment["MUJOCO_GL"] == "off"
            return Finding(
                name: "OpenGL", found: false, needed: false, detail: "\(error)",
                remedy: isOff ? "unset MUJOCO_GL" : install("libegl1 libegl-mesa0 libgl1-mesa-dri"))
        }
    }

    private static func program(_ name: String, for purpose: String, package: String) -> Finding {
        let path = findProgram(name)
        return Finding(name: name, found: path != nil, needed: false, detail: path ?? purpose, remedy: path == nil ? install(package) : nil)
    }

    private static func install(_ package: String) -> String {
        "apt-get install -y --no-install-recommends \(package)"
    }

    /// File of a library that this process has loaded.
    private static func loadedFile(containing name: String) -> String? {
        let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
        let paths = maps.split(separator: "\n").compactMap { line in line.firstIndex(of: "/").map { String(line[$0...]) } }
        return paths.first { ($0 as NSString).lastPathComponent.contains(name) }
    }
}
