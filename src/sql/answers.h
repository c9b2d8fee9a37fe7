/*-------------------------------------------------------------------------
 *
 * answers.h
 *	  Rows that a scan keeps, since it may be asked for them again.
 *
 * src/sql/answers.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_ANSWERS_H
#define IMAGECAT_ANSWERS_H

#include "executor/tuptable.h"

typedef struct Answers Answers;

extern Answers *imagecat_answers(void);
extern void imagecat_answers_end(Answers *answers);
extern void imagecat_answers_begin(Answers *answers, const char *question);
extern void imagecat_answers_add(Answers *answers, TupleTableSlot *slot);
extern void imagecat_answers_finish(Answers *answers);
extern bool imagecat_answers_find(Answers *answers, const char *question);
extern bool imagecat_answers_next(Answers *answers, TupleTableSlot *slot);

/* one answer to every question */
extern void imagecat_answers_begin_whole(Answers *answers);
extern void imagecat_answers_add_to_whole(Answers *answers, const char *key,
										  TupleTableSlot *slot);
extern void imagecat_answers_finish_whole(Answers *answers);
extern bool imagecat_answers_has_whole(const Answers *answers);

#endif							/* IMAGECAT_ANSWERS_H */
