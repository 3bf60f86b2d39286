-- GET with the tokens of the file TOKENS (a line each) in turn; says what was answered. For
-- one thread.
local worker

function setup(thread)
	worker = thread
end

function init(args)
	pool, at, seen = {}, 0, {}
	for line in io.lines(os.getenv("TOKENS")) do
		pool[#pool + 1] = line
	end
end

function request()
	at = at % #pool + 1
	return wrk.format(nil, nil, {["Authorization"] = "Bearer " .. pool[at]})
end

function response(status)
	seen[tostring(status)] = (seen[tostring(status)] or 0) + 1
end

function done()
	for status, n in pairs(worker:get("seen")) do
		io.write(("answers %s: %d\n"):format(status, n))
	end
end
