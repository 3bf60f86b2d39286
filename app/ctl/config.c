#include "app/ctl/out.h"

static enum ctl_exit print_page(struct ctl *ctl, const char *name, const char *page)
{
	if (ctl->json)
		json_add_text(ctl->context.arena, ctl->result, name, page);
	else
		fputs(page, stdout);
	return CTL_DONE;
}

enum ctl_exit ctl_config_sample(struct ctl *ctl)
{
	return print_page(ctl, "sample", conf_sample(ctl->context.arena));
}

enum ctl_exit ctl_config_manual(struct ctl *ctl)
{
	return print_page(ctl, "manual", conf_manual(ctl->context.arena));
}
