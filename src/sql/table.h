/*-------------------------------------------------------------------------
 *
 * table.h
 *	  A foreign table: what its columns show.
 *
 * src/sql/table.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_TABLE_H
#define IMAGECAT_TABLE_H

#include "access/tupdesc.h"
#include "row/columns.h"
#include "scan/service.h"

typedef struct ImageTable
{
	const Dialect *dialect;		/* NULL: api local */
	bool		native;
	TupleDesc	desc;
	ColumnSource *sources;		/* one for each attribute; of a local table
								 * only member is set: the relation's column */
} ImageTable;

extern ImageTable *imagecat_table(Oid relid, const Dialect *dialect);

#endif							/* IMAGECAT_TABLE_H */
