/*-------------------------------------------------------------------------
 *
 * decode.h
 *	  From an image object to a row.
 *
 * src/row/decode.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef IMAGECAT_DECODE_H
#define IMAGECAT_DECODE_H

#include "access/tupdesc.h"
#include "nodes/bitmapset.h"
#include "row/columns.h"
#include "row/json.h"

typedef struct RowDecoder RowDecoder;

extern RowDecoder *imagecat_row_decoder(const Dialect *dialect, bool native,
										const char *server, TupleDesc desc,
										const ColumnSource *sources,
										const Bitmapset *wanted);
extern void imagecat_row_decode(RowDecoder *decoder, JsonSlice image,
								Datum *values, bool *nulls);
extern bool imagecat_row_decodes_by_input(const RowDecoder *decoder);
extern void imagecat_row_warn(const RowDecoder *decoder);

#endif							/* IMAGECAT_DECODE_H */
