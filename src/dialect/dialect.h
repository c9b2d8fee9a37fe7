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
#define FIELD_ZERO		0x04	/* 0 stands for unknown */
#define FIELD_ALWAYS	0x08	/* every image has it, and never as null */
#define FIELD_FEW		0x10	/* it has few different values: one of them
								 * finds many images */

/* How a canonical column words a value that the service sends as a boolean. */
typedef struct FieldWords
{
	const char *when_true;
	const char *when_false;
} FieldWords;

typedef struct DialectField
{
	const char *member;			/* name in the image object */
	FieldType	type;
	const char *column;			/* canonical column, or NULL */
	int			flags;
	const char *argument;		/* list_images' argument, where no canonical
								 * column has its name */
	const char *path;			/* JSON pointer to it, where it is not a
								 * member of the image object itself */
	const FieldWords *words;
} DialectField;

/* How a filter's value is written. */
typedef enum ParamEncoding
{
	PARAM_TEXT,
	PARAM_LIST,					/* a,b,"c,d" */
	PARAM_CONSTANT,				/* the prefix alone, for a text that fits */
	PARAM_BOOLEAN,				/* true, false */
	PARAM_TRUE,					/* true; an image lacks what is false */
	PARAM_INTEGER,
	PARAM_INTEGER_ABOVE,		/* value + 1: "greater" as "at least" */
	PARAM_INTEGER_BELOW,		/* value - 1 */
	PARAM_TIME_FROM,			/* the first whole second at or after */
	PARAM_TIME_AFTER,			/* the first whole second after */
	PARAM_TIME_AT,				/* the whole second that it is in */
	PARAM_TIME_BEFORE			/* the whole second before that */
} ParamEncoding;

/*
 * One way to push a filter.  The first entry of the table that fits a filter
 * and whose guard takes the value is used; a key is sent once unless it
 * repeats.  What no entry takes stays with PostgreSQL.
 */
typedef struct DialectParam
{
	const char *key;			/* for any property: what its name follows */
	const char *member;			/* NULL: any custom property */
	FilterOp	op;
	const char *prefix;			/* the service's operator, "" for none */
	ParamEncoding encoding;
	bool		(*takes) (const char *value);	/* text values; NULL: any */
	int64		max;			/* integers: largest absolute value, 0: any */
	bool		no_negative;	/* the service refuses a negative integer */
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

/*
 * A word of list_images whose meaning is the service's own: it is sent, and
 * not tested on the rows.
 */
typedef struct DialectWord
{
	const char *member;
	const char *word;
	const char *key;
	bool		widens;			/* "all": true of no row at all */
} DialectWord;

/* What an API leaves out of a listing unless it is asked for. */
typedef struct DialectDefault
{
	const char *member;
	FilterOp	op;
	const char *value;			/* of a boolean: "true" or "false" */
} DialectDefault;

typedef struct Dialect
{
	const char *name;			/* value of the server option api */
	const DialectField *fields;
	const char *id_member;
	const char *property_object;	/* member that holds the custom properties;
									 * NULL: the image object itself */
	bool		(*is_property) (const char *name);	/* may it be a parameter?
													 * NULL: none may */

	/* filters */
	const DialectParam *params;
	const DialectWord *words;
	const DialectDefault *defaults;	/* for a local relation that imitates it */

	/* the whole set */
	const DialectConstant *everything;
	const char *pass_member;	/* boolean member: one listing shows its true
								 * or its false images, never both */
	const char *pass_key;
	int			pass_since;

	const DialectConstant *const *listings; /* further listings of the set, each
											 * with these parameters; NULL-ended */
	const char *gone_member;	/* an image whose member has one of these values */
	const char *const *gone_values; /* is not in the set, though some requests
									 * bring it; ends with NULL */

	/* order */
	const DialectSortKey *sort_keys;
	const char *sort_list;		/* parameter "key:dir", or NULL */
	int			sort_list_since;
	const char *sort_key;		/* older form, two parameters */
	const char *sort_dir;

	/* requests */
	const char *service_type;	/* in a service catalog */
	const char *service_name;	/* likewise, where the type alone is not enough */
	const char *version_segment;	/* appended to a base URL in whose path no
									 * segment is v<digit>; "" for none */
	const char *const *headers; /* "Name: value", ending with NULL; or NULL */
	const char *list_path;
	const char *item_path;		/* one image, followed by its id; NULL: none */
	bool		(*takes_item) (const char *id);
	const char *doubt_member;	/* a look-up may find an image without this
								 * member that no listing has; or NULL */
	const char *limit_key;		/* NULL: the answer is one page */
	const char *marker_key;
	int			max_page_size;
	bool		until_empty;	/* no link to a next page: only an empty page
								 * is the end */
	bool		repeats_images; /* an answer may have an image twice */
	PageShape	list;
	PageShape	item;

	/* an old service ignores what it does not know; see scan/version.c */
	int			newest_rule;	/* largest "since" above */
} Dialect;

extern const Dialect imagecat_cloudapi;
extern const Dialect imagecat_glance;
extern const Dialect imagecat_ims;
extern const Dialect imagecat_nova;
extern const Dialect imagecat_rackspace_images;
extern const Dialect imagecat_rackspace_servers;

extern const Dialect *imagecat_dialect(const char *name);
extern const Dialect *const *imagecat_dialects(void);
extern const DialectField *imagecat_field(const Dialect *dialect,
										  const char *member);
extern const DialectField *imagecat_column_field(const Dialect *dialect,
												 const char *column);
extern const DialectSortKey *imagecat_sort_key(const Dialect *dialect,
											   const char *member);

/* openstack.c: rules that Glance and its descendants share */
extern bool imagecat_is_openstack_property(const DialectField *fields,
										   const char *name);
extern bool imagecat_is_uuid(const char *id);

#endif							/* IMAGECAT_DIALECT_H */
