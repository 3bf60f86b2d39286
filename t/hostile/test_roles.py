"""What the tests of t/api and the lint hold the stores' roles, the answers and the programs to, counted."""

import collections
import os
import subprocess
import sys
import xml.etree.ElementTree as tree

import pytest
from lib.stack import ROOT, built

# (file of t/api, its test, claim)
COUNTED = {
    "test_roles_db.py": {
        "test_refused": "What a role of the service may not do in PostgreSQL is refused with 42501",
        "test_allowed": "What it must do it may",
        "test_no_role_is_mighty": "No role is superuser, makes roles or databases, or passes by row security",
        "test_redis_refuses": "Redis refuses its user commands and keys that are not the service's (NOPERM)",
        "test_redis_refuses_inside_a_script": "… inside a script too"},
    "test_secrets.py": {
        "test_no_core": "No process of the service can leave a core",
        "test_command_lines_and_environment": "No secret is in a command line or an environment",
        "test_open_key_file_is_refused": "A key file that others may read is refused",
        "test_answers_do_not_echo": "What is refused for its form is not repeated"},
    "test_enumeration.py": {
        "test_register_1": "Registering, somebody and nobody: bytes, headers, statements, Redis' commands, letters alike",
        "test_recover_1": "Recovering: the same",
        "test_login": "A login that fails: the same, and one hash"},
}


@pytest.mark.parametrize("name", COUNTED)
def test_counted(proof, tmp_path, name):
    report = tmp_path / "report.xml"
    subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}",
                    os.path.join(ROOT, "t/api", name)], stdout=subprocess.DEVNULL, timeout=400,
                   env={**os.environ, "BUILD": built()})
    counts = {test: collections.Counter() for test in COUNTED[name]}
    for case in tree.parse(report).getroot().iter("testcase"):
        bad = any(case.find(kind) is not None for kind in ("failure", "error", "skipped"))
        counts.get(case.get("name").split("[")[0], collections.Counter())["failed" if bad else "passed"] += 1
    for test, claim in COUNTED[name].items():
        passed, failed = counts[test]["passed"], counts[test]["failed"]
        proof.claim(claim, f"{passed} of {passed + failed}", "all", passed > 0 and failed == 0)
    assert all(count["passed"] and not count["failed"] for count in counts.values()), counts


def test_hardening(proof):
    programs = [os.path.join(built(), name) for name in ("latchkeyd", "latchkeyctl")]
    done = subprocess.run([os.path.join(ROOT, "t/lint/hardening"), *programs], capture_output=True, text=True)
    assert proof.claim("Both programs: PIE, full RELRO, no executable stack, stack protector, fortify, control-flow protection",
                       (done.stderr or done.stdout).strip(), "nothing wrong", done.returncode == 0), done
