import CLinux
import Glibc

/// Moves lines from a pipe to a descriptor that may block.
///
/// Each write has as many lines as a pipe takes in one piece (write(2)), so that in a container nginx's lines do not end up in
/// the middle of ours.
struct LineMover: ~Copyable {
    private let reader: CInt
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 * LogPipe.atomicBytes, alignment: 16)
    /// Bytes in the buffer: the beginning of an incomplete line.
    private var kept = 0
    /// When dropped lines were first noticed and could not be reported yet.
    private var droppedSince: ContinuousClock.Instant?

    init(to reader: CInt) {
        self.reader = reader
    }

    deinit {
        buffer.deallocate()
    }

    /// Moves all lines that are in the pipe.
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

    /// - Returns: whether all of it was written; false if the reader is gone, or the disk is full.
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

    /// Says how many lines were dropped: once the reader has read everything that came before them, or after a minute if it is
    /// too slow for that.
    private mutating func reportDropped(from source: CInt) {
        guard StandardError.hasDropped else { return }
        if clinux_bytes_waiting(source) > 0 {
            let since = droppedSince ?? .now
            droppedSince = since
            if since.duration(to: .now) < .seconds(60) { return }
        }
        droppedSince = nil
        let count = StandardError.takeDropped()
        // Nothing if the log level suppresses it.
        let line = LogPipe.lineAboutDropped(count)
        if !line.withUnsafeBytes({ write($0) }) { StandardError.drop(count) }
    }
}
