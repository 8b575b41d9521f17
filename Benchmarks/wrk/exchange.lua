-- Posts auth codes, each once in a run: identical calls in flight would be shared, which is not what is measured.
--     wrk … -s exchange.lua URL -- RUN        RUN: some letters that no other run has
-- wrk itself counts every status over 399 as an error; nothing here answers with one from 201 to 399.

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

-- As long as Tiki's codes: 43 characters of base64url, a dot, 43 more.
local half = string.rep("x", 43)
local count = 0
local head, tail

function init(args)
    local prefix = string.format("%s-%d-", args[1], number)
    local filler = string.rep("x", 43 - #prefix - 9)
    head = '{"code":"' .. filler .. prefix
    tail = "." .. half .. '"}'
    head = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\n"
        .. "Content-Type: application/json\r\nContent-Length: " .. (#head + 9 + #tail) .. "\r\n\r\n" .. head
end

function request()
    count = count + 1
    return head .. string.format("%09d", count) .. tail
end

-- One line that Benchmarks/bench/load.py reads.
function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        'RESULT {"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f, '
            .. '"status": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}\n',
        summary.requests, summary.duration / 1e6,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
        errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
