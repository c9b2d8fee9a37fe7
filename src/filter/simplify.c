/*-------------------------------------------------------------------------
 *
 * simplify.c
 *	  What filters on one column come to together.
 *
 *	  "x = a AND x IN (a, b)" is "x = a", "x > 5 AND x > 10" is "x > 10", and
 *	  "x = a AND x = b" is true of no row, so that nobody need be asked.
 *
 * src/filter/simplify.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "filter/filter.h"

/* Longer lists are rather tested twice than compared with each other. */
#define MAX_COMPARISONS		1000000

static bool
is_equality(const Filter *filter)
{
	return filter->op == FILTER_EQ || filter->op == FILTER_IN;
}

/* Whether a row must be below the filter's value (-1), above it (1), or neither. */
static int
bound_side(const Filter *filter)
{
	switch (filter->op)
	{
		case FILTER_LT:
		case FILTER_LE:
			return -1;
		case FILTER_GT:
		case FILTER_GE:
			return 1;
		default:
			return 0;
	}
}

/* Whether no NULL passes. */
static bool
is_strict(const Filter *filter)
{
	return filter->op != FILTER_DISTINCT && filter->op != FILTER_NULL;
}

/* Whether both filters are about the same column, or property in it. */
bool
imagecat_same_operand(const Filter *a, const Filter *b)
{
	return a->column != NULL && b->column != NULL &&
		strcmp(a->column, b->column) == 0 &&
		a->path == NULL && b->path == NULL && a->property == b->property &&
		(!a->property || strcmp(a->member, b->member) == 0);
}

static Filter *
copy_filter(const Filter *filter)
{
	Filter	   *copy = palloc(sizeof(Filter));

	*copy = *filter;
	if (filter->unknown == NULL && filter->nvalues > 0)
	{
		copy->values = palloc(sizeof(FilterValue) * filter->nvalues);
		memcpy(copy->values, filter->values, sizeof(FilterValue) * filter->nvalues);
	}
	return copy;
}

/* Keeps those values of an equality that pass the other filter. */
static void
restrict_values(Filter *equality, const Filter *filter)
{
	int			kept = 0;

	for (int i = 0; i < equality->nvalues; i++)
		if (imagecat_value_passes(filter, &equality->values[i]))
			equality->values[kept++] = equality->values[i];
	equality->nvalues = kept;
}

/* Each value once; one value is no list, and two booleans are all there are. */
static void
normalize_equality(Filter *filter)
{
	Filter		seen = *filter;

	if ((int64) filter->nvalues * filter->nvalues > MAX_COMPARISONS)
		return;
	seen.op = FILTER_IN;
	seen.nvalues = 0;
	for (int i = 0; i < filter->nvalues; i++)
		if (!imagecat_value_passes(&seen, &filter->values[i]))
			filter->values[seen.nvalues++] = filter->values[i];
	filter->nvalues = seen.nvalues;
	filter->op = seen.nvalues == 1 ? FILTER_EQ : FILTER_IN;
	if (filter->type == FILTER_BOOLEAN && seen.nvalues == 2)
	{
		filter->op = FILTER_NOT_NULL;
		filter->nvalues = 0;
	}
}

/*
 * A bound as an inclusive one, of numbers and times alike: both are whole
 * numbers.  false if no value is on its side.
 */
static bool
inclusive_bound(const Filter *filter, int64 *bound)
{
	*bound = filter->type == FILTER_TIME ? filter->values[0].time :
		filter->values[0].integer;
	if (filter->op == FILTER_GT)
		return (*bound)++ < PG_INT64_MAX;
	if (filter->op == FILTER_LT)
		return (*bound)-- > PG_INT64_MIN;
	return true;
}

/* What two filters on one operand come to. */
typedef enum Together
{
	TOGETHER_BOTH,				/* no less than both */
	TOGETHER_FIRST,
	TOGETHER_SECOND,
	TOGETHER_NEVER				/* no row passes */
} Together;

/* Both are copies; an equality among them may lose values. */
static Together
combine(Filter *first, Filter *second)
{
	int			side = bound_side(first);
	int64		a;
	int64		b;

	if (first->op == FILTER_NOT_NULL && is_strict(second))
		return TOGETHER_SECOND;
	if (second->op == FILTER_NOT_NULL && is_strict(first))
		return TOGETHER_FIRST;
	if ((first->op == FILTER_NULL && is_strict(second)) ||
		(second->op == FILTER_NULL && is_strict(first)))
		return TOGETHER_NEVER;
	if (first->unknown != NULL || second->unknown != NULL ||
		first->type != second->type || first->op == FILTER_HAS ||
		second->op == FILTER_HAS ||
		(int64) first->nvalues * second->nvalues > MAX_COMPARISONS)
		return TOGETHER_BOTH;
	if (is_equality(first))
	{
		restrict_values(first, second);
		return TOGETHER_FIRST;
	}
	if (is_equality(second))
	{
		restrict_values(second, first);
		return TOGETHER_SECOND;
	}
	if (side == 0 || bound_side(second) == 0 ||
		(first->type != FILTER_INTEGER && first->type != FILTER_TIME))
		return TOGETHER_BOTH;
	if (!inclusive_bound(first, &a) || !inclusive_bound(second, &b))
		return TOGETHER_NEVER;
	if (side == bound_side(second))
		return (side > 0 ? a >= b : a <= b) ? TOGETHER_FIRST : TOGETHER_SECOND;
	return (side > 0 ? a > b : b > a) ? TOGETHER_NEVER : TOGETHER_BOTH;
}

static bool
is_empty(const Filter *filter)
{
	int64		bound;

	if (filter->unknown != NULL)
		return false;
	if (is_equality(filter))
		return filter->nvalues == 0;
	return bound_side(filter) != 0 &&
		(filter->type == FILTER_INTEGER || filter->type == FILTER_TIME) &&
		!inclusive_bound(filter, &bound);
}

/*
 * The same conjunction in fewer filters, which are copies in the current
 * memory context; their texts are shared.  *contradiction is set to true if no
 * row can pass.  Filters on no column, and those whose values only execution
 * knows, come out as they are.
 */
List *
imagecat_simplify_filters(const List *filters, bool *contradiction)
{
	List	   *result = NIL;
	ListCell   *lc;
	ListCell   *other;

	foreach(lc, filters)
	{
		Filter	   *filter = copy_filter(lfirst(lc));
		bool		implied = false;

		foreach(other, result)
		{
			Together	together;

			if (!imagecat_same_operand(lfirst(other), filter))
				continue;
			together = combine(lfirst(other), filter);
			*contradiction |= together == TOGETHER_NEVER;
			if (together == TOGETHER_SECOND)
				result = foreach_delete_current(result, other);
			else if (together == TOGETHER_FIRST)
			{
				implied = true;
				break;
			}
		}
		if (!implied)
			result = lappend(result, filter);
	}
	foreach(lc, result)
	{
		Filter	   *filter = lfirst(lc);

		*contradiction |= is_empty(filter);
		if (is_equality(filter) && filter->unknown == NULL)
			normalize_equality(filter);
	}
	return result;
}

/* EXPLAIN's word for an equality of which a part is not known. */
static const char *
shown_values(const Filter *filter)
{
	if (filter->unknown != NULL)
		return filter->unknown;
	return filter->type == FILTER_TEXT && filter->nvalues == 1 ?
		filter->values[0].text : "...";
}

/* Both equalities on one operand as one. */
static Filter *
unite(const Filter *a, const Filter *b)
{
	Filter	   *united = copy_filter(a);

	united->op = FILTER_IN;
	if (a->unknown != NULL || b->unknown != NULL)
	{
		united->unknown = psprintf("%s,%s", shown_values(a), shown_values(b));
		united->values = NULL;
		united->nvalues = 0;
		return united;
	}
	united->nvalues = a->nvalues + b->nvalues;
	united->values = palloc(sizeof(FilterValue) * united->nvalues);
	memcpy(united->values, a->values, sizeof(FilterValue) * a->nvalues);
	memcpy(united->values + a->nvalues, b->values, sizeof(FilterValue) * b->nvalues);
	return united;
}

/*
 * One filter for "any of these branches holds", each of which is a list of
 * filters that is not empty.  Equalities on one operand become FILTER_IN.
 * Allocated in the current memory context.
 */
Filter *
imagecat_filter_any(const List *branches)
{
	List	   *result = NIL;
	ListCell   *lc;
	ListCell   *other;
	Filter	   *filter;

	foreach(lc, branches)
	{
		List	   *branch = lfirst(lc);
		bool		is_united = false;

		filter = linitial(branch);
		if (list_length(branch) == 1 && is_equality(filter))
			foreach(other, result)
			{
				List	   *before = lfirst(other);
				Filter	   *equality = linitial(before);

				if (list_length(before) == 1 && is_equality(equality) &&
					equality->type == filter->type &&
					imagecat_same_operand(equality, filter))
				{
					filter = unite(equality, filter);
					if (filter->unknown == NULL)
						normalize_equality(filter);
					lfirst(other) = list_make1(filter);
					is_united = true;
					break;
				}
			}
		if (!is_united)
			result = lappend(result, branch);
	}
	if (list_length(result) == 1 && list_length(linitial(result)) == 1)
		return linitial(linitial(result));
	filter = palloc0(sizeof(Filter));
	filter->op = FILTER_OR;
	filter->branches = result;
	return filter;
}
