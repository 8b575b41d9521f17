/// Why the sandbox could not start, in one sentence for the terminal.
struct StartError: Error, CustomStringConvertible {
    var description: String
}
