/* What the tests of social logins share: a way from the beginning to the end. */
#ifndef T_UNIT_SOCIAL_H
#define T_UNIT_SOCIAL_H

#include "app/flow/social.h"
#include "t/fake/world_social.h"
#include "t/unit/flows.h"

#define PAGE "https://app.example/in"

static struct social_started started;
static struct social_finished done;
static const char *return_to;

static const struct identity ANN = {"https://p.example", "ann", "ann@example.com", true};
static const struct social_identity ANNS = {"google", "https://p.example", "ann",
					    "ann@example.com"};

static inline void setup_social(void)
{
	setup();
	world_social = (struct world_social){.who = ANN};
	return_to = NULL;
	done = (struct social_finished){0};
}

static inline enum err start_at(const char *provider, const char *page,
				const struct caller *who_links)
{
	return social_start(c, &(struct social_start){provider, page, false, who_links},
			    &started);
}

static inline struct social_callback callback(void)
{
	return (struct social_callback){.provider = "google",
					.state = started.state,
					.browser = started.browser,
					.code = "the code",
					.iss = "https://p.example"};
}

static inline enum err identify(const struct social_callback *in)
{
	return_to = NULL;
	return social_identify(c, in, &return_to);
}

static inline enum err finish_it(const struct social_callback *in)
{
	done = (struct social_finished){0};
	return social_finish(c, in, &done);
}

/* From the beginning to the end */
static inline enum err visit(const char *page, const struct caller *who_links)
{
	struct social_callback in;

	ck_assert_int_eq(start_at("google", page, who_links), ERR_NONE);
	in = callback();
	ck_assert_int_eq(identify(&in), ERR_NONE);
	return finish_it(&in);
}

#endif
