/// Why a process or a socket of a test could not be had, in words for the test's log.
package struct TestSupportError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
