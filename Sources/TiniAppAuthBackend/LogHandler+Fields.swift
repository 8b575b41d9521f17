import Logging

extension LogHandler {
    /// The metadata of an entry: the handler's own, the provider's and the entry's, the later before the earlier.
    func fields(of event: LogEvent) -> Logger.Metadata {
        // As nearly always.
        if metadata.isEmpty, metadataProvider == nil, event.error == nil { return event.metadata ?? [:] }
        var fields = metadata
        if let metadataProvider { fields.merge(metadataProvider.get()) { _, new in new } }
        if let error = event.error { fields["error"] = "\(error)" }
        fields.merge(event.metadata ?? [:]) { _, new in new }
        return fields
    }
}
