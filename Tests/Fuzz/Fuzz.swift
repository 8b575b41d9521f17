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
    private static let harnesses: [String: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt] = [
        "gate": { run(fuzzGate, $0, $1) }, "json": { run(fuzzJSON, $0, $1) }, "answer": { run(fuzzAnswer, $0, $1) },
    ]

    static func main() {
        precondition(FCGX_Init() == 0)
        guard let harness = harnesses[CommandLine.arguments.dropFirst().first ?? ""] else {
            preconditionFailure("gate, json or answer?")
        }
        // libFuzzer takes its first argument for the program's name.
        var count = CommandLine.argc - 1
        var arguments = CommandLine.unsafeArgv + 1
        exit(runDriver(&count, &arguments, harness))
    }

    private static func run(
        _ fuzz: (UnsafeRawBufferPointer) -> Void,
        _ start: UnsafePointer<UInt8>?,
        _ count: Int
    ) -> CInt {
        fuzz(UnsafeRawBufferPointer(start: start, count: count))
        return 0
    }

    /// Sizes of the pieces in which an input arrives, the same every time.
    static func randomSizes(for input: UnsafeRawBufferPointer) -> () -> Int {
        var state = UInt64(input.count)
        for byte in input.prefix(64) { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return 1 + Int(state >> 58)
        }
    }
}
