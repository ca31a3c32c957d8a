// swift-tools-version: 6.0

import PackageDescription

let package = Package(
    name: "Cedula",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "Cedula", targets: ["Cedula"])
    ],
    targets: [
        // The C header of the Rust library; the library itself comes with the linker's search path.
        .systemLibrary(name: "CedulaFFI"),
        // What the generator writes does not pass Swift 6's concurrency checks yet; the tests do.
        .target(name: "Cedula", dependencies: ["CedulaFFI"], swiftSettings: [.swiftLanguageMode(.v5)]),
        .testTarget(name: "CedulaTests", dependencies: ["Cedula", "CedulaFFI"]),
    ]
)
