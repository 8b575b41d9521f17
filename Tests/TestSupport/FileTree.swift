import Foundation

/// All files below a folder.
package enum FileTree {
    /// The content of each regular file, by its path; what is no regular file, or cannot be read, has none.
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
