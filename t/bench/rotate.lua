-- Every refresh spends a token and brings the next one: a pool of them for each thread,
-- from the file TOKENS (a line each), shared out by thread.
local threads = 0

function setup(thread)
	thread:set("id", threads)
	threads = threads + 1
end

function init(args)
	pool, first, last = {}, 1, 0
	refused = 0
	local n = 0
	for line in io.lines(os.getenv("TOKENS")) do
		if n % tonumber(os.getenv("THREADS")) == id then
			last = last + 1
			pool[last] = line
		end
		n = n + 1
	end
end

function request()
	local token = pool[first]
	pool[first] = nil
	first = first + 1
	return wrk.format("POST", nil, {["Authorization"] = "Bearer " .. token})
end

function response(status, headers, body)
	local token = body:match('"refresh_token":"([^"]+)"')
	if status ~= 200 or not token then
		refused = refused + 1
		return
	end
	last = last + 1
	pool[last] = token
end
