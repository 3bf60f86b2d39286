/* fakes: world world_users world_sessions world_codes world_roles */
#include "app/flow/people.h"
#include "app/flow/roles.h"
#include "t/unit/flows.h"

static struct role role;
static struct page_found found;
static const struct page first = {1, 10};

static enum err page_of_roles(void)
{
	const struct role *rows;

	return roles_page(c, &first, &rows, &found);
}

static enum err page_of_user(void)
{
	const struct role *rows;

	return roles_page_of_user(c, "u", &first, &rows, &found);
}

static enum err look(void)
{
	return roles_look(c, "r", &role);
}

static enum err create(void)
{
	return roles_create(c, "editors", "they edit", &role);
}

static enum err change(void)
{
	return roles_change(c, "r", &(struct role_change){.name = "authors"}, &role);
}

static enum err remove_it(void)
{
	return roles_remove(c, "r");
}

static enum err assign(void)
{
	bool already;

	return roles_assign(c, "u", "r", &already, &role);
}

static enum err withdraw(void)
{
	return roles_withdraw(c, "u", "r");
}

static enum err check(void)
{
	return roles_check(c, "u", "r");
}

static enum err page_of_people(void)
{
	const struct user *rows;

	return people_page(c, &first, &rows, &found);
}

static enum err look_at_user(void)
{
	return people_look(c, user.id, &user);
}

static enum err by_email(void)
{
	const struct email address = email("ann@example.com");

	return people_by_email(c, &address, &user);
}

static enum err by_username(void)
{
	return people_by_username(c, "ann", &user);
}

static enum err activate(void)
{
	return people_set_active(c, user.id, true, &user);
}

START_TEST(each_outcome_of_the_stores)
{
	static const struct {
		const char *accessor;
		enum err (*flow)(void);
		enum err conflict;
	} cases[] = {
		{"roles_list", page_of_roles, ERR_ROLE_EXISTS},
		{"roles_of_user", page_of_user, ERR_ROLE_EXISTS},
		{"roles_find", look, ERR_ROLE_EXISTS},
		{"roles_insert", create, ERR_ROLE_EXISTS},
		{"roles_update", change, ERR_ROLE_EXISTS},
		{"roles_delete", remove_it, ERR_ROLE_EXISTS},
		{"roles_grant", assign, ERR_ROLE_EXISTS},
		{"roles_revoke", withdraw, ERR_ROLE_EXISTS},
		{"roles_held", check, ERR_ROLE_EXISTS},
		{"users_list", page_of_people, ERR_INTERNAL_ERROR},
		{"users_by_id", look_at_user, ERR_INTERNAL_ERROR},
		{"users_by_email", by_email, ERR_INTERNAL_ERROR},
		{"users_by_username", by_username, ERR_INTERNAL_ERROR},
		{"users_set_active", activate, ERR_INTERNAL_ERROR},
	};

	make_user("ann@example.com", "ann");
	world.grant = ROLES_HELD;
	for (size_t i = 0; i < COUNT(cases); i++) {
		tell(NULL, RC_OK);
		ck_assert_int_eq(cases[i].flow(), ERR_NONE);
		tell(cases[i].accessor, RC_DOWN);
		ck_assert_int_eq(cases[i].flow(), ERR_STORE_UNAVAILABLE);
		tell(cases[i].accessor, RC_NONE);
		ck_assert_int_eq(cases[i].flow(), ERR_NOT_FOUND);
		tell(cases[i].accessor, RC_CONFLICT);
		ck_assert_int_eq(cases[i].flow(), cases[i].conflict);
	}
}
END_TEST

START_TEST(names_that_would_be_too_long)
{
	world.grant = ROLES_TOO_MANY;
	ck_assert_int_eq(assign(), ERR_TOO_MANY_ROLES);
	ck_assert_int_eq(change(), ERR_TOO_MANY_ROLES);
	ck_assert_ptr_null(role.name);
}
END_TEST

START_TEST(assigned_anew_or_already)
{
	bool already = true;

	world.role.name = "editors";
	world.grant = ROLES_GRANTED;
	ck_assert_int_eq(roles_assign(c, "u", "r", &already, &role), ERR_NONE);
	ck_assert(!already);
	ck_assert_str_eq(role.name, "editors");
	world.grant = ROLES_HELD;
	ck_assert_int_eq(roles_assign(c, "u", "r", &already, &role), ERR_NONE);
	ck_assert(already);
}
END_TEST

START_TEST(what_is_not_held_cannot_be_taken)
{
	world.grant = ROLES_GRANTED;
	ck_assert_int_eq(withdraw(), ERR_NOT_FOUND);
	ck_assert_int_eq(check(), ERR_NOT_FOUND);
}
END_TEST

START_TEST(deactivated_at_once_and_found_nevertheless)
{
	struct email address;
	const char *id;

	arrive("ann@example.com", "Ann");
	address = email("ANN@example.com");
	id = user.id;
	ck_assert_int_eq(people_set_active(c, id, false, &user), ERR_NONE);
	ck_assert(!user.active);
	ck_assert_int_eq(who(pair.access), ERR_TOKEN_REFUSED);
	ck_assert_uint_eq(world.n_ended, 1);
	ck_assert_str_eq(world.ended[0].what, id);
	ck_assert_int_eq(people_look(c, id, &user), ERR_NONE);
	ck_assert_int_eq(people_by_email(c, &address, &user), ERR_NONE);
	ck_assert_int_eq(people_by_username(c, "aNN", &user), ERR_NONE);
	ck_assert(!user.active);
	ck_assert_str_eq(user.id, id);
}
END_TEST

/* Redis may not have heard it the first time. */
START_TEST(deactivated_again)
{
	arrive("ann@example.com", "ann");
	world.redis_down = true;
	ck_assert_int_eq(people_set_active(c, user.id, false, &user), ERR_NONE);
	ck_assert_uint_eq(world.n_ended, 0);
	world.redis_down = false;
	ck_assert_int_eq(people_set_active(c, user.id, false, &user), ERR_NONE);
	ck_assert_uint_eq(world.n_ended, 1);
	ck_assert_int_eq(user.epoch, 1);
}
END_TEST

START_TEST(activated_without_its_old_sessions)
{
	arrive("ann@example.com", "ann");
	ck_assert_int_eq(people_set_active(c, user.id, false, &user), ERR_NONE);
	ck_assert_int_eq(people_set_active(c, user.id, true, &user), ERR_NONE);
	ck_assert(user.active);
	ck_assert_int_eq(who(pair.access), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	ck_assert_uint_eq(world.n_ended, 1);
}
END_TEST

START_TEST(people_are_listed_the_newest_first)
{
	const struct user *rows;

	make_user("ann@example.com", "ann");
	make_user("bob@example.com", "bob");
	make_user("eve@example.com", "eve");
	ck_assert_int_eq(people_page(c, &(struct page){1, 2}, &rows, &found), ERR_NONE);
	ck_assert_int_eq(found.total, 3);
	ck_assert_uint_eq(found.n, 2);
	ck_assert_str_eq(rows[0].username, "eve");
	ck_assert_int_eq(people_page(c, &(struct page){2, 2}, &rows, &found), ERR_NONE);
	ck_assert_uint_eq(found.n, 1);
	ck_assert_str_eq(rows[0].username, "ann");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		each_outcome_of_the_stores,
		names_that_would_be_too_long,
		assigned_anew_or_already,
		what_is_not_held_cannot_be_taken,
		deactivated_at_once_and_found_nevertheless,
		deactivated_again,
		activated_without_its_old_sessions,
		people_are_listed_the_newest_first,
	};

	return unit_run("flow: roles and people", tests, COUNT(tests), setup, world_end);
}
