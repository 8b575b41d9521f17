/// The connections that the web server keeps for further requests (`FCGI_KEEP_CONN`, FastCGI specification, section 5.1):
/// those between two requests, and those whose request is in flight.
///
/// Only the web server may close one between two requests: a request that it sends at that moment would be lost.
struct KeptConnections {
    private var byDescriptor: [CInt: Connection] = [:]

    var count: Int { byDescriptor.count }

    mutating func insert(_ connection: Connection) {
        byDescriptor[connection.socket.descriptor] = connection
    }

    mutating func remove(_ descriptor: CInt) -> Connection? {
        byDescriptor.removeValue(forKey: descriptor)
    }
}
