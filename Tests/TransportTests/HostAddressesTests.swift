import NIOCore
import NIOEmbedded
import Testing

@testable import Transport

/// When a name is looked up, and what waiting queries get. Without network, and with a clock that the test moves.
struct HostAddressesTests {
    private let names = FakeNames()

    @Test("Queries during a lookup share its answer or its failure, and only after a failure is there another lookup")
    func shared() {
        let failed = (0..<3).map { _ in names.ask() }
        names.ended(.failed)
        #expect(failed.allSatisfy { $0.failure == .failed })
        let asked = (0..<3).map { _ in names.ask() }
        names.answer(v4: ["192.0.2.1"], v6: ["2001:db8::1"])
        for query in asked + [names.ask()] { #expect(query.addresses == ["192.0.2.1", "2001:db8::1"]) }
        #expect(names.lookupCount == 2)
    }

    @Test("An answer is reused for five seconds without asking")
    func again() {
        _ = names.ask()
        names.answer(v4: ["192.0.2.1"])
        names.advance(.milliseconds(4_999))
        #expect(names.ask().addresses == ["192.0.2.1"])
        #expect(names.lookupCount == 1)
        names.advance(.milliseconds(1))
        #expect(names.ask().isOpen)
        #expect(names.lookupCount == 2)
    }

    @Test("Addresses of one family are passed on before the other family is known")
    func oneFamily() {
        let early = names.ask()
        names.found(v4: ["192.0.2.1"])
        let asked = [early, names.ask()]
        #expect(asked.allSatisfy { $0.v4 == .success(["192.0.2.1"]) && $0.v6 == nil })
        names.ended()
        #expect(asked.allSatisfy { $0.v6 == .success([]) })
        #expect(names.lookupCount == 1)
    }

    @Test("The last good answer is used if a new one takes longer than 200 ms", arguments: [100, 200])
    func slow(milliseconds: Int64) {
        names.haveOldAnswer("192.0.2.1")
        let asked = names.ask()
        names.advance(.milliseconds(milliseconds))
        #expect(asked.isOpen == (milliseconds < 200))
        if !asked.isOpen { #expect(names.ask().addresses == ["192.0.2.1"], "not another 200 ms for the same lookup") }
        names.answer(v4: ["192.0.2.2"])
        #expect(asked.addresses == [milliseconds < 200 ? "192.0.2.2" : "192.0.2.1"])
        #expect(names.ask().addresses == ["192.0.2.2"])
        #expect(names.lookupCount == 2)
    }

    @Test(
        "The last good answer is used if the name servers fail, and not if the name certainly no longer exists",
        arguments: [NameFailure.failed, .timedOut, .notFound]
    )
    func failing(failure: NameFailure) {
        names.haveOldAnswer("192.0.2.1")
        let asked = names.ask()
        names.ended(failure)
        #expect(asked.addresses == (failure == .notFound ? [] : ["192.0.2.1"]))
        #expect(asked.failure == (failure == .notFound ? .notFound : nil))
        let next = names.ask()
        #expect(next.isOpen && names.lookupCount == 3)
        names.ended(.failed)
        #expect(next.addresses == asked.addresses)
    }

    @Test(
        "After a lookup that took too long, queries that came during it get their answer from the next one, if it has one",
        arguments: [false, true]
    )
    func carriedOver(isAnswered: Bool) {
        let first = names.ask()
        names.advance(.seconds(1))
        let second = names.ask(for: .seconds(60))
        names.ended(.timedOut)
        #expect(first.failure == .timedOut)
        #expect(second.isOpen)
        if isAnswered { names.answer(v4: ["192.0.2.1"]) } else { names.ended(.timedOut) }
        #expect(second.addresses == (isAnswered ? ["192.0.2.1"] : []))
        #expect(second.failure == (isAnswered ? nil : .timedOut))
        #expect(names.lookupCount == 2)
    }

    @Test("Cancelled queries, and those without time left, cause no other lookup")
    func left() {
        _ = names.ask()
        let (gone, late) = (names.ask(), names.ask(for: .seconds(1)))
        gone.cancel()
        names.advance(.seconds(3))
        names.ended(.timedOut)
        #expect(late.failure == .timedOut)
        #expect(names.lookupCount == 1)
    }

    @Test("A host that is an address is never looked up", arguments: ["192.0.2.1", "2001:db8::1"])
    func address(host: String) {
        let loop = EmbeddedEventLoop()
        let names = HostAddresses(host: host, port: 443, timeout: .seconds(3), eventLoop: loop)
        let asked = FakeNames.Asked(names.ask(until: .distantFuture), on: loop)
        #expect(asked.addresses == [host])
    }

    @Test("Closing fails waiting queries, and later results are dropped")
    func closed() {
        let asked = names.ask()
        names.close()
        #expect(!asked.isOpen)
        names.answer(v4: ["192.0.2.1"])
        #expect(asked.addresses == [])
        #expect(!names.ask().isOpen)
        #expect(names.lookupCount == 1)
    }
}

/// Names whose lookups the test answers.
private final class FakeNames {
    private let loop = EmbeddedEventLoop()
    private var reports: [(NameLookup.Event) -> Void] = []
    private lazy var names = HostAddresses(eventLoop: loop, lookup: { [unowned self] in reports.append($0) })

    var lookupCount: Int { reports.count }

    func ask(for time: TimeAmount = .seconds(3)) -> Asked {
        Asked(names.ask(until: loop.now + time), on: loop)
    }

    func found(v4: [String]? = nil, v6: [String]? = nil) {
        func addresses(_ texts: [String]?) -> [SocketAddress]? {
            texts?.compactMap { try? SocketAddress(ipAddress: $0, port: 443) }
        }
        reports.last?(.found(NameAddresses(v4: addresses(v4), v6: addresses(v6))))
    }

    func ended(_ failure: NameFailure? = nil) { reports.last?(.ended(failure)) }

    func answer(v4: [String]? = nil, v6: [String]? = nil) {
        found(v4: v4, v6: v6)
        ended()
    }

    func haveOldAnswer(_ address: String) {
        _ = ask()
        answer(v4: [address])
        advance(HostAddresses.lifetime)
    }

    func advance(_ time: TimeAmount) { loop.advanceTime(by: time) }
    func close() { names.close() }

    /// The results of one query so far.
    final class Asked {
        private let resolver: NameResolver
        private(set) var v4: Result<[String], NameFailure>?
        private(set) var v6: Result<[String], NameFailure>?
        private var isCancelled = false

        init(_ query: NameQuery, on loop: EmbeddedEventLoop) {
            resolver = query.resolver(on: loop)
            resolver.initiateAAAAQuery(host: "", port: 0).assumeIsolated().whenComplete { self.take($0, \.v6) }
            resolver.initiateAQuery(host: "", port: 0).assumeIsolated().whenComplete { self.take($0, \.v4) }
        }

        var isOpen: Bool { !isCancelled && (v4 == nil || v6 == nil) }
        var addresses: [String] { [v4, v6].flatMap { (try? $0?.get()) ?? [] } }
        var failure: NameFailure? {
            guard case .failure(let first) = v4, case .failure(let second) = v6, first == second else { return nil }
            return first
        }

        func cancel() { resolver.cancelQueries() }

        private func take(
            _ result: Result<[SocketAddress], any Error>,
            _ family: ReferenceWritableKeyPath<Asked, Result<[String], NameFailure>?>
        ) {
            switch result {
            case .success(let addresses): self[keyPath: family] = .success(addresses.compactMap(\.ipAddress))
            case .failure(let error as NameFailure): self[keyPath: family] = .failure(error)
            case .failure: isCancelled = true
            }
        }
    }
}
