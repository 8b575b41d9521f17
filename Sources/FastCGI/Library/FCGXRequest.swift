import CFCGI
import Glibc

/// Owner of one `FCGX_Request`, the state libfcgi keeps for a request, and the only code that reaches into it.
///
/// The header of libfcgi 2.4.2 calls the fields from `paramsPtr` on private. `ipcFd` and `keepConnection` are set here
/// all the same: that is the only way to hand libfcgi a connection that we have accepted (`FCGX_Accept_r` skips its
/// own accept when `ipcFd` is set); CFCGI's header checks their layout at compile time. libfcgi borrows descriptors here,
/// it never owns one: `ipcFd` is -1 whenever none of its functions runs.
struct FCGXRequest: ~Copyable {
    /// On the heap, and never moved: libfcgi's streams point back at it.
    private let state: UnsafeMutablePointer<FCGX_Request>

    /// Lets libfcgi decode the one whole request that the feed holds.
    ///
    /// - Throws: ``FastCGIError/rejectedByLibrary`` if libfcgi does not take it. The feed is gone then.
    init(decoding feed: inout RequestFeed?) throws(FastCGIError) {
        state = .allocate(capacity: 1)
        FCGX_InitRequest(state, -1, 0)
        guard let descriptor = feed?.descriptor else { throw .rejectedByLibrary }
        state.pointee.ipcFd = descriptor
        // Else FCGX_Accept_r begins by closing the descriptor.
        state.pointee.keepConnection = 1
        guard FCGX_Accept_r(state) == 0 else {
            // libfcgi has closed the descriptor, and then failed to accept another one from listener -1.
            feed.take()?.surrender()
            throw .rejectedByLibrary
        }
        // A truncated environment counts as success in FCGX_Accept_r; the stream knows better.
        guard FCGX_GetError(state.pointee.in) == 0 else {
            state.pointee.ipcFd = -1
            throw .rejectedByLibrary
        }
    }

    deinit {
        state.pointee.ipcFd = -1
        FCGX_Free(state, 0)
        state.deallocate()
    }

    /// Gives the params to the body, and only for as long as it runs.
    func withParams<Value: Sendable>(_ body: (DecodedParams) -> Value) -> Value {
        DecodedParams.with(state.pointee.envp, body)
    }

    /// Reads the stdin stream to its end, and lets go of the feed and of the input buffers.
    ///
    /// - Parameter count: the stream's length as the gate counted it.
    /// - Throws: ``FastCGIError/rejectedByLibrary`` if libfcgi reads another number of bytes.
    mutating func readBody(count: Int) throws(FastCGIError) -> [UInt8] {
        let input = state.pointee.in
        var body: [UInt8] = []
        // An empty array's storage is the whole process's, and the count would be written there.
        if count > 0 {
            body = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
                guard let start = buffer.baseAddress else { return }
                initializedCount = start.withMemoryRebound(to: CChar.self, capacity: count) {
                    Int(FCGX_GetStr($0, CInt(count), input))
                }
            }
        }
        let atEnd = FCGX_GetChar(input) == -1
        let failed = FCGX_GetError(input) != 0
        state.pointee.ipcFd = -1
        FCGX_FreeStream(&state.pointee.in)
        guard body.count == count, atEnd, !failed else { throw .rejectedByLibrary }
        return body
    }
}
