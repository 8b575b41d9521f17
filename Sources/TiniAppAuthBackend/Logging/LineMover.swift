import CLinux
import Glibc

/// Moves lines from a pipe to a descriptor that may block.
///
/// As many lines at a time as write(2) never tears apart in a pipe, so that in a container nginx's lines do not get into
/// the middle of ours.
struct LineMover: ~Copyable {
    private let reader: CInt
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 * LogPipe.atomicBytes, alignment: 16)
    /// Bytes in the buffer: the begin of a line whose end has not come.
    private var kept = 0
    /// When it was first seen that lines were dropped, and that it is not yet the time to say so.
    private var droppedSince: ContinuousClock.Instant?

    init(to reader: CInt) {
        self.reader = reader
    }

    deinit {
        buffer.deallocate()
    }

    /// Moves all that there is.
    mutating func move(from source: CInt) {
        repeat { moveSome(from: source) } while clinux_bytes_waiting(source) > 0
    }

    private mutating func moveSome(from source: CInt) {
        let count = read(source, buffer.baseAddress?.advanced(by: kept), buffer.count - kept)
        guard count > 0 else { return }
        let isAll = clinux_bytes_waiting(source) == 0
        var rest = UnsafeRawBufferPointer(rebasing: buffer[..<(kept + count)])
        while case let length = Self.nextWrite(of: rest, isAll: isAll), length > 0 {
            let lines = UnsafeRawBufferPointer(rebasing: rest[..<length])
            if !write(lines) { StandardError.drop(lines.count { $0 == UInt8(ascii: "\n") }) }
            rest = UnsafeRawBufferPointer(rebasing: rest[length...])
        }
        kept = rest.count
        if kept > 0, kept < buffer.count { buffer.copyMemory(from: rest) }
        reportDropped(from: source)
    }

    /// How many of the bytes go into the next write; none if the line's end must come first.
    static func nextWrite(of bytes: UnsafeRawBufferPointer, isAll: Bool) -> Int {
        if isAll, bytes.count <= LogPipe.atomicBytes { return bytes.count }
        let newline = UInt8(ascii: "\n")
        if let end = bytes.prefix(LogPipe.atomicBytes).lastIndex(of: newline) ?? bytes.firstIndex(of: newline) {
            return end + 1
        }
        return isAll || bytes.count == 16 * LogPipe.atomicBytes ? bytes.count : 0
    }

    /// - Returns: whether the reader has taken all of it. One that has gone, or a disk that is full, has not.
    private borrowing func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(reader, rest.baseAddress, rest.count)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if errno == EAGAIN {
                // Another process that shares it has made it non-blocking.
                LogPipe.wait(for: POLLOUT, on: reader)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Says how many lines were dropped: when all that was there before them has been read, or, if a slow reader never
    /// comes so far, after a minute.
    private mutating func reportDropped(from source: CInt) {
        guard StandardError.hasDropped else { return }
        if clinux_bytes_waiting(source) > 0 {
            let since = droppedSince ?? .now
            droppedSince = since
            if since.duration(to: .now) < .seconds(60) { return }
        }
        droppedSince = nil
        let count = StandardError.takeDropped()
        // Nothing if the log's level does not let it through.
        let line = LogPipe.lineAboutDropped(count)
        if !line.withUnsafeBytes({ write($0) }) { StandardError.drop(count) }
    }
}
