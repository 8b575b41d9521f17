import ArgumentParser
import ServiceLifecycle
@main struct Main { static func main() {} }
