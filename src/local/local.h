/*-------------------------------------------------------------------------
 *
 * local.h
 *	  Images from a table or view of this database.
 *
 * src/local/local.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_LOCAL_H
#define IMAGECAT_LOCAL_H

#include "postgres.h"

#include "executor/tuptable.h"
#include "filter/filter.h"

/* A column of the result, and the relation's column that it shows. */
typedef struct LocalColumn
{
	const char *name;			/* of the result; filters name it */
	const char *member;			/* the relation's column */
	const char *otherwise;		/* text where the relation lacks it, or NULL */
	Oid			typid;			/* of the result */
	int32		typmod;
	bool		wanted;			/* else only a filter may be on it */
} LocalColumn;

typedef struct LocalQuery
{
	char	   *sql;
	int			nparams;
	Oid		   *types;
	Datum	   *values;
} LocalQuery;

typedef struct LocalScan LocalScan;

extern Oid	imagecat_local_relation(const char *server, const char *name);
extern LocalQuery *imagecat_local_query(Oid relid, const List *columns,
										const List *filters, const char *order,
										int64 limit, bool for_display);
extern LocalScan *imagecat_local_begin(const LocalQuery *query, Oid userid);
extern TupleTableSlot *imagecat_local_next(LocalScan *scan);
extern void imagecat_local_end(LocalScan *scan);

#endif							/* IMAGECAT_LOCAL_H */
