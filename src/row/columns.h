/*-------------------------------------------------------------------------
 *
 * columns.h
 *	  What a column of an image table shows.
 *
 * src/row/columns.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_COLUMNS_H
#define IMAGECAT_COLUMNS_H

#include "dialect/dialect.h"

typedef enum ColumnKind
{
	COLUMN_NONE,				/* nothing of this API: NULL */
	COLUMN_SOURCE,				/* the foreign server's name */
	COLUMN_MEMBER,				/* a member of the image object */
	COLUMN_PROPERTIES,			/* all members that no column shows */
	COLUMN_DOCUMENT				/* the whole object */
} ColumnKind;

typedef struct ColumnSource
{
	ColumnKind	kind;
	const char *member;			/* COLUMN_MEMBER: its name */
	const char *pointer;		/* JSON pointer from there on, or NULL */
	const DialectField *field;	/* NULL: a custom property, or a pointer */
	bool		canonical;		/* shown in the words of canonical columns */
} ColumnSource;

extern ColumnSource imagecat_column_source(const Dialect *dialect, bool native,
										   const char *column,
										   const char *field_option);
extern bool imagecat_is_canonical(const char *column);
extern bool imagecat_field_is_shown(const DialectField *field, bool native);

#endif							/* IMAGECAT_COLUMNS_H */
