/// Settings that are allowed, but are probably mistakes. For `check`.
enum SettingsWarnings {
    /// In seconds: `fastcgi_read_timeout` of nginx/routes.conf.
    private static let nginxTimeout = 15

    static func all(_ configuration: Configuration, _ environment: Environment) -> [String] {
        var warnings = environment.names.sorted().compactMap { name in
            misspelt(name).map { "\(name) is not a setting; is \($0) meant?" }
        }
        if configuration.service.requestTimeout >= .seconds(Int64(nginxTimeout)) {
            warnings.append(
                "\(Settings.name(\.requestTimeout)): nginx waits \(nginxTimeout) s for an answer (fastcgi_read_timeout), and answers 504 then"
            )
        }
        return warnings
    }

    /// The setting that a name is nearly, by at most two letters; nil if it is one, or none.
    private static func misspelt(_ name: String) -> String? {
        let names = Settings.all.map(\.name)
        let typed = Array(name.uppercased().utf8)
        guard !names.contains(name), typed.count >= 6 else { return nil }
        return names.first { distance(typed, Array($0.utf8)) <= 2 }
    }

    /// Levenshtein's: how many letters are added, left out or changed.
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var row = Array(0...other.count)
        for (line, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in other.indices {
                let changed = diagonal + (letter == other[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, diagonal + 1, row[column] + 1)
            }
        }
        return row[other.count]
    }
}
