/*-------------------------------------------------------------------------
 *
 * operand.c
 *	  What a qual is about: a column whose type agrees with what the service
 *	  sends, or a custom property.
 *
 * src/sql/operand.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "sql/operand.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

/* The node without the casts that leave its bytes alone. */
Node *
imagecat_strip_relabel(Node *node)
{
	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node;
}

/* The type of filter values for a column's type; false if there is none. */
static bool
filter_type(Oid typid, FilterType *type)
{
	switch (typid)
	{
		case TEXTOID:
		case VARCHAROID:
		case UUIDOID:
			*type = FILTER_TEXT;
			return true;
		case INT2OID:
		case INT4OID:
		case INT8OID:
			*type = FILTER_INTEGER;
			return true;
		case BOOLOID:
			*type = FILTER_BOOLEAN;
			return true;
		case TIMESTAMPTZOID:
		case TIMESTAMPOID:
			*type = FILTER_TIME;
			return true;
		default:
			return false;
	}
}

static FilterType
field_filter_type(FieldType type)
{
	switch (type)
	{
		case FIELD_BIGINT:
		case FIELD_INTEGER:
			return FILTER_INTEGER;
		case FIELD_BOOLEAN:
			return FILTER_BOOLEAN;
		case FIELD_TIME:
			return FILTER_TIME;
		default:
			return FILTER_TEXT;
	}
}

/* The table's column that a node is, if it is one; its index or -1. */
int
imagecat_column_index(const ImageTable *table, Index relid, Node *node)
{
	Var		   *var = (Var *) imagecat_strip_relabel(node);

	if (var == NULL || !IsA(var, Var) || var->varno != relid ||
		var->varlevelsup != 0 || var->varattno <= 0)
		return -1;
	return var->varattno - 1;
}

/* The type of filters on a column that shows a member. */
static FilterType
member_filter_type(const ColumnSource *source)
{
	if (source->field == NULL || (source->canonical && source->field->words != NULL))
		return FILTER_TEXT;
	return field_filter_type(source->field->type);
}

/* A JSON pointer to one of the custom properties, where an object holds these. */
static bool
property_path(const ImageTable *table, const ColumnSource *source,
			  QualOperand *operand)
{
	const char *object = table->dialect->property_object;

	if (operand->type != FILTER_TEXT || object == NULL ||
		strcmp(source->member, object) != 0 ||
		strpbrk(source->pointer + 1, "/~") != NULL)
		return false;
	operand->property = true;
	operand->member = source->pointer + 1;
	return true;
}

/*
 * A column whose type agrees with what the service sends, so that equal in
 * SQL means equal there.
 */
bool
imagecat_column_operand(const ImageTable *table, int index, QualOperand *operand)
{
	Oid			typid = TupleDescAttr(table->desc, index)->atttypid;
	const ColumnSource *source = &table->sources[index];

	if (!filter_type(typid, &operand->type))
		return false;
	operand->property = false;
	operand->column = index;
	operand->member = NULL;
	if (table->dialect == NULL)
		return true;
	switch (source->kind)
	{
		case COLUMN_NONE:
			return true;
		case COLUMN_SOURCE:
			return operand->type == FILTER_TEXT;
		case COLUMN_MEMBER:
			if (source->field == NULL && source->pointer != NULL)
				return property_path(table, source, operand);
			if (operand->type != member_filter_type(source))
				return false;
			if (source->field != NULL && source->field->type == FIELD_JSON)
				return false;
			/* A uuid has many spellings; ids of services have the usual one. */
			if (typid == UUIDOID &&
				strcmp(source->member, table->dialect->id_member) != 0)
				return false;
			operand->member = source->field ? source->field->member : source->member;
			return true;
		default:
			return false;
	}
}

/* An array of texts: the elements are what the filter is about. */
bool
imagecat_array_operand(const ImageTable *table, int index, QualOperand *operand)
{
	const ColumnSource *source = &table->sources[index];

	if (TupleDescAttr(table->desc, index)->atttypid != TEXTARRAYOID)
		return false;
	operand->type = FILTER_TEXT;
	operand->property = false;
	operand->column = index;
	operand->member = NULL;
	if (table->dialect == NULL || source->kind == COLUMN_NONE)
		return true;
	operand->member = source->member;
	return source->kind == COLUMN_MEMBER && source->pointer == NULL &&
		source->field != NULL && source->field->type == FIELD_TEXT_ARRAY;
}

/*
 * A column of any type, for tests of NULL alone.  Its member is left out where
 * it is only a part of one.
 */
bool
imagecat_any_operand(const ImageTable *table, int index, QualOperand *operand)
{
	const ColumnSource *source = &table->sources[index];

	if (!filter_type(TupleDescAttr(table->desc, index)->atttypid, &operand->type))
		operand->type = FILTER_TEXT;
	operand->property = false;
	operand->column = index;
	operand->member = NULL;
	if (table->dialect != NULL && source->kind == COLUMN_MEMBER &&
		source->pointer == NULL)
		operand->member = source->member;
	return table->dialect == NULL ||
		(source->kind != COLUMN_PROPERTIES && source->kind != COLUMN_DOCUMENT);
}

/*
 * Whether a filter can be on this member of the column properties, which has
 * only what no column shows.
 */
bool
imagecat_is_property_key(const ImageTable *table, const char *key)
{
	const DialectField *field = table->dialect && table->dialect->property_object == NULL ?
	imagecat_field(table->dialect, key) : NULL;

	return field == NULL || (field->type == FIELD_TEXT &&
							 !imagecat_field_is_shown(field, table->native));
}

static bool
is_text_const(Node *node, const char *wanted)
{
	Const	   *value = (Const *) imagecat_strip_relabel(node);

	return IsA(value, Const) && !value->constisnull &&
		value->consttype == TEXTOID &&
		strcmp(TextDatumGetCString(value->constvalue), wanted) == 0;
}

/*
 * Whether a node is the jsonb object that has the custom properties as its
 * members: the column properties, or where an object of the image holds them
 * the column that shows this object, or properties -> 'object'.  Gives the
 * column's index, or -1.
 */
int
imagecat_properties_column(const ImageTable *table, Index relid, Node *node)
{
	const char *object = table->dialect ? table->dialect->property_object : NULL;
	int			index = imagecat_column_index(table, relid, node);
	OpExpr	   *op = (OpExpr *) imagecat_strip_relabel(node);
	const ColumnSource *source;

	if (index >= 0)
	{
		source = &table->sources[index];
		if (TupleDescAttr(table->desc, index)->atttypid != JSONBOID)
			return -1;
		if (table->dialect == NULL)
			return index;
		if (object == NULL ? source->kind == COLUMN_PROPERTIES :
			source->kind == COLUMN_MEMBER && source->pointer == NULL &&
			strcmp(source->member, object) == 0)
			return index;
		return -1;
	}
	if (object == NULL || op == NULL || !IsA(op, OpExpr) ||
		get_opcode(op->opno) != F_JSONB_OBJECT_FIELD)
		return -1;
	index = imagecat_column_index(table, relid, linitial(op->args));
	if (index < 0 || table->sources[index].kind != COLUMN_PROPERTIES ||
		!is_text_const(lsecond(op->args), object))
		return -1;
	return index;
}

/* column, or properties ->> 'key' */
bool
imagecat_read_operand(const ImageTable *table, Index relid, Node *node,
			 QualOperand *operand)
{
	int			index = imagecat_column_index(table, relid, node);
	OpExpr	   *op = (OpExpr *) imagecat_strip_relabel(node);
	Const	   *key;

	if (index >= 0)
		return imagecat_column_operand(table, index, operand);
	if (op == NULL || !IsA(op, OpExpr) ||
		get_opcode(op->opno) != F_JSONB_OBJECT_FIELD_TEXT)
		return false;
	key = (Const *) imagecat_strip_relabel(lsecond(op->args));
	operand->column = imagecat_properties_column(table, relid, linitial(op->args));
	if (operand->column < 0 || !IsA(key, Const) || key->constisnull)
		return false;
	operand->type = FILTER_TEXT;
	operand->property = true;
	operand->member = TextDatumGetCString(key->constvalue);
	return imagecat_is_property_key(table, operand->member);
}
