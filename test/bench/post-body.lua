-- For wrk: posts the same body again and again, and ends with one line: requests answered with 2xx, all others.
local file = assert(io.open(os.getenv("BODY_FILE"), "rb"))
wrk.method = "POST"
wrk.body = file:read("*a")
file:close()
wrk.headers["Content-Type"] = os.getenv("BODY_TYPE")
if os.getenv("BODY_ENCODING") ~= "" then
  wrk.headers["Content-Encoding"] = os.getenv("BODY_ENCODING")
end

function done(summary, latency, requests)
  local errors = summary.errors
  -- wrk counts a status of 400 and above in `status`, and such requests in `requests` too.
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  print(string.format("result %d %d", summary.requests - errors.status, failed))
end
