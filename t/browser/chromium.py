"""Debian's Chromium, headless, driven by its ChromeDriver."""

import base64
import hashlib
import os
import shutil
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from lib.stack import ROOT

FAILURES = os.path.join(ROOT, "var", "browser")
FLAGS = ("--headless=new", "--no-proxy-server", "--window-size=1200,1000",
         # nothing but this host is to be reached
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1")


def _key_hash(cert):
    """What --ignore-certificate-errors-spki-list takes, of a certificate's file."""
    with open(cert, "rb") as file:
        key = x509.load_pem_x509_certificate(file.read()).public_key()
    return base64.b64encode(hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()).decode()


class Chromium(Chrome):
    """One person's: a profile of its own. Besides what is well known it trusts the certificate
    of that file, and no other. An element is named by a CSS selector."""

    def __init__(self, cert):
        self.profile = tempfile.mkdtemp(prefix="lk-chromium-", dir="/tmp")
        options = ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        for flag in (*FLAGS, "--user-data-dir=" + self.profile,
                     "--ignore-certificate-errors-spki-list=" + _key_hash(cert)):
            options.add_argument(flag)
        if os.getuid() == 0:
            options.add_argument("--no-sandbox")
        try:
            super().__init__(options=options, service=Service("/usr/bin/chromedriver"))
        except BaseException:
            shutil.rmtree(self.profile, ignore_errors=True)
            raise

    def quit(self):
        super().quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def clean(self):
        """One empty tab, nothing remembered."""
        old = self.window_handles
        self.switch_to.window(old[0])
        self.switch_to.new_window("tab")
        fresh = self.current_window_handle
        for tab in old:
            self.switch_to.window(tab)
            self.close()
        self.switch_to.window(fresh)
        self.execute_cdp_cmd("Storage.clearCookies", {})
        self.execute_cdp_cmd("Network.clearBrowserCache", {})
        self.get_log("browser")

    def keep(self, name):
        """A picture and the text of the page, for whoever looks into a failure."""
        os.makedirs(FAILURES, exist_ok=True)
        path = os.path.join(FAILURES, name)
        self.save_screenshot(path + ".png")
        with open(path + ".txt", "w") as file:
            print(self.current_url, self.page_source, *self.get_log("browser"), sep="\n", file=file)

    # what its user sees and does

    def until(self, what, message="it did not come", seconds=10):
        """The first true value of what(). Where a page gives way to the next, the driver has several
        errors for what went away: it is looked for again."""
        wait = WebDriverWait(self, seconds, poll_frequency=0.03, ignored_exceptions=[WebDriverException])
        try:
            return wait.until(lambda _: what())
        except TimeoutException as problem:
            raise AssertionError(f"{message} within {seconds} s, at {self.current_url}") from problem

    def all(self, selector):
        return self.find_elements(By.CSS_SELECTOR, selector)

    def see(self, selector):
        """The element, once it can be seen."""
        return self.until(lambda: next((e for e in self.all(selector) if e.is_displayed()), None),
                          f"{selector} was not seen")

    def texts(self, selector):
        return self.execute_script("return [...document.querySelectorAll(arguments[0])].map(it => it.innerText.trim())",
                                   selector)

    def text(self, selector="body"):
        """The first one's, once there is one."""
        return self.until(lambda: next(filter(None, self.texts(selector)), None), f"{selector} has no text")

    def says(self, selector, text):
        """Waits until the element's text has that in it."""
        said = []

        def found():
            said[:] = self.texts(selector)
            return any(text in words for words in said)

        try:
            self.until(found)
        except AssertionError as problem:
            raise AssertionError(f"{selector} says {said}, not {text!r}: {problem}") from problem

    def press(self, selector):
        self.see(selector).click()

    def fill(self, selector, text):
        field = self.see(selector)
        field.clear()
        field.send_keys(text)

    def tab(self, url):
        """Opens a page in a tab of its own: its handle."""
        self.switch_to.new_window("tab")
        self.get(url)
        return self.current_window_handle

    # what it keeps

    def cookies(self, prefix=""):
        """{name: cookie} of all hosts and paths, as the browser has them."""
        found = self.execute_cdp_cmd("Storage.getCookies", {})["cookies"]
        return {cookie["name"]: cookie for cookie in found if cookie["name"].startswith(prefix)}

    def complaints(self):
        """Errors in the console since this was last asked, such as what a policy forbade."""
        return [entry["message"] for entry in self.get_log("browser")
                if entry["level"] == "SEVERE" and "/favicon.ico - " not in entry["message"]]
