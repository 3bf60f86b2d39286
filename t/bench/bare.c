/* The floor below every FastCGI service: libfcgi alone, prefork, with the answer of
 * /health/live and nothing else.
 *
 *	bare SOCKET WORKERS
 */
#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BACKLOG = 4096 }; /* as [server] backlog */

static const char ANSWER[] = "Status: 200\r\n"
			     "X-Request-Id: 00000000000000000000000000000000\r\n"
			     "Content-Type: application/json\r\n"
			     "Content-Length: 15\r\n"
			     "Cache-Control: no-store\r\n"
			     "\r\n"
			     "{\"status\":\"ok\"}";

static void serve(int listening)
{
	FCGX_Request request;

	if (FCGX_InitRequest(&request, listening, 0))
		return;
	while (FCGX_Accept_r(&request) == 0) {
		FCGX_PutStr(ANSWER, sizeof ANSWER - 1, request.out);
		FCGX_Finish_r(&request);
	}
}

int main(int argc, char **argv)
{
	int listening, workers = argc == 3 ? atoi(argv[2]) : 0;

	if (workers < 1) {
		(void)fprintf(stderr, "usage: %s SOCKET WORKERS\n", argv[0]);
		return 2;
	}
	/* As the service does: no wait for the peer to close first */
	setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 1);
	listening = FCGX_Init() ? -1 : FCGX_OpenSocket(argv[1], BACKLOG);
	if (listening < 0 || chmod(argv[1], 0666))
		return 1;
	for (int i = 0; i < workers; i++)
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGTERM);
			serve(listening);
			_exit(1);
		}
	while (wait(NULL) > 0)
		;
	return 1;
}
