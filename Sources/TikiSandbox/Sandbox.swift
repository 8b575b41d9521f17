import Synchronization

/// The state of the three calls and the control endpoints. It is all in memory, bounded, and protected by one lock.
final class Sandbox: Sendable {
    /// An answer and the fault that the script has for it.
    struct Reply: Equatable, Sendable {
        var answer: TikiAnswer
        var fault: Fault?
        var signatureOK: Bool
    }

    private struct State {
        var tokens: TokenStore
        var faults = FaultScript()
        var calls = CallLog()
    }

    let settings: SandboxSettings
    private let verifier: SignatureVerifier
    private let state: Mutex<State>

    init(settings: SandboxSettings) {
        self.settings = settings
        self.verifier = SignatureVerifier(clientKey: settings.clientKey, clientSecret: settings.clientSecret)
        self.state = Mutex(State(tokens: Self.emptyStore(settings)))
    }

    /// Receives an API call: checks it, takes the script's next fault, and carries the call out unless that
    /// fault says not to. All this happens when the call arrives, before any delay.
    func receive(_ call: TikiCall, headers: CallHeaders, body: [UInt8]) -> Reply {
        let now = self.settings.clock.now
        let verdict = Result<Void, TikiError> { () throws(TikiError) in
            try self.verifier.verify(headers, body: body, now: now)
        }
        let input = verdict.flatMap { _ in
            Result<CallInput, TikiError> { () throws(TikiError) in
                try CallInput(call, headers: headers, body: body)
            }
        }
        let signatureOK = if case .success = verdict { true } else { false }
        return self.state.withLock { state in
            let fault = state.faults.next(for: call)
            var answer: TikiAnswer?
            if fault?.isCarriedOut ?? true {
                do throws(TikiError) {
                    answer = try Self.carryOut(call, input.get(), &state.tokens, now: now)
                } catch {
                    answer = .failure(error)
                }
            }
            state.calls.append(
                CallLog.Entry(
                    path: call.rawValue,
                    signatureOK: signatureOK,
                    carriedOut: answer != nil,
                    status: answer?.status
                )
            )
            return Reply(answer: answer ?? .empty, fault: fault, signatureOK: signatureOK)
        }
    }

    private static func carryOut(
        _ call: TikiCall,
        _ input: CallInput,
        _ tokens: inout TokenStore,
        now: Int64
    ) throws(TikiError) -> TikiAnswer {
        switch call {
        case .exchange:
            let (issued, customer) = try tokens.exchange(code: input.credential, now: now)
            return .tokens(issued, customer: customer)
        case .refresh:
            return .tokens(try tokens.refresh(token: input.credential, now: now), customer: nil)
        case .info:
            let (customer, scopes) = try tokens.info(token: input.credential, now: now)
            return .info(customer: customer, scopes: scopes)
        }
    }

    /// New codes for one customer.
    func makeCodes(_ count: Int, customer: Customer, scopes: [String]) -> [String] {
        let now = self.settings.clock.now
        return self.state.withLock { state in
            (0..<count).map { _ in state.tokens.makeCode(customer: customer, scopes: scopes, now: now) }
        }
    }

    /// Adds to the script and returns how many faults are pending; nil if there would be too many.
    func addFaults(_ faults: [Fault]) -> Int? {
        self.state.withLock { $0.faults.append(faults) ? $0.faults.pending.count : nil }
    }

    func clearFaults() {
        self.state.withLock { $0.faults.clear() }
    }

    var calls: CallLog {
        self.state.withLock { $0.calls }
    }

    /// Forgets all codes, tokens, faults and calls, as if just started.
    func reset() {
        self.state.withLock { $0 = State(tokens: Self.emptyStore(self.settings)) }
    }

    private static func emptyStore(_ settings: SandboxSettings) -> TokenStore {
        TokenStore(
            codeLifetimeSeconds: settings.codeLifetimeSeconds,
            tokenLifetimeSeconds: settings.tokenLifetimeSeconds
        )
    }
}
