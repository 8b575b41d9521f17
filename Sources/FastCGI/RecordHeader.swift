import CFCGI

/// A record's header (FastCGI specification, section 3.3), as the number whose bytes it is, the first one highest. The
/// content that follows it is not padded.
///
/// - Parameters:
///   - requestID: 0 for a management record.
///   - count: bytes of the content.
func recordHeader(_ type: CInt, requestID: UInt16 = UInt16(FCGI_NULL_REQUEST_ID), count: Int = 0) -> UInt64 {
    UInt64(FCGI_VERSION_1) << 56 | UInt64(type) << 48 | UInt64(requestID) << 32 | UInt64(count) << 16
}

extension [UInt8] {
    /// Appends a record's header.
    mutating func append(header: UInt64) {
        Swift.withUnsafeBytes(of: header.bigEndian) { append(contentsOf: $0) }
    }
}
