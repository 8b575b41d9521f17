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

    @Test("Each event moves only connections in the phases that it belongs to, and tells what to do")
    func events() {
        for (event, isTrue, moves) in [
            ({ $0.didOpen() }, [.connecting], [.connecting: .idle]),
            ({ $0.willWrite() }, [.idle], [.idle: .requestWritten]),
            ({ $0.didReceive() == .expected }, [.requestWritten, .answerComing], [:]),
            ({ $0.didReceive() == .ignored }, [.closing, .closed], [:]),
            ({ $0.didSettle() }, [.answered], [.answered: .idle]),
            ({ $0.retire() }, [.connecting, .idle], [:]),
            (
                { state in
                    state.didReceiveHead()
                    return state.hasServed
                }, [.answered], [.requestWritten: .answerComing]
            ),
            (
                { state in
                    state.didReceiveEnd(isLast: false)
                    return state.hasServed
                },
                [.requestWritten, .answerComing, .answered], [.requestWritten: .answered, .answerComing: .answered]
            ),
        ] as [((inout State) -> Bool, [Phase], [Phase: Phase])] {
            for phase in Self.phases {
                var state = Self.state(phase)
                #expect(event(&state) == isTrue.contains(phase))
                #expect(state.phase == moves[phase] ?? phase)
            }
        }
    }

    @Test("A connection does not serve again after its last answer, or after the one at which it was retired")
    func lastAnswer() {
        for isRetired in [false, true] {
            var state = Self.state(.answerComing)
            if isRetired { _ = state.retire() }
            state.didReceiveEnd(isLast: !isRetired)
            #expect(!state.mayServeAgain())
            #expect(state.didSettle() == false)
            #expect(state.phase == .answered)
        }
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

    @Test("A connection is counted by its state, and as a warm one only while it is connecting")
    func kind() {
        #expect(Self.phases.map { Self.state($0).kind } == [.connecting, .ready, .inUse, .inUse, .inUse, nil, nil])
        var warm = State(isWarm: true)
        #expect(warm.kind == .warming)
        _ = warm.didOpen()
        #expect(warm.kind == .ready)
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
