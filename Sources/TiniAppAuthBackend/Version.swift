/// The program's version: in `--version`, in the metrics, and on the image, whose label a test compares with this.
enum Version {
    static let current = "0.3.0"
}
