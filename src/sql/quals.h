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

extern List *imagecat_read_qual(const ImageTable *table, Index relid,
								Expr *clause, List **values);
extern List *imagecat_qual_filters(const ImageTable *table, const char *server,
								   const List *quals, const List *values,
								   const List *states, ExprContext *econtext,
								   bool executing, bool *exact, bool *contradiction);

#endif							/* IMAGECAT_QUALS_H */
