-- One script for every load; without REQUESTS it only tells the figures at the end.
--
--	REQUESTS	a file, a request a line: Authorization <tab> path <tab> body; what is empty
--			is the command line's. Shared out among the threads, sent in turn.
--	METHOD		of all of them
--	TYPE		of the bodies
--	ROTATE		each refresh spends its token; the next one takes its place
--	COUNT		how often each status was answered
local threads = {}

function setup(thread)
	thread:set("id", #threads)
	threads[#threads + 1] = thread
	thread:set("count", tonumber(os.getenv("THREADS")))
end

wrk.method = os.getenv("METHOD") or "GET"

local function prepared(authorization, path, body)
	local headers = {}
	if authorization ~= "" then headers["Authorization"] = authorization end
	if body ~= "" then headers["Content-Type"] = os.getenv("TYPE") end
	return wrk.format(nil, path ~= "" and path or nil, headers, body ~= "" and body or nil)
end

local requests = os.getenv("REQUESTS")
local pool, first, last = {}, 1, 0

if requests then
	function init()
		local n = 0
		for line in io.lines(requests) do
			if n % count == id then
				last = last + 1
				pool[last] = prepared(line:match("^(.-)\t(.-)\t(.*)$"))
			end
			n = n + 1
		end
	end

	function request()
		local now = pool[first]
		first = first % last + 1
		return now
	end
end

-- The generator runs on the cores of what it measures: no header is formatted and no pattern
-- matched for a refresh, which took four times what a fixed answer costs here.
if os.getenv("ROTATE") then
	local head, tail

	function request()
		local now = pool[first]
		pool[first] = nil
		first = first + 1
		return now
	end

	function response(status, _, body)
		local _, before = body:find('"refresh_token":"', 1, true)
		if status ~= 200 or not before then return end
		if not head then
			head, tail = prepared("Bearer @", "", ""):match("^(.-)@(.*)$")
		end
		last = last + 1
		pool[last] = head .. body:sub(before + 1, body:find('"', before + 1, true) - 1) .. tail
	end
end

if os.getenv("COUNT") then
	answers = {}
	function response(status)
		answers[tostring(status)] = (answers[tostring(status)] or 0) + 1
	end
end

-- Times in ms. What was refused counts among the errors, not among the requests.
function done(summary, latency)
	local e = summary.errors
	io.write(('figures {"rate": %f, "refused": %d, "broken": %d, "requests": %d, "p50": %f, "p99": %f, "p99.9": %f}\n'):format(
		(summary.requests - e.status) / summary.duration * 1e6, e.status,
		e.connect + e.read + e.write + e.timeout, summary.requests,
		latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency:percentile(99.9) / 1000))
	for _, thread in ipairs(threads) do
		for status, n in pairs(thread:get("answers") or {}) do
			io.write(("answers %s %d\n"):format(status, n))
		end
	end
end
