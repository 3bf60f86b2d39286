/* Password hashes that other systems made, for accounts that come from them: each is good
 * until its owner's first login, which replaces it by one of pwhash's. The one user of
 * libcrypt.
 *
 *   $2a$ $2b$ $2y$                bcrypt, cost 4 .. 15
 *   $5$ $6$                       SHA-crypt, 1000 .. 1,000,000 rounds
 *   $y$j                          yescrypt as crypt_gensalt(3) sets it, up to 256 MiB
 *   $P$ $H$                       phpass (WordPress, phpBB), up to 2^20 rounds
 *   pbkdf2:sha256:N$salt$hex      Werkzeug; sha1 and sha512, too; N up to 5,000,000
 *   scrypt:N:r:p$salt$hex         Werkzeug; up to 256 MiB, N r p up to 2^22
 *   pbkdf2_sha256$N$salt$base64   Django; pbkdf2_sha1, too; N up to 5,000,000
 *   bcrypt$$2b$                   Django; $2a$ and $2y$, too
 *   bcrypt_sha256$$2b$            Django; likewise
 *   {SSHA} {SSHA256} {SSHA512}    LDAP
 *
 * Django's argon2$argon2id$ is none of these: without its first six characters, "argon2",
 * it is a hash of pwhash's. Werkzeug's pbkdf2 without N is refused: Werkzeug writes
 * it, and which one its absence would mean differs between releases. */
#ifndef LIB_FOREIGN_H
#define LIB_FOREIGN_H

#include "lib/pwhash.h"

/* Whether it is one of the forms, complete, within the bounds. No hash is done. */
bool foreign_known(const char *hash) MUST_USE;

/* Of one thread at a time; 64 KiB of memory are kept between calls, wiped. MISMATCH
 * without any work: a NULL or unknown hash, a password over 1024 bytes, or over 511 for
 * SHA-crypt and yescrypt, whose library has that limit. What it costs is the hash's own:
 * by its time a caller can tell such an account from one that pwhash serves.
 *
 * The password is taken byte for byte, and others did not normalise theirs. Try it as it
 * was typed, then, where that differs, its NFC form: each is a hash.
 * bcrypt sees 72 bytes of it; what is upgraded is then the password typed, as a whole,
 * which need not be the owner's beyond them. Django's bcrypt_sha256 sees all. */
enum pwhash_verdict foreign_check(const char *hash, const char *password) MUST_USE;

#endif
