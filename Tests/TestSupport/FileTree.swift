import Foundation

/// All files in a folder and its subfolders.
package enum FileTree {
    /// The content of each regular file, by its path. Leaves out everything else, and files that cannot be read.
    package static func contents(of folder: String) -> [String: Data] {
        let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        var contents: [String: Data] = [:]
        for path in paths.map({ "\(folder)/\($0)" }) {
            let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
            guard type == .typeRegular else { continue }
            contents[path] = FileManager.default.contents(atPath: path)
        }
        return contents
    }
}
