import TiniAppAuth

/// The settings as they are documented.
enum SettingsPages {
    /// For `--help`.
    static var help: String {
        Settings.all.map { setting in
            let defaultText = setting.defaultText.map { " Default: \($0)." } ?? ""
            return "\(setting.name)\n    \(setting.summary)\(defaultText) (\(setting.type))"
        }.joined(separator: "\n")
    }

    /// `docs/settings.md`.
    static var markdown: String {
        """
        # Settings

        For operators. Settings come from the environment: from `.env` with `make run`, from
        `/etc/tiniapp-auth-backend/INSTANCE.env` on a VM, from `cloudrun/service.yaml` on Cloud Run. All are checked at the
        start; if something is wrong, every problem is reported at once and the program exits with 78.
        `tiniapp-auth-backend check` does only that. Three are required: `CLIENT_KEY`, `CLIENT_SECRET` or `CLIENT_SECRET_FILE`,
        and `AUTH_ENDPOINT`. A setting that is empty counts as not set.

        This page is made by `make docs`.

        | name | value | default | meaning |
        |---|---|---|---|

        """
            + Settings.all.map { setting in
                let shown = setting.isDefaultLiteral ? setting.defaultText.map { "`\($0)`" } : setting.defaultText
                return "| `\(setting.name)` | \(setting.type) | \(shown ?? "—") | \(setting.summary) |\n"
            }.joined()
                + """

                HUP makes the process read the files again that `CLIENT_SECRET_FILE`, `SHARED_STORE_PASSWORD_FILE`, `UPSTREAM_CA_FILE`
                and `SHARED_STORE_CA_FILE` name: calls in progress keep the old values, later calls and connections use the new.
                If one file is unusable, all old values stay, and the log says so.

                """
    }

    /// `env.example`.
    static var environment: String {
        """
        # What `make run` reads as .env: copy this file there, and take the # away from what you set.
        # Without any of the first six, `make run` starts a sandbox in Tiki's place. A value may be quoted; nothing is expanded.


        """
            + Settings.all.map { setting in
                let example = setting.isDefaultLiteral ? setting.defaultText : examples[setting.name]
                return "# \(setting.summary)\n# Value: \(setting.type).\n#\(setting.name)=\(example ?? "")\n\n"
            }.joined()
                + """
                # Not read by the backend but by nginx, for `make run` and the container: the port to listen on.
                #PORT=8080

                """
    }

    private static let examples = [
        Settings.authEndpoint.name: """
        \(TikiEnvironment.production.baseURL)/oauth/auth/token
        # Or Tiki's Sandbox, which has a key and secret of its own:
        #\(Settings.authEndpoint.name)=\(TikiEnvironment.sandbox.baseURL)/oauth/auth/token
        """,
        Settings.sharedStore.name: "redis://127.0.0.1:6379/0",
        Settings.allowedOrigins.name: "https://tiki.vn",
    ]
}
