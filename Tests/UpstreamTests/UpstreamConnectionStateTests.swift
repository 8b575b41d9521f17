import Testing

@testable import Upstream

/// Each transition from each state.
struct UpstreamConnectionStateTests {
    typealias State = UpstreamConnectionState
    typealias Phase = State.Phase

    static let phases: [Phase] = [
        .connecting, .idle(isAgeing: false), .idle(isAgeing: true), .requestWritten, .answerComing, .answered, .closing,
        .closed,
    ]

    /// A connection that has come so far on the shortest way.
    static func state(_ phase: Phase) -> State {
        var state = State(isWarm: false)
        guard phase != .connecting else { return state }
        if phase == .closing { _ = state.willClose() }
        if phase == .closed { _ = state.didClose() }
        _ = state.didOpen()
        if phase == .idle(isAgeing: true) { _ = state.age() }
        if case .idle = phase { return state }
        _ = state.willWrite()
        if phase == .answerComing || phase == .answered { _ = state.didReceive(.head) }
        if phase == .answered { _ = state.didReceive(.end(isLast: false)) }
        #expect(state.phase == phase)
        return state
    }

    @Test("A connection that opens becomes idle, unless it was given up before", arguments: phases)
    func didOpen(from phase: Phase) {
        var state = Self.state(phase)
        #expect(state.didOpen() == (phase == .connecting))
        #expect(state.phase == (phase == .connecting ? .idle(isAgeing: false) : phase))
    }

    @Test("Only an idle connection ages, and only once", arguments: phases)
    func age(from phase: Phase) {
        var state = Self.state(phase)
        #expect(state.age() == (phase == .idle(isAgeing: false)))
        #expect(state.phase == (phase == .idle(isAgeing: false) ? .idle(isAgeing: true) : phase))
    }

    @Test("A request is written only on an idle connection, ageing or not", arguments: phases)
    func willWrite(from phase: Phase) {
        var state = Self.state(phase)
        let isIdle = phase == .idle(isAgeing: false) || phase == .idle(isAgeing: true)
        #expect(state.willWrite() == isIdle)
        #expect(state.phase == (isIdle ? .requestWritten : phase))
    }

    @Test(
        "An answer is a head, body and end in this order, and any other part is unsolicited",
        arguments: phases,
        [State.Part.head, .body, .end(isLast: false), .end(isLast: true)]
    )
    func didReceive(from phase: Phase, part: State.Part) {
        var state = Self.state(phase)
        let reception = state.didReceive(part)
        switch (phase, part) {
        case (.requestWritten, .head):
            #expect((reception, state.phase) == (.expected, .answerComing))
        case (.answerComing, .body):
            #expect((reception, state.phase) == (.expected, .answerComing))
        case (.answerComing, .end):
            #expect((reception, state.phase) == (.expected, .answered))
            #expect(state.hasServed)
        case (.closing, _), (.closed, _):
            #expect((reception, state.phase) == (.ignored, phase))
        default:
            #expect((reception, state.phase) == (.unasked, phase))
        }
    }

    @Test("A connection is free again once the read with the end of its answer is complete", arguments: phases)
    func didCompleteRead(from phase: Phase) {
        var state = Self.state(phase)
        #expect(state.didCompleteRead() == (phase == .answered ? .release : .nothing))
        #expect(state.phase == (phase == .answered ? .idle(isAgeing: false) : phase))
    }

    @Test("A connection is closed after its last answer")
    func lastAnswer() {
        var state = Self.state(.answerComing)
        _ = state.didReceive(.end(isLast: true))
        #expect(state.didCompleteRead() == .close)
        #expect(state.phase == .answered)
    }

    @Test("A retired connection is closed at once, or after the answer that is on its way", arguments: phases)
    func retire(from phase: Phase) {
        var state = Self.state(phase)
        let closesNow = state.retire()
        switch phase {
        case .connecting, .idle:
            #expect(closesNow)
        case .requestWritten, .answerComing, .answered:
            #expect(!closesNow)
            _ = state.didReceive(.head)
            _ = state.didReceive(.end(isLast: false))
            #expect(state.didCompleteRead() == .close)
        case .closing, .closed:
            #expect(!closesNow)
        }
    }

    @Test("The end of a connection is reported once, with the call that it affects", arguments: phases, [false, true])
    func ends(from phase: Phase, byPeer: Bool) {
        var state = Self.state(phase)
        let ending = byPeer ? state.didClose() : state.willClose()
        switch phase {
        case .connecting, .idle, .answered: #expect(ending == .withoutCall)
        case .requestWritten: #expect(ending == .inCall(answerHadBegun: false))
        case .answerComing: #expect(ending == .inCall(answerHadBegun: true))
        case .closing, .closed: #expect(ending == .known)
        }
        #expect(state.phase == (byPeer || phase == .closed ? .closed : .closing))
        #expect(state.kind == nil)
        #expect(state.willClose() == .known)
        #expect(state.didClose() == .known)
        #expect(state.phase == .closed)
    }

    @Test("A connection is counted by its state", arguments: phases)
    func kind(of phase: Phase) {
        let expected: [ConnectionCounts.Kind?] = [.connecting, .ready, .ageing, .inUse, .inUse, .inUse, nil, nil]
        #expect(Self.state(phase).kind == zip(Self.phases, expected).first { $0.0 == phase }?.1)
    }

    @Test("A warm connection is counted separately only while it is connecting")
    func warming() {
        var state = State(isWarm: true)
        #expect(state.kind == .warming)
        _ = state.didOpen()
        #expect(state.kind == .ready)
    }

    @Test("The counts of connections add up")
    func counts() {
        var counts = ConnectionCounts()
        for kind in [ConnectionCounts.Kind.connecting, .ready, .ageing, .inUse] { counts.move(from: nil, to: kind) }
        #expect((counts.total, counts.lasting) == (4, 3))
        counts.move(from: .ageing, to: .inUse)
        #expect((counts.total, counts.lasting, counts.inUse) == (4, 4, 2))
        counts.move(from: .inUse, to: nil)
        #expect((counts.total, counts.lasting, counts.inUse) == (3, 3, 1))
    }
}
