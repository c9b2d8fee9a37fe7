/*-------------------------------------------------------------------------
 *
 * print.c
 *	  Prints the dialect tables as lines of tab-separated values, for the test
 *	  that compares them with the API documents and with README.
 *
 * test/dialects/print.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <stdio.h>
#include <strings.h>

#undef printf

#include "dialect/dialect.h"

int			main(void);

/* The one function of PostgreSQL that the tables' guards call. */
int
pg_strcasecmp(const char *s1, const char *s2)
{
	return strcasecmp(s1, s2);
}

static const char *
or_none(const char *name)
{
	return name ? name : "-";
}

static void
print_dialect(const Dialect *dialect)
{
	static const char *const types[] = {
		"text", "bigint", "integer", "boolean", "timestamptz", "text[]", "jsonb"
	};
	static const char *const operators[] = {
		"=", "<>", "<", "<=", ">", ">=", "IN", "HAS", "CONTAINS", "DISTINCT"
	};

	for (const DialectField *field = dialect->fields; field->member; field++)
		printf("%s\tfield\t%s\t%s\t%s\t%s\t%s\t%s\t%d\n", dialect->name, field->member,
			   types[field->type], or_none(field->column),
			   field->flags & FIELD_CUSTOM ? "custom" :
			   field->words ? "words" : "native",
			   or_none(field->argument), or_none(field->path),
			   (field->flags & FIELD_ZERO) != 0);
	for (const DialectParam *param = dialect->params; param->key; param++)
		printf("%s\tparam\t%s\t%s\t%s\t%s\t%d\t%d\n", dialect->name,
			   param->key, or_none(param->member), operators[param->op],
			   param->prefix, (int) param->encoding,
			   param->takes != NULL || param->max > 0 || param->member == NULL);
	for (const DialectWord *word = dialect->words; word && word->member; word++)
		printf("%s\tword\t%s\t%s\t%s\n", dialect->name, word->key, word->member,
			   word->word);
	for (const DialectSortKey *key = dialect->sort_keys; key && key->member; key++)
		printf("%s\tsort\t%s\t%s\n", dialect->name, key->member,
			   key->one_page ? "one page" : "any");
	printf("%s\tpaging\t%s\t%s\t%s\t%s\t%s\n", dialect->name,
		   or_none(dialect->limit_key), or_none(dialect->marker_key),
		   or_none(dialect->sort_list), or_none(dialect->sort_key),
		   or_none(dialect->sort_dir));
}

int
main(void)
{
	for (const Dialect *const *dialect = imagecat_dialects(); *dialect; dialect++)
		print_dialect(*dialect);
	return 0;
}
