import NIOCore

/// The keys and values in the store, and the scripts that change them, each atomically.
///
/// A call's key holds `claim:OWNER.NUMBER` while an instance has claimed the call, and then `outcome:` and the sealed outcome.
/// The owner is the instance's process, and the number counts its claims.
enum StoreScripts {
    static let claimPrefix = Array("claim:".utf8)
    static let outcomePrefix = Array("outcome:".utf8)

    /// The keys that tell whether the store has lost its memory.
    struct MarkerKeys {
        /// Holds the ``StoreMarker``. It has no expiry: if it is missing, other keys may be missing, too.
        var marker = Array("tiniapp-auth:marker".utf8)
        /// Exists until every claim that was lost with the last marker would have ended.
        var settling = Array("tiniapp-auth:settling".utf8)
    }

    /// The beginning of each script about a call's key. A command may be carried out late, after those of a later claim, so
    /// only this claim and earlier ones of the same owner are its own.
    private static let ownership = """
        local value = redis.call('GET', KEYS[1])
        local is_own = false
        if value and string.sub(value, 1, #ARGV[1]) == ARGV[1] then
          local number = tonumber(string.sub(value, #ARGV[1] + 1))
          is_own = number ~= nil and number <= tonumber(ARGV[2])
        end

        """

    /// Claims a key that holds nothing, or takes over a claim of the same owner.
    ///
    /// Replies with the marker and with what the key holds afterwards: nothing, if claims cannot be relied on yet.
    ///
    /// - Parameter isRequired: whether nothing may be claimed without a marker, or while the store is settling.
    static func claim(
        _ key: [UInt8],
        _ keys: MarkerKeys,
        _ claim: StoreClaim,
        ttl: TimeAmount,
        isRequired: Bool
    ) -> RedisCommand {
        command(
            ownership + """
                local marker = redis.call('GET', KEYS[2])
                if not value or is_own then
                  value = false
                  if ARGV[4] == '0' or (marker and not redis.call('GET', KEYS[3])) then
                    value = ARGV[1] .. ARGV[2]
                    redis.call('SET', KEYS[1], value, 'PX', ARGV[3])
                  end
                end
                return {marker, value}
                """,
            keys: [key, keys.marker, keys.settling],
            [claim.owner, text(claim.number), milliseconds(ttl), text(isRequired ? 1 : 0)]
        )
    }

    /// Puts the outcome in place of the owner's claim, or under a key that holds nothing. Replies with 1, or with 0 if
    /// the key holds something else.
    static func publish(_ outcome: [UInt8], _ key: [UInt8], _ claim: StoreClaim, window: TimeAmount) -> RedisCommand {
        command(
            ownership + """
                if value and not is_own and value ~= ARGV[3] then return 0 end
                redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
                return 1
                """,
            keys: [key],
            [claim.owner, text(claim.number), outcomePrefix + outcome, milliseconds(window)]
        )
    }

    /// Deletes the key if it holds the owner's claim. Replies with the number of keys deleted.
    static func release(_ key: [UInt8], _ claim: StoreClaim) -> RedisCommand {
        command(
            ownership + """
                if not is_own then return 0 end
                return redis.call('DEL', KEYS[1])
                """,
            keys: [key],
            [claim.owner, text(claim.number)]
        )
    }

    /// Marks the store again if it has no marker, or still the one that was found to be wrong. From then on it is settling.
    /// Replies with the marker.
    ///
    /// - Parameters:
    ///   - old: the wrong marker; nil if there was none.
    ///   - time: how long the longest claim may live.
    static func mark(
        _ keys: MarkerKeys,
        _ marker: StoreMarker,
        inPlaceOf old: StoreMarker?,
        settlingFor time: TimeAmount
    ) -> RedisCommand {
        command(
            """
            local marker = redis.call('GET', KEYS[1])
            if not marker or marker == ARGV[1] then
              marker = ARGV[2]
              redis.call('SET', KEYS[1], marker)
              redis.call('SET', KEYS[2], '1', 'PX', ARGV[3])
            end
            return marker
            """,
            keys: [keys.marker, keys.settling],
            [old?.bytes ?? [], marker.bytes, milliseconds(time)]
        )
    }

    private static func command(_ script: String, keys: [[UInt8]], _ arguments: [[UInt8]]) -> RedisCommand {
        RedisCommand([Array("EVAL".utf8), Array(script.utf8), text(keys.count)] + keys + arguments)
    }

    /// At least 1, since Redis refuses 0.
    private static func milliseconds(_ time: TimeAmount) -> [UInt8] { text(max(1, Int(time.nanoseconds / 1_000_000))) }

    private static func text(_ number: Int) -> [UInt8] { Array("\(number)".utf8) }
}

/// A claim as the store holds it.
struct StoreClaim: Sendable {
    /// What all claims of this process begin with.
    let owner: [UInt8]
    /// Higher than those of its earlier claims.
    let number: Int

    var bytes: [UInt8] { owner + Array("\(number)".utf8) }
}
