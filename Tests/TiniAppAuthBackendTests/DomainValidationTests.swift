import Foundation
import TestSupport
import Testing

@testable import TiniAppAuthBackend

struct DomainValidationTests {
    @Test("A path yields the file's id")
    func id() {
        #expect(DomainValidation.id(inPath: "/tiki-validation-code/J9jcjJnnkji7AoVK/auth.txt") == "J9jcjJnnkji7AoVK")
        #expect(DomainValidation.id(inPath: DomainValidation.path(id: "a-B_9")) == "a-B_9")
        #expect(DomainValidation.id(inPath: "tiki-validation-code/a-B_9/auth.txt") == nil)
        #expect(DomainValidation.id(inPath: DomainValidation.path(id: String(repeating: "a", count: 128))) != nil)
    }

    @Test(
        "A path that is not exactly a file's path has no id",
        arguments: [
            "", "/", "/auth.txt", "//auth.txt", "/a/auth.txt/", "/a/AUTH.TXT", "/a/b/auth.txt", "/../auth.txt",
            "/./auth.txt", "/.a/auth.txt", "/a b/auth.txt", "/a\0/auth.txt", "/a\n/auth.txt", "/\u{E4}/auth.txt",
            "/a\u{301}/auth.txt", "a/auth.txt", "/a/auth.txt\n", "/\(String(repeating: "a", count: 129))/auth.txt",
        ]
    )
    func noID(rest: String) {
        for path in ["/tiki-validation-code\(rest)", rest] {
            #expect(DomainValidation.id(inPath: path) == nil)
            #expect(Route(path: path).map(Route.name) != "validation")
        }
    }

    @Test("The settings' file takes precedence over one in the folder; without either there is no file")
    func places() throws {
        let scratch = try ScratchDirectory()
        try FileManager.default.createDirectory(atPath: scratch.path("a"), withIntermediateDirectories: false)
        try scratch.write("from the folder", to: "a/auth.txt")
        #expect(DomainValidation().content(id: "a") == nil)
        #expect(DomainValidation(folder: scratch.path).content(id: "a") == Array("from the folder".utf8))
        let both = DomainValidation(given: .init(id: "a", text: "given"), folder: scratch.path)
        #expect(both.content(id: "a") == Array("given".utf8))
        #expect(both.content(id: "b") == nil)
        #expect(DomainValidation(folder: scratch.path("none")).content(id: "a") == nil)
    }

    @Test("Id and text come from the settings, the text unchanged")
    func settings() throws {
        let validation = try SettingsFixture.configuration([
            "TIKI_VALIDATION_CODE": "aB9-_", "TIKI_VALIDATION_TEXT": " <m\u{E3}>\n", "TIKI_VALIDATION_FOLDER": "/tmp/f",
        ]).validation
        #expect(validation.content(id: "aB9-_") == Array(" <m\u{E3}>\n".utf8))
        #expect(validation.folder == "/tmp/f")
        #expect(try SettingsFixture.configuration().validation.given == nil)
        #expect(try SettingsFixture.configuration().validation.folder == nil)
    }

    @Test(
        "An invalid id, a text that is too long, and one setting without the other are problems",
        arguments: [
            ("a/b", "text", "TIKI_VALIDATION_CODE is not 1 to 128 letters, digits, hyphens and underscores"),
            ("..", "text", "TIKI_VALIDATION_CODE is not 1 to 128 letters, digits, hyphens and underscores"),
            ("a", String(repeating: "x", count: 4_097), "TIKI_VALIDATION_TEXT is longer than 4096 bytes"),
            ("a", nil, "TIKI_VALIDATION_CODE and TIKI_VALIDATION_TEXT go together; one of them is not set"),
            (nil, "text", "TIKI_VALIDATION_CODE and TIKI_VALIDATION_TEXT go together; one of them is not set"),
        ] as [(String?, String?, String)]
    )
    func problems(code: String?, text: String?, problem: String) {
        let problems = SettingsFixture.problems(["TIKI_VALIDATION_CODE": code, "TIKI_VALIDATION_TEXT": text])
        #expect(problems == [problem])
    }
}
