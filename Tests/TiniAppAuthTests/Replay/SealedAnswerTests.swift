import FoundationEssentials
import Testing

@testable import TiniAppAuth

struct SealedAnswerTests {
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

    @Test("The token opens the original answer", arguments: answers.indices)
    func opened(number: Int) throws {
        let answer = Self.answers[number]
        var nonces = NonceCounter()
        let key = keys.derive(.exchange, Array("token".utf8)).seal
        let sealed = try SealedAnswer(answer, key: key, nonce: nonces.next())
        #expect(sealed.open(key: key) == answer)
    }

    @Test("A sealed answer does not open with another token, route or process, or a changed byte")
    func notOpened() throws {
        var nonces = NonceCounter()
        let token = Array("token".utf8)
        let sealed = try SealedAnswer(Self.answers[0], key: keys.derive(.exchange, token).seal, nonce: nonces.next())
        for key in [
            keys.derive(.exchange, Array("tokem".utf8)).seal, keys.derive(.refresh, token).seal,
            TokenKeys().derive(.exchange, token).seal,
        ] {
            #expect(sealed.open(key: key) == nil)
        }
        for position in sealed.bytes.indices {
            var bytes = sealed.bytes
            bytes[position] ^= 1
            #expect(SealedAnswer(bytes: bytes).open(key: keys.derive(.exchange, token).seal) == nil)
        }
        for count in 0..<sealed.bytes.count {
            let bytes = sealed.bytes.prefix(count)
            #expect(SealedAnswer(bytes: bytes).open(key: keys.derive(.exchange, token).seal) == nil)
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

    @Test("A call's name does not reveal the token, and differs between processes")
    func names() {
        let token = Array("token".utf8)
        #expect(keys.derive(.exchange, token).name == keys.derive(.exchange, token).name)
        #expect(keys.derive(.exchange, token).name != keys.derive(.refresh, token).name)
        #expect(keys.derive(.exchange, token).name != TokenKeys().derive(.exchange, token).name)
    }

    @Test("Answers that share pages of memory come out as they went in, and so do large ones")
    func pages() {
        var pages = AnswerPages()
        let answers = (0..<600).map { number in
            SealedAnswer(bytes: Data(repeating: UInt8(number % 251), count: number % 97 == 0 ? 70_000 : number))
        }
        let places = answers.map { pages.add($0) }
        for (place, answer) in zip(places, answers) {
            #expect(place.byteCount == answer.bytes.count)
            #expect(place.answer.bytes == answer.bytes)
        }
    }
}
