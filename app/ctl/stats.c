#include "app/ctl/out.h"
#include "app/store/admin_stats.h"

enum ctl_exit ctl_stats(struct ctl *ctl)
{
	struct admin_stat stats[ADMIN_STATS_MAX];
	struct out_cell cells[ADMIN_STATS_MAX];
	size_t n = 0;

	if (admin_stats(&ctl->context, stats, &n) != RC_OK)
		return out_down(ctl);
	for (size_t i = 0; i < n; i++)
		cells[i] = (struct out_cell)OUT_NUMBER(stats[i].name, 0, stats[i].value);
	out_record(ctl, cells, n);
	return CTL_DONE;
}
