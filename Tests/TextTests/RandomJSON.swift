import TestSupport

/// Makes valid JSON text, with and without insignificant whitespace.
struct RandomJSON {
    /// The same value in both forms.
    struct Sample {
        var compact = ""
        var spaced = ""

        mutating func append(_ token: String, _ space: String = "") {
            compact += token
            spaced += token + space
        }
    }

    private var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func sample() -> Sample {
        var sample = Sample(spaced: space())
        value(depth: 0, into: &sample)
        return sample
    }

    private mutating func space() -> String {
        (0..<Int.random(in: 0...3, using: &random)).map { _ in pick([" ", "\t", "\n", "\r"]) }.joined()
    }

    private mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: choices.indices, using: &random)]
    }

    private mutating func value(depth: Int, into sample: inout Sample) {
        switch Int.random(in: 0..<(depth < 5 ? 8 : 5), using: &random) {
        case 0: sample.append(pick(["true", "false", "null"]), space())
        case 1, 2: sample.append(number(), space())
        case 3, 4: sample.append(string(), space())
        case 5, 6:
            list("{", "}", into: &sample) { generator, sample in
                sample.append(generator.string(), generator.space())
                sample.append(":", generator.space())
                generator.value(depth: depth + 1, into: &sample)
            }
        default: list("[", "]", into: &sample) { $0.value(depth: depth + 1, into: &$1) }
        }
    }

    private mutating func list(
        _ open: String,
        _ close: String,
        into sample: inout Sample,
        _ item: (inout RandomJSON, inout Sample) -> Void
    ) {
        sample.append(open, space())
        for index in 0..<Int.random(in: 0...4, using: &random) {
            if index > 0 { sample.append(",", space()) }
            item(&self, &sample)
        }
        sample.append(close, space())
    }

    private mutating func number() -> String {
        let sign = pick(["", "-"])
        let whole = pick(["0", "7", "10", "12345678901234567890"])
        return sign + whole + pick(["", ".0", ".50", ".125"]) + pick(["", "", "e5", "E+10", "e-400", "E08"])
    }

    private mutating func string() -> String {
        let pieces = [
            "a", "Z", " ", "  ", "{", "}", "[", "]", ",", ":", "é", "Nội", "🧧", "\u{7F}", "/", "'", "\\\"", "\\\\",
            "\\/", "\\n", "\\u0000",
            "\\u00E9", "\\ud83e\\udde7",
        ]
        return "\"" + (0..<Int.random(in: 0...6, using: &random)).map { _ in pick(pieces) }.joined() + "\""
    }
}
