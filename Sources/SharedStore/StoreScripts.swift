import NIOCore
import Redis

/// The scripts that the store runs, each atomically. They need Redis 5 or later, or Valkey.
enum StoreScripts {
    /// Claims a key that holds nothing. If the marker is required and not the expected one, claims nothing.
    ///
    /// Replies with the marker and with what the key holds afterwards.
    static func claim(
        marker key: [UInt8],
        expecting marker: [UInt8],
        isMarkerRequired: Bool,
        _ claimed: [UInt8],
        _ claim: StoreValue,
        ttl: TimeAmount
    ) -> RedisCommand {
        command(
            """
            local marker = redis.call('GET', KEYS[1])
            local value = redis.call('GET', KEYS[2])
            if not value and (ARGV[2] == '0' or marker == ARGV[1]) then
              redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
              value = ARGV[3]
            end
            return {marker, value}
            """,
            keys: [key, claimed],
            [marker, text(isMarkerRequired ? 1 : 0), claim.bytes, milliseconds(ttl)]
        )
    }

    /// Puts the outcome in place of the owner's claim, or under a key that holds nothing. Replies with 1, or with 0 if
    /// the key holds something else.
    static func publish(
        _ key: [UInt8],
        _ outcome: StoreValue,
        inPlaceOf claim: StoreValue,
        window: TimeAmount
    ) -> RedisCommand {
        command(
            """
            local value = redis.call('GET', KEYS[1])
            if value and value ~= ARGV[1] and value ~= ARGV[2] then return 0 end
            redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
            return 1
            """,
            keys: [key],
            [claim.bytes, outcome.bytes, milliseconds(window)]
        )
    }

    /// Deletes the key if it holds the claim. Replies with the number of keys that were deleted.
    static func release(_ key: [UInt8], _ claim: StoreValue) -> RedisCommand {
        command(
            """
            if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
            return redis.call('DEL', KEYS[1])
            """,
            keys: [key],
            [claim.bytes]
        )
    }

    /// Sets the marker if there is none, or if it is from another process of the store.
    ///
    /// Replies with the marker, the previous one, and the store's time in milliseconds.
    static func mark(_ key: [UInt8], run: [UInt8], generation: [UInt8]) -> RedisCommand {
        command(
            """
            local time = redis.call('TIME')
            local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
            local old = redis.call('GET', KEYS[1])
            local marker = old
            if not old or string.sub(old, 1, #ARGV[1] + 1) ~= ARGV[1] .. ' ' then
              marker = ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. now
              redis.call('SET', KEYS[1], marker)
            end
            return {marker, old, now}
            """,
            keys: [key],
            [run, generation]
        )
    }

    private static func command(_ script: String, keys: [[UInt8]], _ arguments: [[UInt8]]) -> RedisCommand {
        RedisCommand([Array("EVAL".utf8), Array(script.utf8), text(keys.count)] + keys + arguments)
    }

    /// At least 1, since Redis refuses 0.
    private static func milliseconds(_ time: TimeAmount) -> [UInt8] { text(max(1, Int(time.nanoseconds / 1_000_000))) }

    private static func text(_ number: Int) -> [UInt8] { Array("\(number)".utf8) }
}
