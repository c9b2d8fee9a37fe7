/*-------------------------------------------------------------------------
 *
 * answers.c
 *	  Rows that a scan keeps, since it may be asked for them again.
 *
 *	  The inner side of a nested loop asks a service with one value after the
 *	  other.  Each answer is kept under its question; and once it has asked so
 *	  often that the whole listing would have cost no more, that is read in
 *	  their place, its rows kept under the value that the loop asks with.
 *
 *	  The rows are in a temporary file, of which small ones never reach the
 *	  disk; memory has 16 bytes for each row of a whole listing.
 *
 * src/sql/answers.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "common/hashfn.h"
#include "sql/answers.h"
#include "storage/buffile.h"
#include "text_key.h"
#include "utils/memutils.h"

/* The rows of an answer lie one after the other. */
typedef struct Answer
{
	const char *question;		/* the key */
	int64		start;			/* in the file */
	int64		rows;
} Answer;

typedef struct WholeRow
{
	uint64		key;			/* hash: the caller compares the values */
	int64		start;
} WholeRow;

struct Answers
{
	MemoryContext context;
	BufFile    *file;			/* of MinimalTuples */
	int64		size;			/* where the next is written */
	int64		place;			/* where the file is */
	HTAB	   *known;			/* Answer */

	/* the answer being kept, or given again */
	Answer		current;
	bool		keeping;
	int64		next;			/* rows given; of a whole listing, its index */

	bool		has_whole;
	WholeRow   *rows;			/* sorted by key once has_whole is true */
	int64		nrows;
	int64		max_rows;
	uint64		wanted;			/* key being looked for */
};

/*
 * A place for answers, in the current memory context.  Its file belongs to
 * the current resource owner.
 */
Answers *
imagecat_answers(void)
{
	Answers    *answers = palloc0(sizeof(Answers));

	answers->context = CurrentMemoryContext;
	answers->known = imagecat_text_hash("imagecat answers", sizeof(Answer), 64,
										CurrentMemoryContext);
	return answers;
}

/* Closes the file; after an error its resource owner does. */
void
imagecat_answers_end(Answers *answers)
{
	if (answers->file != NULL)
		BufFileClose(answers->file);
	answers->file = NULL;
}

static void
seek(Answers *answers, int64 place)
{
	if (answers->place != place &&
		BufFileSeek(answers->file, 0, place, SEEK_SET) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not seek in a temporary file: %m")));
	answers->place = place;
}

static void
write_row(Answers *answers, TupleTableSlot *slot)
{
	bool		should_free;
	MinimalTuple tuple;
	MemoryContext old = MemoryContextSwitchTo(answers->context);

	if (answers->file == NULL)
		answers->file = BufFileCreateTemp(false);
	tuple = ExecFetchSlotMinimalTuple(slot, &should_free);
	seek(answers, answers->size);
	BufFileWrite(answers->file, tuple, tuple->t_len);
	answers->size += tuple->t_len;
	answers->place = answers->size;
	if (should_free)
		pfree(tuple);
	MemoryContextSwitchTo(old);
}

static void
read_bytes(Answers *answers, void *to, size_t size)
{
	if (BufFileRead(answers->file, to, size) != size)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read from a temporary file: %m")));
	answers->place += size;
}

/* The slot's row is its own. */
static void
read_row(Answers *answers, int64 start, TupleTableSlot *slot)
{
	MinimalTuple tuple;
	uint32		size;

	seek(answers, start);
	read_bytes(answers, &size, sizeof(size));
	tuple = palloc(size);
	tuple->t_len = size;
	read_bytes(answers, (char *) tuple + sizeof(size), size - sizeof(size));
	ExecForceStoreMinimalTuple(tuple, slot, true);
}

/* An answer that nobody read to its end leaves its room to the next. */
static void
forget_unfinished(Answers *answers)
{
	if (answers->keeping)
		answers->size = answers->current.start;
	answers->keeping = false;
}

/* The rows that come from now on are the answer to this question. */
void
imagecat_answers_begin(Answers *answers, const char *question)
{
	forget_unfinished(answers);
	answers->current.question = MemoryContextStrdup(answers->context, question);
	answers->current.start = answers->size;
	answers->current.rows = 0;
	answers->keeping = true;
}

/* Keeps a row, unless no answer was begun. */
void
imagecat_answers_add(Answers *answers, TupleTableSlot *slot)
{
	if (!answers->keeping)
		return;
	write_row(answers, slot);
	answers->current.rows++;
}

/* The answer that was begun is whole.  Without this call it is forgotten. */
void
imagecat_answers_finish(Answers *answers)
{
	Answer	   *answer;

	if (!answers->keeping)
		return;
	answers->keeping = false;
	answer = hash_search(answers->known, &answers->current.question, HASH_ENTER,
						 NULL);
	*answer = answers->current;
}

/* Starts giving the answer to the question again; false if it is not known. */
bool
imagecat_answers_find(Answers *answers, const char *question)
{
	Answer	   *answer;

	answers->next = 0;
	if (answers->has_whole)
	{
		int64		low = 0;
		int64		high = answers->nrows;

		answers->wanted = hash_bytes_extended((const unsigned char *) question,
											  strlen(question), 0);
		while (low < high)
		{
			int64		middle = low + (high - low) / 2;

			if (answers->rows[middle].key < answers->wanted)
				low = middle + 1;
			else
				high = middle;
		}
		answers->next = low;
		return true;
	}
	answer = hash_search(answers->known, &question, HASH_FIND, NULL);
	if (answer == NULL)
		return false;
	forget_unfinished(answers);
	answers->current = *answer;
	seek(answers, answer->start);
	return true;
}

/*
 * Puts the next row of the answer found into the slot; false at its end.  Of
 * a whole listing there may be rows of other keys among them.
 */
bool
imagecat_answers_next(Answers *answers, TupleTableSlot *slot)
{
	if (answers->has_whole)
	{
		if (answers->next == answers->nrows ||
			answers->rows[answers->next].key != answers->wanted)
			return false;
		read_row(answers, answers->rows[answers->next++].start, slot);
		return true;
	}
	if (answers->next == answers->current.rows)
		return false;
	answers->next++;
	read_row(answers, answers->place, slot);
	return true;
}

/* The rows that come from now on are all that any question may ask for. */
void
imagecat_answers_begin_whole(Answers *answers)
{
	answers->nrows = 0;
	answers->max_rows = 1024;
	answers->rows = MemoryContextAlloc(answers->context,
									   sizeof(WholeRow) * answers->max_rows);
}

/* Keeps a row that is among the answer to the question that is its key. */
void
imagecat_answers_add_to_whole(Answers *answers, const char *key,
							  TupleTableSlot *slot)
{
	WholeRow   *row;

	if (answers->nrows == answers->max_rows)
	{
		answers->max_rows *= 2;
		answers->rows = repalloc_huge(answers->rows,
									  sizeof(WholeRow) * answers->max_rows);
	}
	row = &answers->rows[answers->nrows++];
	row->key = hash_bytes_extended((const unsigned char *) key, strlen(key), 0);
	row->start = answers->size;
	write_row(answers, slot);
}

static int
compare_rows(const void *a, const void *b)
{
	uint64		left = ((const WholeRow *) a)->key;
	uint64		right = ((const WholeRow *) b)->key;

	return (left > right) - (left < right);
}

/* The listing is whole: every question has its answer from now on. */
void
imagecat_answers_finish_whole(Answers *answers)
{
	qsort(answers->rows, answers->nrows, sizeof(WholeRow), compare_rows);
	hash_destroy(answers->known);
	answers->known = NULL;
	answers->has_whole = true;
}

bool
imagecat_answers_has_whole(const Answers *answers)
{
	return answers->has_whole;
}
