/*-------------------------------------------------------------------------
 *
 * operators.c
 *	  The APIs' filter syntax, as list_images takes it: "value", "neq:value",
 *	  "in:a,b", "gte:2024-01-01T00:00:00Z".
 *
 * src/filter/operators.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "filter/filter.h"
#include "lib/stringinfo.h"

typedef struct OperatorWord
{
	const char *word;
	FilterOp	op;
} OperatorWord;

static const OperatorWord text_operators[] = {
	{"eq:", FILTER_EQ}, {"neq:", FILTER_NE}, {"in:", FILTER_IN}, {NULL}
};

static const OperatorWord sign_operators[] = {
	{"~", FILTER_CONTAINS}, {"!", FILTER_NE}, {NULL}
};

static const OperatorWord time_operators[] = {
	{"gte:", FILTER_GE}, {"gt:", FILTER_GT}, {"lte:", FILTER_LE},
	{"lt:", FILTER_LT}, {"eq:", FILTER_EQ}, {"neq:", FILTER_NE}, {NULL}
};

/* Takes an operator's word off the text; "equals" if there is none. */
static FilterOp
take_operator(const char **text, const OperatorWord *words)
{
	for (; words->word != NULL; words++)
	{
		size_t		length = strlen(words->word);

		if (strncmp(*text, words->word, length) == 0)
		{
			*text += length;
			return words->op;
		}
	}
	return FILTER_EQ;
}

/*
 * One item of an in: list, which ends at a comma or at the text's end.  In
 * quotes a comma is part of it, and \" and \\ stand for " and \.
 */
static char *
take_item(const char *argument, const char *whole, const char **text)
{
	StringInfoData item;
	const char *p = *text;

	initStringInfo(&item);
	if (*p != '"')
	{
		while (*p != '\0' && *p != ',')
			appendStringInfoChar(&item, *p++);
		*text = p;
		return item.data;
	}
	for (p++; *p != '"'; p++)
	{
		if (p[0] == '\\' && (p[1] == '"' || p[1] == '\\'))
			p++;
		if (*p == '\0')
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value for argument \"%s\": \"%s\"",
							argument, whole),
					 errdetail("A quote in the list is not closed."),
					 errhint("Write items that contain a comma or a quote as in:a,\"b,c\",\"d\\\"e\".")));
		appendStringInfoChar(&item, *p);
	}
	p++;
	if (*p != '\0' && *p != ',')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\": \"%s\"",
						argument, whole),
				 errdetail("A closing quote is followed by something other than a comma."),
				 errhint("Write items that contain a comma or a quote as in:a,\"b,c\",\"d\\\"e\".")));
	*text = p;
	return item.data;
}

/*
 * Reads value, eq:value, neq:value and in:a,b,"c,d"; with has_tilde also
 * ~part and !value, as CloudAPI has them.  A prefix that is no operator is
 * part of the value.
 *
 * Gives a filter that names no column yet.  "in:" alone is the empty list.
 * Raises ERRCODE_INVALID_PARAMETER_VALUE, naming the argument.
 */
Filter *
imagecat_parse_text_filter(const char *argument, const char *text,
						   bool has_tilde)
{
	const char *rest = text;
	FilterOp	op = take_operator(&rest, text_operators);
	List	   *items = NIL;
	ListCell   *lc;
	Filter	   *filter;

	if (rest == text && has_tilde)
		op = take_operator(&rest, sign_operators);
	if (op != FILTER_IN)
		return imagecat_filter_text(op, NULL, NULL, pstrdup(rest));

	while (*rest != '\0')
	{
		items = lappend(items, take_item(argument, text, &rest));
		if (*rest == ',')
		{
			rest++;
			if (*rest == '\0')
				items = lappend(items, pstrdup(""));
		}
	}
	filter = imagecat_filter(FILTER_IN, FILTER_TEXT, NULL, NULL,
							 list_length(items));
	foreach(lc, items)
		filter->values[foreach_current_index(lc)].text = lfirst(lc);
	return filter;
}

/*
 * Reads a time with an operator (gt: gte: lt: lte: eq: neq:) or without, which
 * is eq.  Raises ERRCODE_INVALID_PARAMETER_VALUE, naming the argument.
 */
Filter *
imagecat_parse_time_filter(const char *argument, const char *text)
{
	const char *rest = text;
	FilterOp	op = take_operator(&rest, time_operators);
	Filter	   *filter = imagecat_filter(op, FILTER_TIME, NULL, NULL, 1);

	if (!imagecat_parse_time(rest, strlen(rest), &filter->values[0].time))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\": \"%s\"",
						argument, text),
				 errdetail("\"%s\" is not a time.", rest),
				 errhint("Write an optional operator (gt:, gte:, lt:, lte:, eq:, neq:) and a time such as 2024-01-31T12:00:00Z, 2024-01-31T12:00:00+02:00 or 2024-01-31 12:00:00 (UTC).")));
	return filter;
}
