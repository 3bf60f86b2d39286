#include "app/flow/device.h"

/* The first row whose word is there and whose other word is not, decides. */
static const struct {
	const char *word, *without, *type;
} rules[] = {
	{"iPad", NULL, "tablet"},
	{"Tablet", NULL, "tablet"},
	{"Kindle", NULL, "tablet"},
	{"Silk/", "Mobile", "tablet"},
	{"PlayBook", NULL, "tablet"},
	{"Android", "Mobile", "tablet"},
	{"Mobi", NULL, "mobile"},
	{"iPhone", NULL, "mobile"},
	{"iPod", NULL, "mobile"},
	{"Windows Phone", NULL, "mobile"},
	{"Opera Mini", NULL, "mobile"},
	{"okhttp/", NULL, "mobile"},
	{"CFNetwork/", "Macintosh", "mobile"},
};

const char *device_type(const struct client *client)
{
	const char *agent = client->user_agent;

	if (strcmp(client->mobile, "?1") == 0)
		return "mobile";
	for (size_t i = 0; i < COUNT(rules); i++)
		if (strstr(agent, rules[i].word) &&
		    (!rules[i].without || !strstr(agent, rules[i].without)))
			return rules[i].type;
	return "pc";
}
