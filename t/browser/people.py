"""What people do at the pages of t/browser/pages, and what they see."""


def at_page(browser, url):
    browser.get(url)
    browser.says("#who", "nobody")


def at_application(browser, origin):
    at_page(browser, origin + "/app.html")


def at_provider(browser):
    browser.see("button[value=deny]")


def answer(browser, who):
    """At a provider's page: yes as that person, or None: no."""
    at_provider(browser)
    if who:
        browser.fill("input[name=login]", who.sub)
    browser.press(f"button[value={'login' if who else 'deny'}]")


def sign_in(browser, provider, who):
    """The user's id."""
    browser.press("#in-" + provider)
    answer(browser, who)
    browser.says("#who", who.email)
    return browser.text("#id")


def sign_in_by_password(browser, user):
    browser.fill("#password [name=login]", user.email)
    browser.fill("#password [name=password]", user.password)
    browser.press("#password button")
    browser.says("#who", user.email)


def sign_out(browser):
    browser.press("#out button")
    browser.says("#who", "nobody")


def link(browser, provider, who):
    browser.press("#link-" + provider)
    answer(browser, who)


def unlink(browser, provider):
    browser.press(f"#accounts button[value={provider}]")


def has_accounts(browser, *expected):
    """Waits until exactly these are listed, each as (provider, person)."""
    wanted = sorted(f"{provider} {who.email} Unlink" for provider, who in expected)
    browser.until(lambda: sorted(browser.texts("#accounts li")) == wanted,
                  f"the accounts are not {wanted}")


def nobody_is_in(browser, error):
    browser.says("#error", error)
    browser.says("#who", "nobody")


def refused_at_home(browser, world, code):
    """The service itself says no, in the page's place."""
    browser.says("body", f'"code":"{code}"')
    assert browser.current_url.startswith(world.api + "/"), browser.current_url
