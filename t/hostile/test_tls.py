"""testssl.sh at the server of conf/nginx/latchkey-server.conf: nothing of severity MEDIUM or worse."""

import json
import subprocess

from lib.stack import own_stack

lk = own_stack()

SEVERE = ("MEDIUM", "HIGH", "CRITICAL")
# What a certificate that signs itself must have, by testssl's ids
OF_THE_CERTIFICATE = {
    "cert_chain_of_trust": "no authority has signed it",
    "cert_revocation": "it has neither CRL nor OCSP, for there is no authority",
    "cert_trust": "the name is localhost",
    "DNS_CAArecord": "localhost has no DNS",
    "overall_grade": "sums those up", "grade_cap_reason_1": "sums those up",
}
SECONDS = 600
# Protocols, kinds of ciphers, forward secrecy, preference, server's defaults, headers, holes; not
# the eighty clients that it can play, which say nothing of severity
LOOKS = ["-p", "-s", "-f", "-P", "-S", "-h", "-U"]


def test_tls(lk, proof, tmp_path):
    out = tmp_path / "out.json"
    done = subprocess.run(["testssl", "--jsonfile", str(out), "--quiet", "--color", "0", "--warnings", "batch", "--nodns", "none",
                           *LOOKS, "--ip", "127.0.0.1", f"localhost:{lk.port}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=SECONDS)
    with open(out) as file:
        findings = json.load(file)
    ids = {finding["id"]: finding for finding in findings}
    assert len(findings) > 80 and "heartbleed" in ids and "HSTS_time" in ids, done.stdout[-3000:]
    offered = {name: ids[name]["finding"] for name in ("SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3")}
    only = all(said.startswith("offered") == (name in ("TLS1_2", "TLS1_3")) for name, said in offered.items())
    assert proof.claim("TLS 1.2 and 1.3 and no other", "; ".join(f"{k}: {v}" for k, v in offered.items()), "these two", only)
    severe = [finding for finding in findings if finding["severity"] in SEVERE]
    excused = [finding for finding in severe if finding["id"] in OF_THE_CERTIFICATE]
    left = [(finding["id"], finding["severity"], finding["finding"]) for finding in severe if finding not in excused]
    trouble = [finding["id"] for finding in findings if finding["severity"] in ("WARN", "FATAL")]
    figure = (f"{len(left)} of {len(findings)} findings; not counted, of the test's certificate: "
              + ", ".join(f"{f['id']} ({OF_THE_CERTIFICATE[f['id']]})" for f in excused)
              + (f"; could not be tested: {', '.join(trouble)}" if trouble else ""))
    assert proof.claim("testssl.sh finds nothing of MEDIUM or worse", figure, "0", not left), left
