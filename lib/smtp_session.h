/* Inside lib/smtp: the conversation with the server, in a process that exists for it. */
#ifndef LIB_SMTP_SESSION_H
#define LIB_SMTP_SESSION_H

#include "lib/smtp.h"

struct smtp_letter {
	const struct smtp_server *server;
	const char *from, *to, *text;
};

/* Written to `out` at once (less than PIPE_BUF), as soon as it is known. */
struct smtp_answer {
	enum smtp_verdict verdict;
	char why[SMTP_WHY_SIZE];
};

/* Writes one answer and may then go on for long, ending the session. What it takes is
 * only given back by the end of the process. */
void smtp_session_run(const struct smtp_letter *letter, int out);

#endif
