/// A password. Prints as nothing.
package struct RedisPassword: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { "RedisPassword" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
