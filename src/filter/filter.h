/*-------------------------------------------------------------------------
 *
 * filter.h
 *	  The filter language: what SQL quals and list_images' arguments have in
 *	  common.
 *
 *	  A list of filters is a conjunction.  A filter becomes a query parameter
 *	  (dialect/params.c), a WHERE clause (local/query.c) or a test on a row
 *	  (imagecat_filter_matches).
 *
 * src/filter/filter.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_FILTER_H
#define IMAGECAT_FILTER_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

typedef enum FilterOp
{
	FILTER_EQ,
	FILTER_NE,
	FILTER_LT,
	FILTER_LE,
	FILTER_GT,
	FILTER_GE,
	FILTER_IN,					/* equals one of the values */
	FILTER_HAS,					/* an array that contains the value */
	FILTER_CONTAINS,			/* a text that contains the value */
	FILTER_DISTINCT,			/* differs from the value, or is NULL */
	FILTER_NULL,				/* no value; so the next two */
	FILTER_NOT_NULL,
	FILTER_OR					/* one of the branches holds; no column */
} FilterOp;

typedef enum FilterType
{
	FILTER_TEXT,
	FILTER_INTEGER,
	FILTER_BOOLEAN,
	FILTER_TIME
} FilterType;

/* One value; which member holds it is told by the filter's type. */
typedef union FilterValue
{
	const char *text;
	int64		integer;
	bool		boolean;
	TimestampTz time;
} FilterValue;

typedef struct Filter
{
	FilterOp	op;
	FilterType	type;
	const char *column;			/* SQL column that shows it, or NULL */
	const char *member;			/* the service's own name, or NULL */
	bool		property;		/* a custom property: column is jsonb, the
								 * filter is on its member, as text */
	const char *path;			/* JSON pointer into that column, where it is
								 * not the member itself; or NULL */
	int			nvalues;		/* one, but for FILTER_IN */
	FilterValue *values;
	List	   *branches;		/* FILTER_OR: lists of Filters, which are
								 * conjunctions */
	const char *unknown;		/* EXPLAIN's word for a value that only
								 * execution knows; values is NULL then */
} Filter;

extern Filter *imagecat_filter(FilterOp op, FilterType type,
							   const char *column, const char *member,
							   int nvalues);
extern Filter *imagecat_filter_text(FilterOp op, const char *column,
									const char *member, const char *value);
extern List *imagecat_filter_path(const Filter *filter);
extern bool imagecat_value_passes(const Filter *filter, const FilterValue *value);
extern bool imagecat_filter_matches(const Filter *filter, Datum value,
									bool isnull, Oid typid);
extern bool imagecat_filter_is_known(const Filter *filter);

/* simplify.c */
extern bool imagecat_same_operand(const Filter *a, const Filter *b);
extern List *imagecat_simplify_filters(const List *filters, bool *contradiction);
extern Filter *imagecat_filter_any(const List *branches);

/* operators.c: arguments written in the APIs' syntax */
extern Filter *imagecat_parse_text_filter(const char *argument,
										  const char *text, bool has_tilde);
extern Filter *imagecat_parse_time_filter(const char *argument,
										  const char *text);

/* isotime.c */
extern bool imagecat_parse_time(const char *text, size_t length,
								TimestampTz *time);
extern const char *imagecat_format_time(TimestampTz time);

#endif							/* IMAGECAT_FILTER_H */
