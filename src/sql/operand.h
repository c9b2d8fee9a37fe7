/*-------------------------------------------------------------------------
 *
 * operand.h
 *	  What a qual is about: a column, or a custom property in one.
 *
 * src/sql/operand.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_OPERAND_H
#define IMAGECAT_OPERAND_H

#include "filter/filter.h"
#include "sql/table.h"

typedef struct QualOperand
{
	int			column;			/* index of the attribute */
	const char *member;			/* NULL: none of the service's */
	bool		property;
	FilterType	type;
} QualOperand;

extern Node *imagecat_strip_relabel(Node *node);
extern int	imagecat_column_index(const ImageTable *table, Index relid,
								  Node *node);
extern bool imagecat_column_operand(const ImageTable *table, int index,
									QualOperand *operand);
extern bool imagecat_array_operand(const ImageTable *table, int index,
								   QualOperand *operand);
extern bool imagecat_any_operand(const ImageTable *table, int index,
								 QualOperand *operand);
extern int	imagecat_properties_column(const ImageTable *table, Index relid,
									   Node *node);
extern bool imagecat_read_operand(const ImageTable *table, Index relid,
								  Node *node, QualOperand *operand);
extern bool imagecat_is_property_key(const ImageTable *table, const char *key);

#endif							/* IMAGECAT_OPERAND_H */
