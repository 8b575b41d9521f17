/// A failure of the FastCGI front. Descriptions are for the operator; they hold paths and system errors, never data.
package enum FastCGIError: Error, Equatable, CustomStringConvertible {
    /// libfcgi did not initialize.
    case libraryNotInitialized(code: Int32)
    /// libfcgi refused a request that the gate had passed.
    case rejectedByLibrary
    /// The socket's path does not fit into a socket address.
    case pathTooLong(path: String, limit: Int)
    /// The directory for the socket is not there.
    case directoryMissing(path: String)
    /// The path exists and is not a socket.
    case notASocket(path: String)
    /// Another process listens at the path.
    case inUse(path: String)
    /// `LISTEN_FDS` does not announce exactly one listening unix stream socket.
    case unusableInheritedSocket(reason: String)
    /// Descriptor 0 is a listening socket that cannot be served.
    case unusableStandardInput(reason: String)
    /// A system call on the socket failed.
    case socket(path: String, SystemCallError)

    package var description: String {
        switch self {
        case .libraryNotInitialized(let code): "libfcgi did not initialize (\(code))"
        case .rejectedByLibrary: "libfcgi rejected a request"
        case .pathTooLong(let path, let limit): "the socket's path is longer than \(limit) bytes: \(path)"
        case .directoryMissing(let path): "the directory of the socket does not exist: \(path)"
        case .notASocket(let path): "the socket path exists and is not a socket: \(path)"
        case .inUse(let path): "another process is listening on the socket: \(path)"
        case .unusableInheritedSocket(let reason): "the socket passed in by LISTEN_FDS cannot be used: \(reason)"
        case .unusableStandardInput(let reason): "the socket passed in as descriptor 0 cannot be used: \(reason)"
        case .socket(let path, let error): "cannot listen on \(path): \(error)"
        }
    }
}
