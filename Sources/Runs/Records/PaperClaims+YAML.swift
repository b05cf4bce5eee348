import Core
import Environments

extension PaperClaims {
    /// Names that a claim may use: those of the experiment that it belongs to.
    public struct Names: Sendable {
        /// The names of each agent's settings, by its name.
        public var settings: [String: [String]]
        public var families: [String]
        public var agents: [String] { settings.keys.sorted() }

        public init(settings: [String: [String]], families: [String]) {
            self.settings = settings
            self.families = families
        }
    }

    /// Reads the value of the key `claims`. Throws `ConfigurationError` with file, line, key and the nearest valid choice.
    ///
    /// - Parameter names: what agents and families must be called; nil where that is not known.
    public init(_ value: ConfigurationValue, file: String, names: Names? = nil, presets: [String]? = nil) throws {
        let reader = ClaimReader(file: file, names: names)
        try reader.check(value, "claims", known: ["paper", "summary", "preset", "items", "readings"])
        paper = try reader.word(value, "paper", in: "claims") ?? ""
        if paper.isEmpty { throw reader.error(value.line, "claims", "the key 'paper' is missing: authors and title") }
        summary = try reader.word(value, "summary", in: "claims") ?? ""
        preset = try reader.word(value, "preset", in: "claims")
        if let preset, let presets, !presets.contains(preset) {
            throw reader.error(value["preset"]?.line, "claims.preset", unknownNameMessage(kind: "preset", name: preset, known: presets))
        }
        guard let items = value["items"], case .list(let list) = items.content else {
            throw reader.error(value["items"]?.line ?? value.line, "claims.items", "a list of claims expected")
        }
        claims = try list.enumerated().map { try reader.claim($1, key: "claims.items.\($0)") }
        readings = try value["readings"].map { try reader.readings($0, key: "claims.readings") } ?? []
    }
}

/// Reads claims one by one, with errors that name the place.
private struct ClaimReader {
    let file: String
    let names: PaperClaims.Names?

    private static let statements = ["lead", "order", "numbers"]
    private static let keys = ["source", "note", "reason", "families", "tasks", "metric", "statistic", "settings", "lead", "over", "order", "numbers"]

    func error(_ line: Int?, _ key: String, _ reason: String) -> ConfigurationError {
        ConfigurationError(origin: .file(file), line: line, key: key, reason: reason)
    }

    /// Throws unless `value` is a mapping with known keys only.
    func check(_ value: ConfigurationValue, _ key: String, known: [String]) throws {
        guard case .mapping = value.content else { throw error(value.line, key, "a mapping of keys expected, found \(value.found)") }
        for field in value.fields where !known.contains(field.key) {
            throw error(field.value.line, "\(key).\(field.key)", unknownNameMessage(kind: "key", name: field.key, known: known))
        }
    }

    func word(_ value: ConfigurationValue, _ key: String, in parent: String) throws -> String? {
        try value[key].map { try $0.decode(String.self, origin: .file(file), key: "\(parent).\(key)") }
    }

    private func choice<T: RawRepresentable<String> & CaseIterable>(
        _ value: ConfigurationValue, _ key: String, in parent: String, _ standard: T
    ) throws -> T {
        guard let text = try word(value, key, in: parent) else { return standard }
        guard let choice = T(rawValue: text) else {
            let known = T.allCases.map(\.rawValue)
            throw error(value[key]?.line, "\(parent).\(key)", unknownNameMessage(kind: key, plural: "ones", name: text, known: known))
        }
        return choice
    }

    func claim(_ value: ConfigurationValue, key: String) throws -> PaperClaims.Claim {
        try check(value, key, known: Self.keys)
        let found = Self.statements.filter { value[$0] != nil }
        guard found.count == 1 else {
            throw error(value.line, key, "exactly one of the keys \(Self.statements.joined(separator: ", ")) expected, found "
                + (found.isEmpty ? "none" : found.joined(separator: " and ")))
        }
        if value["over"] != nil, found != ["lead"] { throw error(value["over"]?.line, "\(key).over", "'over' belongs to 'lead'") }
        guard let source = try word(value, "source", in: key), !source.isEmpty else {
            throw error(value.line, key, "the key 'source' is missing: where the paper says it, such as Table V")
        }
        var claim = PaperClaims.Claim(source: source, statement: try statement(value, found[0], key: key))
        claim.note = try word(value, "note", in: key) ?? ""
        claim.reason = try word(value, "reason", in: key) ?? ""
        claim.set = try choice(value, "tasks", in: key, TaskSet.train)
        claim.metric = try word(value, "metric", in: key) ?? claim.metric
        claim.statistic = try choice(value, "statistic", in: key, PaperClaims.Statistic.final)
        for field in value["settings"]?.fields ?? [] { claim.settings[field.key] = field.value.inline }
        if let families = value["families"] {
            claim.families = try words(families, key: "\(key).families").map { family, line in
                if let known = names?.families, !known.contains(family) {
                    throw error(line, "\(key).families", unknownNameMessage(kind: "family", plural: "families", name: family, known: known))
                }
                return family
            }
        }
        return claim
    }

    /// `{pmeta-rl: [personalStart, updatesPerRound]}`
    func readings(_ value: ConfigurationValue, key: String) throws -> [PaperClaims.Reading] {
        guard case .mapping(let fields) = value.content else {
            throw error(value.line, key, "a mapping of agents to lists of their settings expected, found \(value.found)")
        }
        return try fields.map { field in
            let place = "\(key).\(field.key)", settings = try words(field.value, key: place)
            if let names {
                guard let known = names.settings[field.key] else {
                    throw error(field.value.line, place, unknownNameMessage(kind: "agent", name: field.key, known: names.agents))
                }
                for (setting, line) in settings where !known.contains(setting) {
                    throw error(line, place, unknownNameMessage(kind: "setting of \(field.key)", plural: "ones", name: setting, known: known))
                }
            }
            return PaperClaims.Reading(agent: field.key, settings: settings.map(\.0))
        }
    }

    private func statement(_ value: ConfigurationValue, _ kind: String, key: String) throws -> PaperClaims.Statement {
        guard let content = value[kind] else { throw error(value.line, key, "the key '\(kind)' is missing") }
        switch kind {
        case "lead":
            let text = try content.decode(String.self, origin: .file(file), key: "\(key).lead")
            guard let over = value["over"] else { throw error(value.line, key, "the key 'over' is missing: the policies that it is ahead of") }
            return .lead(try policy(text, content.line, key: "\(key).lead"), over: try leads(over, key: "\(key).over"))
        case "order":
            let policies = try words(content, key: "\(key).order").map { try policy($0, $1, key: "\(key).order") }
            guard policies.count > 1 else { throw error(content.line, "\(key).order", "at least two policies expected, the best first") }
            return .order(policies)
        default:
            guard case .mapping(let fields) = content.content, !fields.isEmpty else {
                throw error(content.line, "\(key).numbers", "a mapping of policies to numbers expected, found \(content.found)")
            }
            return .numbers(try fields.map { field in
                let place = "\(key).numbers.\(field.key)"
                return PaperClaims.Printed(
                    policy: try policy(field.key, field.value.line, key: place), number: try number(field.value, key: place))
            })
        }
    }

    /// `{pearl: 12.59 %, rl2: higher}`, or a list of policies with nothing said of the size.
    private func leads(_ value: ConfigurationValue, key: String) throws -> [PaperClaims.Lead] {
        guard case .mapping(let fields) = value.content else {
            return try words(value, key: key).map { PaperClaims.Lead(other: try policy($0, $1, key: key), size: .some) }
        }
        if fields.isEmpty { throw error(value.line, key, "at least one policy expected") }
        return try fields.map { field in
            let place = "\(key).\(field.key)"
            return PaperClaims.Lead(
                other: try policy(field.key, field.value.line, key: place), size: try size(field.value, key: place))
        }
    }

    private func size(_ value: ConfigurationValue, key: String) throws -> PaperClaims.Size {
        let text = try value.decode(String.self, origin: .file(file), key: key)
        switch text {
        case "slight": return .slight
        case "higher", "better": return .some
        case "level": return .level
        default:
            let digits = text.hasSuffix("%") ? String(text.dropLast()).filter { $0 != " " } : ""
            if let percent = Double(digits), percent.isFinite {
                guard percent > 0 else { throw error(value.line, key, "more than 0 % expected, found '\(text)'; name the policy that is ahead as the lead") }
                return .percent(percent)
            }
            let nearest = nearestName(to: text, among: ["higher", "slight", "level"]).map { "; did you mean '\($0)'?" } ?? ""
            throw error(value.line, key, "'higher', 'slight', 'level' or a number of per cent such as 12.59 % expected, found '\(text)'\(nearest)")
        }
    }

    /// `197.13 ± 0.45`, `197.13 +- 0.45` or `197.13`.
    private func number(_ value: ConfigurationValue, key: String) throws -> PaperClaims.Number {
        let text = try value.decode(String.self, origin: .file(file), key: key)
        let plain = text.replacing("+-", with: "±").replacing("−", with: "-").filter { !$0.isWhitespace }
        let parts = plain.split(separator: "±", omittingEmptySubsequences: false).map { Double($0) }
        guard (1...2).contains(parts.count), let first = parts[0], first.isFinite, parts.count == 1 || (parts[1] ?? -1) >= 0 else {
            throw error(value.line, key, "a number such as 197.13 ± 0.45 expected, found '\(text)'")
        }
        return PaperClaims.Number(first, deviation: parts.count == 2 ? parts[1] : nil)
    }

    /// `AGENT`, `AGENT/POLICY`, with ` on train` or ` on test`.
    private func policy(_ text: String, _ line: Int?, key: String) throws -> PaperClaims.Policy {
        var name = text, set: TaskSet?
        if let range = text.range(of: " on ", options: .backwards) {
            let word = String(text[range.upperBound...])
            guard let found = TaskSet(rawValue: word) else {
                throw error(line, key, unknownNameMessage(kind: "task set", name: word, known: TaskSet.allCases.map(\.rawValue)))
            }
            (name, set) = (String(text[..<range.lowerBound]), found)
        }
        let slash = name.lastIndex(of: "/")
        let agent = slash.map { String(name[..<$0]) } ?? name
        let own = slash.map { String(name[name.index(after: $0)...]) } ?? PolicyName.meta
        guard !agent.isEmpty, !own.isEmpty else { throw error(line, key, "a policy such as pmeta-rl/personal expected, found '\(text)'") }
        if let known = names?.agents, !known.contains(agent) {
            throw error(line, key, unknownNameMessage(kind: "agent", name: agent, known: known))
        }
        return PaperClaims.Policy(agent: agent, policy: own, set: set)
    }

    /// A list of words, or one of them, each with its line.
    private func words(_ value: ConfigurationValue, key: String) throws -> [(String, Int?)] {
        switch value.content {
        case .scalar(let word, _): return [(word, value.line)]
        case .list(let items):
            if items.isEmpty { throw error(value.line, key, "at least one name expected") }
            return try items.map { item in
                guard case .scalar(let word, _) = item.content else {
                    throw error(item.line ?? value.line, key, "a name expected, found \(item.found)")
                }
                return (word, item.line ?? value.line)
            }
        default: throw error(value.line, key, "a list of names expected, found \(value.found)")
        }
    }
}

extension Metric {
    /// The key `metrics` of an experiment: names of metrics, or mappings that declare one, in the order in which reports show them.
    ///
    ///     metrics: [return, {name: l1, title: L1 error, direction: lowerIsBetter}]
    ///
    /// Throws `ConfigurationError` with file, line, key and the nearest valid choice.
    public static func list(_ value: ConfigurationValue, file: String) throws -> [Metric] {
        guard case .list(let items) = value.content else {
            throw ConfigurationError(origin: .file(file), line: value.line, key: "metrics", reason: "a list expected, found \(value.found)")
        }
        return try items.enumerated().map { index, item in
            if case .scalar(let name, _) = item.content { return Metric.named(name) }
            return try item.decode(Declaration.self, origin: .file(file), key: "metrics.\(index)").metric
        }
    }

    private struct Declaration: Decodable {
        var name: String
        var title: String?
        var unit: String?
        var direction: Direction?

        var metric: Metric { Metric(name: name, title: title, unit: unit ?? "", direction: direction ?? .neither) }
    }
}
