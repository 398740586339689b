-- Leases and releases: each thread keeps a stack of leases it holds, releases the one on top and, with none
-- left, leases another. Called with the path to lease at and the API key.

local held = {}
local lease, headers

function init(args)
  headers = { ["X-API-Key"] = args[2] }
  lease = wrk.format("GET", args[1], headers)
end

function request()
  local path = table.remove(held)
  if path == nil then return lease end
  return wrk.format("POST", path, headers)
end

function response(status, _, body)
  local id = status == 200 and string.match(body, '"lease_id":"([^"]+)"')
  if not id then return end
  local session = string.match(body, '"session_id":(%d+)')
  held[#held + 1] = "/release?session_id=" .. session .. "&lease_id=" .. id
end

-- One line of JSON: what was answered, how long it took, and what failed.
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"failed":%d,"p50":%.3f,"p99":%.3f}\n',
    summary.requests, summary.duration / 1e6, failed, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  ))
end
