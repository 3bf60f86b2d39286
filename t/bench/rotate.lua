-- Every refresh spends a token and brings the next one: a pool of them for each thread,
-- from the file TOKENS (a line each), shared out by thread. The generator runs on the cores
-- of what it measures: so no header is formatted and no pattern matched for a request.
local threads = 0

function setup(thread)
	thread:set("id", threads)
	threads = threads + 1
end

function init(args)
	pool, first, last = {}, 1, 0
	local n = 0
	for line in io.lines(os.getenv("TOKENS")) do
		if n % tonumber(os.getenv("THREADS")) == id then
			last = last + 1
			pool[last] = line
		end
		n = n + 1
	end
	local whole = wrk.format("POST", nil, {["Authorization"] = "Bearer @"})
	local at = whole:find("@", 1, true)
	head, tail = whole:sub(1, at - 1), whole:sub(at + 1)
end

function request()
	local token = pool[first]
	pool[first] = nil
	first = first + 1
	return head .. token .. tail
end

-- What was refused brings no token, and counts as an error by its status.
function response(status, headers, body)
	local _, before = body:find('"refresh_token":"', 1, true)
	if before then
		last = last + 1
		pool[last] = body:sub(before + 1, body:find('"', before + 1, true) - 1)
	end
end
