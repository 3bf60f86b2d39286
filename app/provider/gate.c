#include "app/provider/gate.h"

#include "lib/clock.h"

static int32_t holder_of(size_t slot)
{
	return (int32_t)slot + 1;
}

static struct gate_row *row_of(const struct gate *gate, size_t provider)
{
	INVARIANT(provider < GATE_ROWS);
	return &gate->rows[provider];
}

static bool take(_Atomic int32_t *places, size_t n, int32_t holder)
{
	for (size_t i = 0; i < n; i++) {
		int32_t nobody = 0;

		if (atomic_compare_exchange_strong(&places[i], &nobody, holder))
			return true;
	}
	return false;
}

static void give_back(_Atomic int32_t *places, size_t n, int32_t holder)
{
	for (size_t i = 0; i < n; i++) {
		int32_t found = holder;

		(void)atomic_compare_exchange_strong(&places[i], &found, 0);
	}
}

static enum gate_answer try_enter(struct gate_row *row, int32_t holder)
{
	if (breaker_is_shut(&row->breaker))
		return GATE_SHUT;
	if (!take(row->holders, GATE_PLACES, holder))
		return GATE_FULL;
	if (breaker_allows(&row->breaker))
		return GATE_IN;
	give_back(row->holders, GATE_PLACES, holder);
	return GATE_SHUT;
}

static enum gate_answer await_place(struct gate_row *row, int32_t holder)
{
	int64_t until = clock_mono_ms() + GATE_WAIT_MS;
	enum gate_answer answer = GATE_FULL;

	while (answer == GATE_FULL && clock_mono_ms() < until) {
		clock_sleep(GATE_POLL_MS);
		answer = try_enter(row, holder);
	}
	return answer;
}

enum gate_answer gate_enter(const struct gate *gate, size_t provider)
{
	struct gate_row *row = row_of(gate, provider);
	int32_t holder = holder_of(gate->slot);
	enum gate_answer answer = try_enter(row, holder);

	if (answer != GATE_FULL || !take(row->waiters, GATE_WAITERS, holder))
		return answer;
	answer = await_place(row, holder);
	give_back(row->waiters, GATE_WAITERS, holder);
	return answer;
}

static int64_t shut_ms(int32_t failures)
{
	int64_t ms = GATE_SHUT_MIN_MS;

	if (failures < GATE_FAILURES)
		return 0;
	for (; failures > GATE_FAILURES && ms < GATE_SHUT_MAX_MS; failures--)
		ms *= 2;
	return ms < GATE_SHUT_MAX_MS ? ms : GATE_SHUT_MAX_MS;
}

static int64_t judge(struct gate_row *row, bool answered)
{
	int64_t ms;

	if (answered) {
		atomic_store(&row->failures, 0);
		breaker_good(&row->breaker);
		return 0;
	}
	ms = shut_ms(atomic_fetch_add(&row->failures, 1) + 1);
	if (ms)
		breaker_open(&row->breaker, ms);
	return ms;
}

int64_t gate_leave(const struct gate *gate, size_t provider, bool answered)
{
	struct gate_row *row = row_of(gate, provider);
	int64_t ms = judge(row, answered);

	give_back(row->holders, GATE_PLACES, holder_of(gate->slot));
	return ms;
}

void gates_release(struct gate_row *rows, size_t slot)
{
	for (size_t i = 0; i < GATE_ROWS; i++) {
		give_back(rows[i].holders, GATE_PLACES, holder_of(slot));
		give_back(rows[i].waiters, GATE_WAITERS, holder_of(slot));
	}
}

/* Who is with one of the old ones leaves by himself. */
void gates_renew(struct gate_row *rows)
{
	for (size_t i = 0; i < GATE_ROWS; i++) {
		atomic_store(&rows[i].failures, 0);
		breaker_good(&rows[i].breaker);
	}
}
