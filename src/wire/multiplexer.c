/*-------------------------------------------------------------------------
 *
 * multiplexer.c
 *	  The backend's one curl multi handle, driven by its latch.
 *
 *	  All of curl's sockets and a timer are collected in one epoll descriptor,
 *	  so that one wait sees the network, the clock and the latch alike: cancel,
 *	  statement_timeout and termination act at once.  It serves an asynchronous
 *	  Append's wait as well.  The handle lives as long as the backend, and with
 *	  it the connections that later scans find still open.
 *
 *	  Scans share the handle, so that a poll for one may bring what another
 *	  waits for: the descriptor is silent then, though something has come.
 *	  Whoever waits therefore says since when it saw nothing, as a count of
 *	  polls that did something.
 *
 * src/wire/multiplexer.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "compat.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "portability/instr_time.h"
#include "storage/fd.h"
#include "storage/latch.h"
#include "wire/multiplexer.h"

#define NEVER	PG_INT64_MAX

/* Sockets that one poll looks after; the next one finds the others. */
#define MAX_EVENTS	64

static CURLM *multi = NULL;
static int	epoll_fd = -1;
static int	timer_fd = -1;
static int64 timer_time = NEVER;	/* when timer_fd wakes, monotonic */
static int64 curl_time = NEVER; /* when curl wants to be called */
static int64 alarm_time = NEVER;	/* when a scan does */
static bool bell = false;		/* wake at once: there is something already */
static uint64 activity = 0;		/* see imagecat_multi_activity */
static int64 waited = 0;		/* see imagecat_multi_waited */
static int64 wait_start = NEVER;	/* of a wait that is under way */
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

/* Has the timer wake when curl or a scan wants that, whichever is first. */
static void
set_timer(void)
{
	int64		time = bell ? 0 : Min(curl_time, alarm_time);
	int64		left;
	struct itimerspec spec = {0};

	if (time == timer_time)
		return;
	timer_time = time;
	if (time != NEVER)
	{
		/* zeros would stop it */
		left = Max(time - imagecat_monotonic_time(), 1);
		spec.it_value.tv_sec = left / USECS_PER_SEC;
		spec.it_value.tv_nsec = left % USECS_PER_SEC * 1000;
	}
	timerfd_settime(timer_fd, 0, &spec, NULL);
}

/* curl tells when it wants to be called at the latest. */
static int
on_timer(CURLM *handle, long timeout, void *arg)
{
	(void) handle;
	(void) arg;
	curl_time = timeout < 0 ? NEVER :
		imagecat_monotonic_time() + (int64) timeout * 1000;
	set_timer();
	return 0;
}

/*
 * Wakes the descriptor at that time, or earlier: who finds nothing then asks
 * again.  A scan that cannot go on has a request under way or sets an alarm.
 */
void
imagecat_multi_alarm(int64 time)
{
	alarm_time = Min(alarm_time, time);
	set_timer();
}

/* Opens the descriptor, with the timer in it; errno tells what failed. */
static bool
open_descriptors(void)
{
	struct epoll_event event = {.events = EPOLLIN};

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	event.data.fd = timer_fd;
	return epoll_fd >= 0 && timer_fd >= 0 &&
		epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &event) == 0;
}

static void
close_descriptor(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	ReleaseExternalFD();
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
		ReserveExternalFD();
		if (!open_descriptors())
		{
			int			problem = errno;

			close_descriptor(&epoll_fd);
			close_descriptor(&timer_fd);
			errno = problem;
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

/* The curl and scan timers that are due; the signals are blocked. */
static void
run_timers(void)
{
	int64		now = imagecat_monotonic_time();
	int			running;

	bell = false;
	if (alarm_time <= now)
	{
		alarm_time = NEVER;
		activity++;
	}
	if (curl_time <= now)
	{
		curl_time = NEVER;
		activity++;
		curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	set_timer();
}

/* A wait that was under way is over. */
static void
end_wait(void)
{
	if (wait_start != NEVER)
		waited += imagecat_monotonic_time() - wait_start;
	wait_start = NEVER;
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
	struct epoll_event events[MAX_EVENTS];
	sigset_t	all;
	sigset_t	previous;
	CURLMsg    *message;
	int			ready;
	int			running;
	int			left;

	end_wait();
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &previous);
	run_timers();
	ready = epoll_wait(epoll_fd, events, lengthof(events), 0);
	for (int i = 0; i < ready; i++)
	{
		int			what = 0;

		if (events[i].data.fd == timer_fd)
		{
			uint64		times;

			/* It went off; what it was for is looked at anew. */
			if (read(timer_fd, &times, sizeof(times)) > 0)
				timer_time = NEVER;
			run_timers();
			continue;
		}
		activity++;
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
 * A count that grows with everything that comes: of the network, and alarms.
 * It is to be asked for before one looks whether there is anything.
 */
uint64
imagecat_multi_activity(void)
{
	return activity;
}

/*
 * Waits until there is something to poll for or the latch is set; not at all
 * if something came since the activity was `seen`.  Acts on interrupts, so it
 * may throw.
 */
void
imagecat_multi_wait(uint64 seen)
{
	int			events;

	if (seen != activity)
		return;
	wait_start = imagecat_monotonic_time();
	events = WaitLatchOrSocket(MyLatch,
							   WL_LATCH_SET | WL_SOCKET_READABLE | WL_EXIT_ON_PM_DEATH,
							   epoll_fd, -1, PG_WAIT_EXTENSION);
	end_wait();
	if (events & WL_LATCH_SET)
		ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

/*
 * The descriptor that is readable when there is something to poll for, so that
 * somebody else can wait for it: at once if anything came since the activity
 * was `seen`.  blocking says that the wait begins now; it counts until the
 * next call of a function here.
 */
int
imagecat_multi_descriptor(uint64 seen, bool blocking)
{
	end_wait();
	bell = bell || seen != activity;
	set_timer();
	if (blocking)
		wait_start = imagecat_monotonic_time();
	return epoll_fd;
}

/*
 * A clock that only goes on while this backend waits: microseconds in all.
 * What is timed with it does not mind a cursor that rests between two fetches.
 */
int64
imagecat_multi_waited(void)
{
	end_wait();
	return waited;
}
