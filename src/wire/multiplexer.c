/*-------------------------------------------------------------------------
 *
 * multiplexer.c
 *	  The backend's one curl multi handle, driven by its latch.
 *
 *	  All of curl's sockets are collected in one epoll descriptor, so that one
 *	  wait sees the network and the latch alike: cancel, statement_timeout and
 *	  termination act at once.  The handle lives as long as the backend, and
 *	  with it the connections that later scans find still open.
 *
 * src/wire/multiplexer.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "compat.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "portability/instr_time.h"
#include "storage/fd.h"
#include "storage/latch.h"
#include "wire/multiplexer.h"

#define NO_TIMER	(-1)

static CURLM *multi = NULL;
static int	epoll_fd = -1;
static int64 timer = NO_TIMER;	/* when curl wants to be called, monotonic */
static TransferEnded transfer_ended;

/* Microseconds that only go forward. */
int64
imagecat_monotonic_time(void)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	return (int64) INSTR_TIME_GET_MICROSEC(now);
}

/* curl tells which sockets to watch, and for what. */
static int
on_socket(CURL *transfer, curl_socket_t fd, int what, void *arg, void *known)
{
	struct epoll_event event = {0};

	(void) transfer;
	(void) arg;
	event.data.fd = fd;
	if (what & CURL_POLL_IN)
		event.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		event.events |= EPOLLOUT;
	if (what == CURL_POLL_REMOVE)
	{
		epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		curl_multi_assign(multi, fd, NULL);
		return 0;
	}
	if (epoll_ctl(epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) < 0)
		return -1;
	curl_multi_assign(multi, fd, multi);	/* anything but NULL: it is known */
	return 0;
}

/* curl tells when it wants to be called at the latest. */
static int
on_timer(CURLM *handle, long timeout, void *arg)
{
	(void) handle;
	(void) arg;
	timer = timeout < 0 ? NO_TIMER :
		imagecat_monotonic_time() + (int64) timeout * 1000;
	return 0;
}

/*
 * The multi handle, made at the first call.  ended is told of each transfer
 * that has come to its end.
 */
CURLM *
imagecat_multi(TransferEnded ended)
{
	CURLM	   *handle;

	if (multi != NULL)
		return multi;

	transfer_ended = ended;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OUT_OF_MEMORY),
				 errmsg("could not initialize libcurl")));
	if (epoll_fd < 0)
	{
		ReserveExternalFD();
		epoll_fd = epoll_create1(EPOLL_CLOEXEC);
		if (epoll_fd < 0)
		{
			ReleaseExternalFD();
			ereport(ERROR,
					(errcode_for_socket_access(),
					 errmsg("could not create an epoll descriptor: %m")));
		}
	}
	handle = curl_multi_init();
	if (handle == NULL ||
		curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, on_socket) != CURLM_OK ||
		curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, on_timer) != CURLM_OK)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OUT_OF_MEMORY),
				 errmsg("could not create a curl multi handle")));
	multi = handle;
	return multi;
}

/*
 * Lets curl do what can be done without waiting.
 *
 * Signals are blocked meanwhile: a thread that curl starts, to resolve a
 * name, inherits that and so never runs one of PostgreSQL's handlers.
 */
void
imagecat_multi_poll(void)
{
	struct epoll_event events[16];
	sigset_t	all;
	sigset_t	previous;
	CURLMsg    *message;
	int			ready;
	int			running;
	int			left;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &previous);
	if (timer != NO_TIMER && timer <= imagecat_monotonic_time())
	{
		timer = NO_TIMER;
		curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	ready = epoll_wait(epoll_fd, events, lengthof(events), 0);
	for (int i = 0; i < ready; i++)
	{
		int			what = 0;

		if (events[i].events & EPOLLIN)
			what |= CURL_CSELECT_IN;
		if (events[i].events & EPOLLOUT)
			what |= CURL_CSELECT_OUT;
		if (events[i].events & (EPOLLERR | EPOLLHUP))
			what |= CURL_CSELECT_ERR;
		curl_multi_socket_action(multi, events[i].data.fd, what, &running);
	}
	while ((message = curl_multi_info_read(multi, &left)) != NULL)
		if (message->msg == CURLMSG_DONE)
			transfer_ended(message->easy_handle, message->data.result);
	pthread_sigmask(SIG_SETMASK, &previous, NULL);
}

/*
 * Waits until curl has something to do, the latch is set or timeout
 * milliseconds are over.  Acts on interrupts, so it may throw.
 */
void
imagecat_multi_wait(long timeout)
{
	int			events;

	if (timer != NO_TIMER)
	{
		int64		left = (timer - imagecat_monotonic_time() + 999) / 1000;

		timeout = Min(timeout, Max(left, 0));
	}
	events = WaitLatchOrSocket(MyLatch,
							   WL_LATCH_SET | WL_SOCKET_READABLE | WL_TIMEOUT |
							   WL_EXIT_ON_PM_DEATH,
							   epoll_fd, timeout, PG_WAIT_EXTENSION);
	if (events & WL_LATCH_SET)
		ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}
