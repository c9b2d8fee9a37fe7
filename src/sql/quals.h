/*-------------------------------------------------------------------------
 *
 * quals.h
 *	  From SQL quals to filters.
 *
 *	  A qual is read when the query is planned, into Nodes that survive in
 *	  fdw_private; it becomes filters when execution knows its values.
 *
 * src/sql/quals.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_QUALS_H
#define IMAGECAT_QUALS_H

#include "filter/filter.h"
#include "nodes/execnodes.h"
#include "nodes/pathnodes.h"
#include "sql/table.h"

/* How a qual's value becomes filters. */
typedef enum QualForm
{
	QUAL_SCALAR,				/* one filter on one value */
	QUAL_SAME,					/* likewise; NULL equals NULL */
	QUAL_ANY,					/* an array: one filter, FILTER_IN */
	QUAL_ALL,					/* an array: a filter for each element */
	QUAL_OBJECT,				/* a jsonb object: one for each member */
	QUAL_PATTERN,				/* of LIKE: a text that is contained */
	QUAL_PREFIX,				/* what the text begins with */
	QUAL_DAY,					/* a date: the times that have it */
	QUAL_PLAIN,					/* no value: FILTER_NULL, FILTER_NOT_NULL */
	QUAL_OR						/* branches: lists of quals */
} QualForm;

/* The items of a qual in fdw_private; its value is in the list of values. */
enum QualItem
{
	QUAL_FORM,
	QUAL_EXACT,					/* it says all that the clause does */
	QUAL_OP,
	QUAL_TYPE,
	QUAL_COLUMN,				/* index of the attribute */
	QUAL_MEMBER,				/* NULL for none */
	QUAL_PROPERTY,
	QUAL_BRANCHES = QUAL_OP		/* QUAL_OR has these instead of the rest */
};

/* quals.c */
extern List *imagecat_read_qual(const ImageTable *table, Index relid,
								Expr *clause, List **values);
extern bool imagecat_qual_is_exact(const List *qual);


/* qual_values.c */
extern int	imagecat_qual_values(const List *qual);
extern List *imagecat_qual_filters(const ImageTable *table, const char *server,
								   const List *quals, const List *values,
								   const List *states, ExprContext *econtext,
								   bool executing, bool *exact, bool *contradiction);

#endif							/* IMAGECAT_QUALS_H */
