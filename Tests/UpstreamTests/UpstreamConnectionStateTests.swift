import Testing

@testable import Upstream

/// Every transition from every state.
struct UpstreamConnectionStateTests {
    typealias State = UpstreamConnectionState
    typealias Phase = State.Phase

    static let phases: [Phase] = [
        .connecting, .idle, .requestWritten, .answerComing, .answered, .closing, .closed,
    ]

    /// A connection's state in this phase, reached by the shortest path.
    static func state(_ phase: Phase) -> State {
        var state = State(isWarm: false)
        guard phase != .connecting else { return state }
        if phase == .closing { _ = state.willClose() }
        if phase == .closed { _ = state.didClose() }
        _ = state.didOpen()
        if phase == .idle { return state }
        _ = state.willWrite()
        state.didWrite()
        if phase == .answerComing || phase == .answered { state.didReceiveHead() }
        if phase == .answered { state.didReceiveEnd(isLast: false) }
        #expect(state.phase == phase)
        return state
    }

    @Test("A connection that opens becomes idle, unless it was given up before", arguments: phases)
    func didOpen(from phase: Phase) {
        var state = Self.state(phase)
        #expect(state.didOpen() == (phase == .connecting))
        #expect(state.phase == (phase == .connecting ? .idle : phase))
    }

    @Test("A request is written only on an idle connection", arguments: phases)
    func willWrite(from phase: Phase) {
        var state = Self.state(phase)
        let isIdle = phase == .idle
        #expect(state.willWrite() == isIdle)
        #expect(state.phase == (isIdle ? .requestWritten : phase))
    }

    @Test(
        "Bytes are expected only while an answer is due; at any other time they are unsolicited",
        arguments: zip(
            phases,
            [State.Reception.unasked, .unasked, .expected, .expected, .unasked, .ignored, .ignored]
        )
    )
    func didReceive(from phase: Phase, expected: State.Reception) {
        var state = Self.state(phase)
        #expect(state.didReceive() == expected)
    }

    @Test("An answer's head and end move only a connection that waits for them", arguments: phases)
    func answer(from phase: Phase) {
        var state = Self.state(phase)
        state.didReceiveHead()
        #expect(state.phase == (phase == .requestWritten ? .answerComing : phase))
        state.didReceiveEnd(isLast: false)
        #expect(state.phase == (phase == .requestWritten || phase == .answerComing ? .answered : phase))
        #expect(state.hasServed == (state.phase == .answered))
    }

    @Test("A connection is free again once it has settled after its answer, and not before", arguments: phases)
    func didSettle(from phase: Phase) {
        var state = Self.state(phase)
        #expect(state.didSettle() == (phase == .answered))
        #expect(state.phase == (phase == .answered ? .idle : phase))
    }

    @Test("A connection does not serve again after its last answer")
    func lastAnswer() {
        var state = Self.state(.answerComing)
        state.didReceiveEnd(isLast: true)
        #expect(!state.mayServeAgain())
        #expect(state.didSettle() == false)
        #expect(state.phase == .answered)
    }

    @Test("A connection that was answered before the request was written does not serve again")
    func earlyAnswer() {
        var state = Self.state(.idle)
        _ = state.willWrite()
        state.didReceiveHead()
        state.didReceiveEnd(isLast: false)
        #expect(state.didSettle() == false)
        state.didWrite()
        #expect(state.didSettle() == true)
        _ = state.willWrite()
        state.didReceiveEnd(isLast: false)
        #expect(state.didSettle() == false, "each request must be written")
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
            state.didReceiveHead()
            state.didReceiveEnd(isLast: false)
            #expect(state.didSettle() == false)
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

    @Test("A connection is counted by its state")
    func kind() {
        #expect(Self.phases.map { Self.state($0).kind } == [.connecting, .ready, .inUse, .inUse, .inUse, nil, nil])
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
        for kind in [ConnectionCounts.Kind.connecting, .warming, .ready, .inUse] { counts.move(from: nil, to: kind) }
        #expect(counts.total == 4)
        counts.move(from: .ready, to: .inUse)
        #expect((counts.total, counts.inUse) == (4, 2))
        counts.move(from: .inUse, to: nil)
        #expect((counts.total, counts.inUse) == (3, 1))
    }
}
