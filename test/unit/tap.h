/*-------------------------------------------------------------------------
 *
 * tap.h
 *	  The Test Anything Protocol, as far as our unit tests speak it.
 *
 * test/unit/tap.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_TAP_H
#define IMAGECAT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int	tap_tests = 0;
static int	tap_failures = 0;

/* Reports one assertion, named by what it proves. */
static inline void __attribute__((format(printf, 2, 3)))
ok(bool passed, const char *name,...)
{
	va_list		arguments;

	tap_tests++;
	if (!passed)
		tap_failures++;
	printf("%s %d - ", passed ? "ok" : "not ok", tap_tests);
	va_start(arguments, name);
	vprintf(name, arguments);
	va_end(arguments);
	printf("\n");
}

/* Like ok(), for two strings (NULL allowed) that are to be the same. */
static inline void __attribute__((format(printf, 3, 4)))
is(const char *got, const char *wanted, const char *name,...)
{
	va_list		arguments;
	char		text[256];
	bool		same = got == wanted;

	if (got != NULL && wanted != NULL)
		same = strcmp(got, wanted) == 0;
	va_start(arguments, name);
	vsnprintf(text, sizeof(text), name, arguments);
	va_end(arguments);
	ok(same, "%s", text);
	if (!same)
		printf("#      got: %s\n#   wanted: %s\n", got ? got : "(null)",
			   wanted ? wanted : "(null)");
}

/* Prints the plan; the exit status for main(). */
static inline int
tap_done(void)
{
	printf("1..%d\n", tap_tests);
	return tap_failures > 0;
}

#endif							/* IMAGECAT_TAP_H */
