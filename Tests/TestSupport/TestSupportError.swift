/// Why a test could not get a process or a socket, in words for the test's log.
package struct TestSupportError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
