// swift-tools-version: 6.2
import PackageDescription

// A sixth off the executable's size: nothing looks its symbols up by name, so none is exported and what nobody uses can go;
// equal functions are folded; relocations are packed, in the way that glibc reads from 2.36 (Debian 12) on.
let smallExecutable = [
    "-use-ld=lld", "-Xlinker", "--no-export-dynamic", "-Xlinker", "--icf=safe",
    "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
]

// Exact versions, as Package.resolved stays out of the repository. Their own dependencies float within their rules:
// scripts/packages.txt names all ten that were resolved, and scripts/check-packages.sh compares.
let package = Package(
    name: "tiniapp-auth-backend",
    products: [
        .executable(name: "tiniapp-auth-backend", targets: ["TiniAppAuthBackend"]),
        .executable(name: "tiki-sandbox", targets: ["TikiSandbox"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    ],
    targets: [
        // The system's headers and libraries.
        .systemLibrary(name: "CCares", providers: [.apt(["libc-ares-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CFCGI", pkgConfig: "fcgi", providers: [.apt(["libfcgi-dev"])]),
        .systemLibrary(name: "CLinux"),
        // Memory is wiped when it is freed.
        .target(name: "CWipe"),
        // Used by the others; they use none of ours.
        .target(name: "LogThrottle", dependencies: [.product(name: "Logging", package: "swift-log")]),
        .target(name: "Text"),
        // What the web server speaks.
        .target(
            name: "FastCGI",
            dependencies: [
                "CFCGI",
                "CLinux",
                "LogThrottle",
                "Text",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        // Connections to other machines, and what is spoken over them.
        .target(
            name: "Transport",
            dependencies: [
                "CCares",
                "LogThrottle",
                "Text",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            // Statically, so that a machine that runs the program needs no package for it.
            linkerSettings: [.linkedLibrary(":libcares.a")]
        ),
        .target(
            name: "SharedStore",
            dependencies: [
                "CHiredis",
                "LogThrottle",
                "Text",
                "Transport",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            linkerSettings: [.linkedLibrary(":libhiredis.a")]
        ),
        .target(
            name: "Upstream",
            dependencies: [
                "Text",
                "Transport",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        // The mission.
        .target(
            name: "TiniAppAuth",
            dependencies: [
                "LogThrottle",
                "SharedStore",
                "Text",
                "Upstream",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
        .executableTarget(
            name: "TiniAppAuthBackend",
            dependencies: [
                "CLinux",
                "CWipe",
                "FastCGI",
                "SharedStore",
                "Text",
                "TiniAppAuth",
                "Upstream",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            linkerSettings: [.unsafeFlags(smallExecutable, .when(configuration: .release))]
        ),
        .executableTarget(
            name: "TikiSandbox",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .testTarget(name: "TextTests", dependencies: ["TestSupport", "Text"]),
        .testTarget(name: "LogThrottleTests", dependencies: ["LogThrottle", "TestSupport"]),
        .testTarget(name: "FastCGITests", dependencies: ["FastCGI", "TestSupport"]),
        .testTarget(name: "TransportTests", dependencies: ["TestSupport", "Transport"]),
        .testTarget(
            name: "SharedStoreTests",
            dependencies: [
                "SharedStore",
                "TestSupport",
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ]
        ),
        .testTarget(
            name: "UpstreamTests",
            dependencies: [
                "TestSupport",
                "Transport",
                "Upstream",
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "TiniAppAuthTests",
            dependencies: [
                "TestSupport",
                "TiniAppAuth",
                "Transport",
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ]
        ),
        .testTarget(
            name: "TiniAppAuthBackendTests",
            dependencies: [
                "SharedStore",
                "TestSupport",
                "TiniAppAuthBackend",
            ]
        ),
        .testTarget(name: "TikiSandboxTests", dependencies: ["TestSupport", "TikiSandbox"]),
        .target(
            name: "TestSupport",
            dependencies: [
                "FastCGI",
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Tests/TestSupport"
        ),
    ],
    swiftLanguageModes: [.v6]
)

// Only where it is asked for: libFuzzer's flags are not for every build. See scripts/fuzz.sh.
if let fuzz = Context.environment["FUZZ"] {
    package.targets.append(
        .executableTarget(
            name: "Fuzz",
            dependencies: ["CFCGI", "FastCGI", "Text"],
            path: "Tests/Fuzz",
            exclude: ["Corpus", "Regressions", "README.md", "Store"]
        )
    )
    if fuzz == "store" {
        package.targets.append(
            .executableTarget(
                name: "StoreFuzz",
                dependencies: ["SharedStore", "TiniAppAuth"],
                path: "Tests/Fuzz/Store"
            )
        )
    }
}
