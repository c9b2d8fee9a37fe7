/*-------------------------------------------------------------------------
 *
 * dialect.h
 *	  What one image API is, as const data.
 *
 *	  A dialect is a set of tables: the members of its image objects, the
 *	  query parameters that filters may become and the guard of each, the
 *	  listings ("passes") that make up the whole set, sort keys, paging.  Code
 *	  elsewhere reads the tables and never asks which API it is.
 *
 * src/dialect/dialect.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_DIALECT_H
#define IMAGECAT_DIALECT_H

#include "postgres.h"

#include "filter/filter.h"
#include "wire/page.h"

/* A version such as v2.7 as one number, to compare. */
#define API_VERSION(major, minor) ((major) * 1000 + (minor))

/* The natural type of a member, which is its column's in a native table. */
typedef enum FieldType
{
	FIELD_TEXT,
	FIELD_BIGINT,
	FIELD_INTEGER,
	FIELD_BOOLEAN,
	FIELD_TIME,
	FIELD_TEXT_ARRAY,
	FIELD_JSON
} FieldType;

#define FIELD_CUSTOM	0x01	/* a custom property that a canonical column
								 * shows; no column of a native table */
#define FIELD_LOWER		0x02	/* the canonical column has it in lower case */

typedef struct DialectField
{
	const char *member;			/* name in the image object */
	FieldType	type;
	const char *column;			/* canonical column, or NULL */
	int			flags;
	const char *argument;		/* list_images' argument, where no canonical
								 * column has its name */
} DialectField;

/* How a filter's value is written. */
typedef enum ParamEncoding
{
	PARAM_TEXT,
	PARAM_LIST,					/* a,b,"c,d" */
	PARAM_BOOLEAN,				/* true, false */
	PARAM_INTEGER,
	PARAM_INTEGER_ABOVE,		/* value + 1: "greater" as "at least" */
	PARAM_INTEGER_BELOW,		/* value - 1 */
	PARAM_TIME_FROM,			/* the first whole second at or after */
	PARAM_TIME_AFTER			/* the first whole second after */
} ParamEncoding;

/*
 * One way to push a filter.  The first entry of the table that fits a filter
 * and whose guard takes the value is used; a key is sent once unless it
 * repeats.  What no entry takes stays with PostgreSQL.
 */
typedef struct DialectParam
{
	const char *key;			/* "": the property's own name */
	const char *member;			/* NULL: any custom property */
	FilterOp	op;
	const char *prefix;			/* the service's operator, "" for none */
	ParamEncoding encoding;
	bool		(*takes) (const char *value);	/* text values; NULL: any */
	int64		max;			/* integers: largest absolute value, 0: any */
	bool		repeats;
	bool		ends_early;		/* with it a page may lack its link to the
								 * next: only an empty page is the end */
	int			since;			/* first version that knows it */
} DialectParam;

/*
 * A sort that gives SQL's order.  Paging through an order that an update can
 * change loses rows, so such a key serves one page only.
 */
typedef struct DialectSortKey
{
	const char *member;
	bool		is_time;		/* else text, in byte order */
	bool		one_page;
} DialectSortKey;

/* A parameter that is always sent when everything is wanted. */
typedef struct DialectConstant
{
	const char *key;
	const char *value;
	int			since;
} DialectConstant;

/* A word of list_images that widens a listing: sent, but true of no row. */
typedef struct DialectWord
{
	const char *member;
	const char *word;
	const char *key;
} DialectWord;

typedef struct Dialect
{
	const char *name;			/* value of the server option api */
	const DialectField *fields;
	const char *id_member;
	bool		(*is_property) (const char *name);	/* may it be a parameter? */

	/* filters */
	const DialectParam *params;
	const DialectWord *words;
	const char *hidden_member;	/* boolean member: a default listing lacks the
								 * images where it is true */

	/* the whole set */
	const DialectConstant *everything;
	const char *pass_member;	/* boolean member: one listing shows its true
								 * or its false images, never both */
	const char *pass_key;
	int			pass_since;

	/* order */
	const DialectSortKey *sort_keys;
	const char *sort_list;		/* parameter "key:dir" */
	int			sort_list_since;
	const char *sort_key;		/* older form, two parameters */
	const char *sort_dir;

	/* requests */
	const char *version_segment;	/* last segment of a base URL, appended
									 * where no v<digit> segment is */
	const char *list_path;
	const char *item_path;		/* one image, followed by its id */
	bool		(*takes_item) (const char *id);
	const char *limit_key;
	const char *marker_key;
	int			max_page_size;
	PageShape	list;
	PageShape	item;

	/* an old service ignores what it does not know; see scan/version.c */
	int			newest_rule;	/* largest "since" above */
} Dialect;

extern const Dialect imagecat_glance;

extern const Dialect *imagecat_dialect(const char *name);
extern const Dialect *const *imagecat_dialects(void);
extern const DialectField *imagecat_field(const Dialect *dialect,
										  const char *member);
extern const DialectField *imagecat_column_field(const Dialect *dialect,
												 const char *column);
extern const DialectSortKey *imagecat_sort_key(const Dialect *dialect,
											   const char *member);

#endif							/* IMAGECAT_DIALECT_H */
