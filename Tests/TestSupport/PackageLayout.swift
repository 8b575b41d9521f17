import Foundation

/// The paths of the package's files, and of what was built together with the tests.
package enum PackageLayout {
    package static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The folder of nginx's routes and limits.
    package static let nginx = "\(root)/nginx"

    /// The path of one of this package's executables: from the folder in `PRODUCTS_DIRECTORY`, or else the one built
    /// together with the running tests.
    ///
    /// - Throws: ``TestSupportError`` if it is not there.
    package static func executable(_ name: String) throws -> String {
        let given = ProcessInfo.processInfo.environment["PRODUCTS_DIRECTORY"].map { URL(fileURLWithPath: $0) }
        let besideTests = testBinaries.map {
            URL(fileURLWithPath: $0).resolvingSymlinksInPath().deletingLastPathComponent()
        }
        let places = given.map { [$0] } ?? besideTests
        for place in places {
            let path = place.appendingPathComponent(name).path
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        throw TestSupportError("no executable \(name) in \(places.map(\.path)): build the package first")
    }

    /// Possible paths of the test binary. SwiftPM puts it beside the executables.
    private static var testBinaries: [String] {
        let arguments = CommandLine.arguments
        let bundle = arguments.firstIndex(of: "--test-bundle-path").flatMap { arguments.dropFirst($0 + 1).first }
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return [bundle, own, arguments.first].compactMap { $0 }
    }
}
