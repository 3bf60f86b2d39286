/* What an outside system answered. Public words for it are app/error.def's; the two meet
 * only in flows, in a switch without default. */
#ifndef LIB_RC_H
#define LIB_RC_H

enum rc {
	RC_OK, /* done; rows were found or changed */
	RC_NONE, /* done; nothing was there to find or change */
	RC_CONFLICT, /* refused: it would break a uniqueness rule */
	RC_DOWN, /* no answer, no connection, or one that cannot be used */
};

#endif
