import CFCGI
import Glibc

/// libFuzzer's entry point for a program that has its own `main`.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// `Fuzz gate …`, `Fuzz json …` or `Fuzz answer …`, followed by libFuzzer's arguments.
@main
enum Fuzz {
    static func main() {
        precondition(FCGX_Init() == 0)
        // libFuzzer takes its first argument for the program's name.
        var count = CommandLine.argc - 1
        var arguments = CommandLine.unsafeArgv + 1
        switch CommandLine.arguments.dropFirst().first {
        case "gate":
            exit(
                runDriver(&count, &arguments) { start, count in
                    fuzzGate(UnsafeRawBufferPointer(start: start, count: count))
                    return 0
                }
            )
        case "json":
            exit(
                runDriver(&count, &arguments) { start, count in
                    fuzzJSON(UnsafeRawBufferPointer(start: start, count: count))
                    return 0
                }
            )
        case "answer":
            exit(
                runDriver(&count, &arguments) { start, count in
                    fuzzAnswer(UnsafeRawBufferPointer(start: start, count: count))
                    return 0
                }
            )
        default: preconditionFailure("gate, json or answer?")
        }
    }
}
