/// Connections in the order in which they were added. A linked list, since they leave from anywhere; each is in one at most.
struct ConnectionList {
    /// A connection's place in the list.
    struct Place {
        fileprivate var older: FastCGIConnection?
        fileprivate var newer: FastCGIConnection?
    }

    private(set) var oldest: FastCGIConnection?
    private var newest: FastCGIConnection?
    private(set) var count = 0

    mutating func append(_ connection: FastCGIConnection) {
        connection.place = Place(older: newest)
        if let newest { newest.place.newer = connection } else { oldest = connection }
        newest = connection
        count += 1
    }

    /// Takes out a connection that is in this list.
    mutating func remove(_ connection: FastCGIConnection) {
        let place = connection.place
        connection.place = Place()
        if let older = place.older { older.place.newer = place.newer } else { oldest = place.newer }
        if let newer = place.newer { newer.place.older = place.older } else { newest = place.older }
        count -= 1
    }
}
