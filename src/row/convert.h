/*-------------------------------------------------------------------------
 *
 * convert.h
 *	  From a JSON value to a Datum of a column's type.
 *
 * src/row/convert.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_CONVERT_H
#define IMAGECAT_CONVERT_H

#include "postgres.h"

#include "dialect/dialect.h"
#include "fmgr.h"
#include "row/json.h"

typedef struct Conversion Conversion;

/* false: the value does not fit.  Bytes replaced in a text are counted. */
typedef bool (*Converter) (const Conversion *conversion, JsonSlice value,
						   Datum *datum, int *replaced);

struct Conversion
{
	Converter	convert;
	Oid			typid;
	int32		typmod;
	bool		lower;			/* text in lower case */
	bool		zero_is_null;
	bool		from_object;	/* an array may be sent as an object */
	bool		by_input;		/* an input function converts: it may run queries */
	const FieldWords *words;	/* text for a boolean, or NULL */
	Conversion *element;		/* of an array type */
	FmgrInfo	input;
	Oid			ioparam;
};

extern void imagecat_conversion(Conversion *conversion, Oid typid, int32 typmod);
extern void imagecat_conversion_of_field(Conversion *conversion,
										 const DialectField *field,
										 bool canonical);
extern Oid	imagecat_field_type(FieldType type);
extern char *imagecat_json_text(JsonSlice value, size_t *length, int *replaced);

#endif							/* IMAGECAT_CONVERT_H */
