import Crypto
import FoundationEssentials
import TestSupport
import Testing

@testable import TiniAppAuth

struct SealedOutcomeTests {
    static let answers = [
        TikiAnswer(status: 200, body: Array(#"{"data":{"access_token":"é"}}"#.utf8)),
        TikiAnswer(status: 599, contentType: "application/problem+json; charset=utf-8", body: []),
        TikiAnswer(status: 400, body: Array("{}".utf8), retryAfter: "120", errorReason: "invalid_code"),
        TikiAnswer(
            status: 200,
            contentType: String(repeating: "a", count: 128),
            body: Array(repeating: 0, count: 65_536)
        ),
    ]

    let keys = TokenKeys()

    func seal(_ answer: TikiAnswer, _ key: SymmetricKey, at time: Int64 = 1) -> SealedOutcome {
        var nonces = NonceCounter()
        return SealedOutcome(AuthOutcome(result: .success(answer)), endedAt: time, key: key, nonce: nonces.next())
    }

    @Test("The token opens the original answer, with its time", arguments: answers.indices)
    func opened(number: Int) throws {
        let answer = Self.answers[number]
        let key = keys.derive(.exchange, Array("token".utf8)).sealingKey
        for time in [0, 1_700_000_000_000, -1, .min, .max] as [Int64] {
            let opened = try #require(seal(answer, key, at: time).open(key: key))
            #expect(try opened.outcome.result.get() == answer)
            #expect((opened.endedAt, opened.outcome.token) == (time, answer.tokenState))
        }
    }

    @Test("A call without an answer comes out with its error and code, and one of another version is in doubt, too")
    func errors() throws {
        let key = keys.derive(.exchange, Array("token".utf8)).sealingKey
        for (code, error, found) in [
            ("timeout", .upstreamTimeout, "timeout"), ("cut_off", .upstreamInvalidResponse, "cut_off"),
            ("not_json", .upstreamInvalidResponse, "not_json"),
            ("not_json", .upstreamUnavailable(retryAfter: nil), "not_json"),
            ("", .upstreamInvalidResponse, "connection_lost"),
            ("of the next version", .upstreamInvalidResponse, "connection_lost"),
        ] as [(String, AuthError, String)] {
            let outcome = AuthOutcome(result: .failure(error), attempts: 1, failureCode: code, token: .inDoubt)
            let sealed = SealedOutcome(outcome, endedAt: 5, key: key, nonce: Array(repeating: 1, count: 12))
            let opened = try #require(sealed.open(key: key)).outcome
            #expect((opened.result.error, opened.failureCode, opened.token) == (error, found, .inDoubt))
        }
    }

    @Test("Whatever is inside the seal, nothing traps")
    func anything() {
        var random = SeededGenerator(seed: 5)
        for count in 0..<2_000 {
            let bytes = (0..<count % 300).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = OutcomeCoding.decode(bytes)
        }
        #expect(OutcomeCoding.decode([0x80] + Array(repeating: 0, count: 12))?.endedAt == .min)
        #expect(OutcomeCoding.decode([]) == nil)
    }

    @Test("Another token, route or process makes another name, and does not open the outcome; nor does a changed byte")
    func notOpened() throws {
        let token = Array("token".utf8)
        let own = keys.derive(.exchange, token)
        let sealed = seal(Self.answers[0], own.sealingKey)
        for other in [
            keys.derive(.exchange, Array("tokem".utf8)), keys.derive(.refresh, token),
            TokenKeys().derive(.exchange, token),
        ] {
            #expect(sealed.open(key: other.sealingKey) == nil)
            #expect(other.name != own.name)
        }
        for position in sealed.bytes.indices {
            var bytes = sealed.bytes
            bytes[position] ^= 1
            #expect(SealedOutcome(bytes: bytes).open(key: own.sealingKey) == nil)
        }
        for count in 0..<sealed.bytes.count {
            let bytes = sealed.bytes.prefix(count)
            #expect(SealedOutcome(bytes: bytes).open(key: own.sealingKey) == nil)
        }
    }

    @Test("Nonces differ, and two counters start differently")
    func nonces() {
        var counters = [NonceCounter(), NonceCounter()]
        var seen = Set<[UInt8]>()
        for _ in 0..<1_000 {
            for index in counters.indices { #expect(seen.insert(counters[index].next()).inserted) }
        }
        #expect(seen.allSatisfy { $0.count == 12 })
    }

    @Test("Outcomes that share pages of memory come out as they went in, and so do large ones")
    func pages() {
        var pages = AnswerPages()
        let answers = (0..<600).map { number in
            SealedOutcome(bytes: Data(repeating: UInt8(number % 251), count: number % 97 == 0 ? 70_000 : number))
        }
        let places = answers.map { pages.add($0) }
        for (place, answer) in zip(places, answers) {
            #expect(place.byteCount == answer.bytes.count)
            #expect(place.outcome.bytes == answer.bytes)
        }
    }
}
