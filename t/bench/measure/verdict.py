"""The figures against the budgets: every row of them is a claim with its bound. A ratio is the
median over the rounds of what one and the other did in the same round."""

from statistics import median

from measure.subject import BARE, LIVE, LOGIN

# Of the fixed-answer worker, at least
OF_LIVE = (("GET /auth/verify", 0.50), ("GET /token", 0.45), ("POST /auth/refresh", 0.25),
           ("HEAD /users/{}/roles/{}", 0.40), ("GET /users/me", 0.45))
# Of the peer at its best, at least
OF_PEER = (("GET /auth/verify", 5), ("POST /auth/refresh", 4), ("POST /login", 2))
FLOOD_FACTOR, REST_MB, HASHING_MIB, PEER_SHARE, GROWN, START_S, MAKE_S = 3, 30, 20, 6, 0.90, 0.3, 60
FLAT_SHARE = 1.02  # more is not flat


def rates(rows):
    return [row["rate"] for row in rows]


def thousands(n):
    return f"{int(n):,}".replace(",", " ")


def mb(kib):
    return kib * 1024 / 1e6


def ratio(ones, others):
    """0 where there was nothing to compare with."""
    return median([one / other for one, other in zip(ones, others) if other] or [0])


def at_least(proof, text, got, bound, form="{:.2f}"):
    proof.claim(text, form.format(got), "≥ " + form.format(bound), got >= bound)


def at_most(proof, text, got, bound, form):
    proof.claim(text, form.format(got), "≤ " + form.format(bound), got <= bound)


def best(rows, name):
    """The peer's row of that name, of the number of workers that served more of it."""
    return max((got for each, got in rows.items() if each.startswith(name + " (flask")), key=lambda got: median(rates(got)))


def beside(rows):
    """F as it was just before and after each."""
    return [row.get("beside", 0) for row in rows]


def judge_rates(results, proof):
    rows, hashes = results["rates"], results["hashes"]
    at_least(proof, "F, the fixed-answer worker, of a bare FastCGI worker", ratio(beside(rows[BARE]), rates(rows[BARE])), 0.95)
    for name, bound in OF_LIVE:
        at_least(proof, f"`{name}` of F", ratio(rates(rows[name]), beside(rows[name])), bound)
    login = rates(rows[LOGIN])
    at_least(proof, "login of the raw hash rate", ratio(login, hashes["hash_ours"]), 0.90)
    at_least(proof, "login of the fastest argon2id known here", ratio(login, hashes["hash_kept"]), 0.80)
    for name, bound in OF_PEER:
        at_least(proof, f"`{name}` of the Flask peer's", ratio(rates(rows[name]), rates(best(rows, name))), bound, "{:.1f} ×")


def judge_flood(results, proof):
    flood = results["flood"]
    p99 = {name: [row["p99"] for row in flood[name]] for name in ("alone", "beside")}
    at_most(proof, "p99 of `GET /auth/verify` in a flood of logins, of that without",
            ratio(p99["beside"], p99["alone"]), FLOOD_FACTOR, "{:.1f} ×")


def judge_rest(results, proof):
    rest = results["rest_kib"]
    at_most(proof, f"memory at rest, all {results['processes']} processes, PSS", mb(rest["ours"]), REST_MB, "{:.1f} MB")
    judge_share(proof, "at rest", rest)


def judge_share(proof, when, kib):
    """Of the peer's smaller number of workers: the less of two memories is the harder bound."""
    least = min(n for name, n in kib.items() if name != "ours")
    got = least / kib["ours"]
    proof.claim(f"memory {when}, of the Flask peer's", f"1/{got:.1f} of {mb(least):.0f} MB", f"≤ 1/{PEER_SHARE}",
                got >= PEER_SHARE)


def judge_load(results, proof):
    judge_share(proof, "after logins, at rest again", results["loaded_kib"])
    at_most(proof, "memory a slow worker takes more while it hashes (the hash: 19 MiB)", results["slow_hash_kib"] / 1024,
            HASHING_MIB, "{:.1f} MiB")
    busy = results["busy_kib"]
    theirs = min(kib for name, kib in busy.items() if name != "ours")
    proof.claim("memory while people sign in; the Flask peer's, of the fewer workers",
                f"{mb(busy['ours']):.0f} MB; {mb(theirs):.0f} MB")


def judge_flat(results, proof):
    (_, first), (n, last) = results["flat"][0], results["flat"][-1]
    at_most(proof, f"memory of the fast workers after {thousands(n)} requests, of that after the first of them", last / first,
            FLAT_SHARE, "{:.2f}")


def judge_start(results, proof):
    at_most(proof, "seconds from start to the first answer, its stores being there", median(results["start_s"]), START_S,
            "{:.2f} s")


def judge_make(results, proof):
    at_most(proof, "first `make`", results["make_s"], MAKE_S, "{:.0f} s")


def judge_growth(results, proof):
    for name, sizes in results["growth"].items():
        few, many = list(sizes)[0], list(sizes)[-1]
        at_least(proof, f"`{name}` with {thousands(many)} users and sessions, of that with {thousands(few)}",
                 ratio(rates(sizes[many]), rates(sizes[few])), GROWN)
    for name, got in results["durable"].items():
        proof.claim(f"`{name}` with commits on the disk, of that without",
                    f"{ratio(rates(got['on']), rates(got['off'])):.2f}, {median(rates(got['on'])):.0f} a second")


def judge_refused(results, proof):
    rows = [row for got in results["rates"].values() for row in got]
    wrong = sum(row["refused"] + row["broken"] for row in rows)
    proof.claim("requests at 64 connections that were not answered as they should be",
                f"{wrong} of {sum(row['requests'] for row in rows)}", "0", not wrong)


JUDGES = {"rates": judge_rates, "flood": judge_flood, "rest_kib": judge_rest, "loaded_kib": judge_load, "flat": judge_flat,
          "growth": judge_growth, "start_s": judge_start, "make_s": judge_make}
COLUMNS = ["", "a second", "of F", "p50 ms", "p99 ms", "p99.9 ms"]
PARTS = ("latchkeyd", "gunicorn", "PostgreSQL", "Redis", "nginx")
HASHES = {"hash_kept": "argon2id, libsodium with its memory kept, all cores", "hash_ours": "argon2id, ours, all cores"}


def figures(got):
    """As COLUMNS has them."""
    middle = lambda key: median(row[key] for row in got)
    return [f"{middle('rate'):.0f}", *(f"{middle(key):.1f}" for key in ("p50", "p99", "p99.9"))]


def rate_table(results, proof):
    live = median(rates(results["rates"][LIVE]))
    rows = []
    for name, got in results["rates"].items():
        rate, *times = figures(got)
        share = ratio(rates(got), beside(got)) or median(rates(got)) / live
        rows.append([name, rate, f"{share:.2f}", *times])
    rows += [[text, f"{median(results['hashes'][name]):.0f}", "", "", "", ""] for name, text in HASHES.items()]
    proof.table("One run, alternately: 64 connections, TLS", COLUMNS, rows)


def cpu_table(results, proof):
    rows = []
    for name, got in results["rates"].items():
        spent = {part: median(row["cpu_us"].get(part, 0) for row in got) for part in got[0]["cpu_us"]}
        if spent:
            rows.append([name, *(f"{spent[part]:.0f}" if part in spent else "" for part in PARTS)])
    proof.table("Processor time of a request, µs", ["", *PARTS], rows)


def connection_table(results, proof):
    rows = []
    for name, counts in results["connections"].items():
        at_64 = {"64": results["rates"][name]} if "rates" in results else {}
        for n, got in sorted({**counts, **at_64}.items(), key=lambda pair: int(pair[0])):
            refused = sum(row["refused"] for row in got)
            rows.append([name, n, *figures(got), refused or ""])
    proof.table("By connections", ["", "connections", "a second", "p50 ms", "p99 ms", "p99.9 ms", "refused"], rows)


def worker_table(results, proof):
    counts = list(results["workers"])
    rows = [[name, *(f"{median(rates(results['workers'][n][name])):.0f}" for n in counts)]
            for name in results["workers"][counts[0]]]
    proof.table(f"A second, by workers in each pool ({results['cores']} cores)", ["", *counts], rows)


def growth_table(results, proof):
    sizes = list(next(iter(results["growth"].values())))
    rows = [[name, *(f"{median(rates(got[n])):.0f}" for n in sizes)] for name, got in results["growth"].items()]
    proof.table("A second, by users and sessions", ["", *map(thousands, sizes)], rows)


def profile_table(results, proof):
    names = list(results["profile"])
    groups = sorted({group for shares in results["profile"].values() for group in shares},
                    key=lambda group: -sum(results["profile"][name].get(group, 0) for name in names))
    proof.table("Where a fast worker's time goes, %", ["", *names],
                [[group, *(f"{results['profile'][name].get(group, 0):.1f}" for name in names)] for group in groups])


TABLES = {"rates": (rate_table, cpu_table), "connections": (connection_table,), "workers": (worker_table,),
          "growth": (growth_table,), "profile": (profile_table,)}


def judge(results, proof):
    for name, why in results["failed"].items():
        proof.claim(f"the part `{name}` was measured", why, "all of it", False)
    proof.claim("processes that ran before it began, on average: beside others all figures are lower",
                f"{results['load_before']:.1f}")
    for name, one in JUDGES.items():
        if name in results:
            one(results, proof)
    if "rates" in results:
        judge_refused(results, proof)
    for name, tables in TABLES.items():
        for table in tables if name in results else ():
            table(results, proof)
