-- Prints what a run measured as one line of JSON, the last line of wrk's output.

local line = '{"requests":%d,"seconds":%.6f,"p50":%.3f,"p99":%.3f,"longest":%.3f,' ..
  '"refused":%d,"timeouts":%d,"socketErrors":%d}\n'

local function milliseconds(microseconds)
  return microseconds / 1000
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(line,
    summary.requests,
    summary.duration / 1e6,
    milliseconds(latency:percentile(50)),
    milliseconds(latency:percentile(99)),
    milliseconds(latency.max),
    errors.status,
    errors.timeout,
    errors.connect + errors.read + errors.write))
end
